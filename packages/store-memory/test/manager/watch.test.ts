import { SessionManager } from '@sess/core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})

function watch(pulses: AsyncIterable<{ version: number; lastSeq: number }>) {
  const seen: [number, number][] = []
  const end = (async () => {
    for await (const { version, lastSeq } of pulses) seen.push([version, lastSeq])
    return 'ended'
  })()
  end.catch(() => {})
  return { seen, end }
}

it('watchSession yields after changes, several at once, and ends with the session', async () => {
  const sessions = new SessionManager({ store: createMemoryStore() })
  const { id } = await sessions.createSession('u')
  const { seen, end } = watch(sessions.watchSession(id))
  const { seen: later, end: laterEnd } = watch(sessions.watchSession(id, { afterVersion: 2 }))
  await vi.advanceTimersByTimeAsync(0)
  await sessions.addMessage(id, { role: 'r', content: 1 })
  await sessions.addMessage(id, { role: 'r', content: 2 })
  await vi.advanceTimersByTimeAsync(2000)
  expect(seen).toEqual([
    [1, 0],
    [3, 2],
  ])
  expect(later).toEqual([[3, 2]])
  await sessions.deleteSession(id)
  await vi.advanceTimersByTimeAsync(500)
  expect(await Promise.all([end, laterEnd])).toEqual(['ended', 'ended'])
})

it('watchSession of a user ends when the session is handed over', async () => {
  const sessions = new SessionManager({ store: createMemoryStore() })
  const { id } = await sessions.createSession('me')
  const { seen, end } = watch(sessions.forUser('me').watchSession(id))
  await vi.advanceTimersByTimeAsync(0)
  await sessions.updateSession(id, { userId: 'other' })
  await vi.advanceTimersByTimeAsync(500)
  expect(await end).toBe('ended')
  expect(seen).toEqual([[1, 0]])
})

it('watchSession fails when the store is closed, and keeps nothing running', async () => {
  const sessions = new SessionManager({ store: createMemoryStore() })
  const { id } = await sessions.createSession('u')
  const { end } = watch(sessions.watchSession(id))
  await vi.advanceTimersByTimeAsync(0)
  await sessions.close()
  await vi.advanceTimersByTimeAsync(500)
  await expect(end).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(vi.getTimerCount()).toBe(0)
})
