import { once } from 'node:events'
import { startRedis } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import { type Acknowledged, expectKept, expectLog, lend, newSession, startChild, storeOn } from './faults.ts'

const module = new URL('append-child.ts', import.meta.url)

describe('processes', { timeout: 120_000 }, () => {
  test('8 of them append to one session: seqs 1 to N, nothing lost, nothing twice', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const store = storeOn({ url: server.url })
    await store.create(newSession('s'))
    const children = await Promise.all(
      Array.from({ length: 8 }, () => startChild(module, [server.url, 's', '100'])),
    )
    const outs = children.map(({ lines }) => once(lines, 'line'))
    for (const { process: child } of children) child.stdin.write('go\n')
    const acknowledged: Acknowledged = new Map()
    const seqs = (await Promise.all(outs)).map(([line]) => JSON.parse(line) as [string, number][])
    for (const [id, seq] of seqs.flat()) acknowledged.set(id, seq)
    expect(acknowledged.size).toBe(800)
    expect(await expectKept(store, 's', acknowledged)).toHaveLength(800)
    // They did write at once: no process had a stretch of the log for itself.
    for (const own of seqs) expect((own.at(-1)?.[1] ?? 0) - (own[0]?.[1] ?? 0)).toBeGreaterThan(99)
    await Promise.all(children.map(({ ended }) => ended))
    expect(children.map(({ process: child }) => child.exitCode)).toEqual(Array(8).fill(0))
  })

  test('killed in the middle of turns, one leaves whole turns only', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const store = storeOn({ url: server.url })
    for (let round = 0; round < 5; round++) {
      const session = `s${round}`
      await store.create(newSession(session))
      const { process: child, lines, ended } = await startChild(module, [server.url, session, '1000000', '4'])
      let told = 0
      const enough = new Promise<void>((resolve) =>
        lines.on('line', (line) => {
          told = Number(line)
          if (told >= 4 * (50 + round)) resolve()
        }),
      )
      child.stdin.write('go\n')
      await enough
      child.kill('SIGKILL')
      await ended
      const messages = await expectLog(store, session)
      const { context: entries } = await store.load(session, { context: true })
      expect(entries).toEqual([['turns', messages.length / 4]])
      expect(messages.length).toBeGreaterThanOrEqual(told)
    }
  })
})
