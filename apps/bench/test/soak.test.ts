import { SessionManager } from '@sess/core'
import { expect, test } from 'vitest'
import { memory } from '../src/server/stores.ts'
import { Life } from '../src/suites/soak/life.ts'
import { Samples } from '../src/suites/soak/samples.ts'

test('growth is between the first third and the last, after all is warm', () => {
  const samples = new Samples()
  const keys = [1, 1, 1, 20, 22, 21, 23, 25, 24, 30, 32, 31, 40, 42, 41]
  for (const count of keys) samples.add({ keys: count })
  expect(samples.growths()).toEqual([{ what: 'keys', first: 20, last: 31 }])
})

test('a life keeps its set as large as it is, and what it leaves behind is counted', async () => {
  const measured = await memory()
  const sessions = new SessionManager({ store: measured.store })
  const life = new Life(measured, sessions)
  await life.begin()
  const before = (await life.look())['memory: sessions'] as number
  await life.run(performance.now() + 200)
  expect(life.calls).toBeGreaterThan(0)
  const { totalSessions, activeSessions } = await sessions.getStats()
  expect(totalSessions).toBeGreaterThanOrEqual(activeSessions)
  expect(activeSessions).toBeLessThanOrEqual(before)
  await sessions.createSession('somebody else')
  expect(await life.end()).toEqual([{ what: 'memory: sessions', count: 1 }])
})
