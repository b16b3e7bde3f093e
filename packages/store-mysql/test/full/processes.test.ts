import { once } from 'node:events'
import { startMysql } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  clientOf,
  expectKept,
  expectLog,
  lend,
  newSession,
  range,
  rowsOf,
  startChild,
  storeOn,
} from './faults.ts'

const module = new URL('append-child.ts', import.meta.url)

describe('processes', { timeout: 120_000 }, () => {
  test('8 of them append to one session: seqs 1 to N, nothing lost, nothing twice', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
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

  test('killed in the middle of turns, each leaves whole turns only', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
    const store = storeOn({ url: server.url })
    const sessions = range(8).map((i) => `s${i}`)
    for (const session of sessions) await store.create(newSession(session))
    const children = await Promise.all(
      sessions.map((session) => startChild(module, [server.url, session, '1000000', '4'])),
    )
    const told = sessions.map(() => 0)
    const enough = new Promise<void>((resolve) => {
      for (const [i, { lines }] of children.entries())
        lines.on('line', (line) => {
          told[i] = Number(line)
          if (told.every((seqs) => seqs >= 80)) resolve()
        })
    })
    for (const { process: child } of children) child.stdin.write('go\n')
    await enough
    // Holds up each where its messages are written and what goes with them is not.
    const look = clientOf(server)
    const holder = await look.getConnection()
    await holder.query('START TRANSACTION')
    await holder.query('SELECT 1 FROM sess_context FOR UPDATE')
    const waits = async () =>
      (await rowsOf(look, "SHOW STATUS LIKE 'Innodb_row_lock_current_waits'"))[0]?.Value
    await expect.poll(waits).toBe('8')
    for (const { process: child } of children) child.kill('SIGKILL')
    await Promise.all(children.map(({ ended }) => ended))
    await holder.query('ROLLBACK')
    holder.release()
    const open = async () => (await rowsOf(look, 'SELECT trx_id FROM information_schema.INNODB_TRX')).length
    await expect.poll(open, { interval: 150 }).toBe(0)
    let whole = 0
    for (const [i, session] of sessions.entries()) {
      const messages = await expectLog(store, session)
      const { context: entries } = await store.load(session, { context: true })
      expect(entries).toEqual([['turns', messages.length / 4]])
      expect(messages.length).toBeGreaterThanOrEqual(told[i] ?? 0)
      whole += messages.length
    }
    // Nor is there half a turn that a load does not show.
    expect(await rowsOf(look, 'SELECT COUNT(*) AS count FROM sess_messages')).toEqual([{ count: whole }])
  })
})
