import { startRedisSentinel } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  appendSurely,
  clientOf,
  expectBeginning,
  expectKept,
  expectLog,
  lend,
  newSession,
  snapshot,
  startLoad,
  storeOn,
  untilMaster,
} from './faults.ts'

describe('Sentinel fails over under the appends of several stores', { timeout: 60_000 }, () => {
  test('what is there is a log without holes or doubles, and the stores go on by themselves', async (context) => {
    const sentinel = await lend(context, () => startRedisSentinel({ deadAfterMs: 500 }))
    const [master, replica] = sentinel.nodes
    if (!master || !replica) expect.fail('no nodes')
    const open = () => storeOn({ sentinel: { name: sentinel.name, nodes: sentinel.addresses } })
    const stores = [open(), open(), open()]
    const sessions = ['a', 'b', 'c']
    for (const session of sessions) await open().create(newSession(session))
    const redis = clientOf(master)
    await expect.poll(() => redis.wait(1, 1000)).toBe(1)

    const writers = stores.flatMap((store) => sessions.map((session) => ({ store, session })))
    const load = startLoad(writers, appendSurely)
    await load.more(500)
    const before = snapshot(load.acknowledged)
    await master.kill()
    await untilMaster(replica)
    // From here on what is acknowledged came from the new master; the stores find it without help.
    await load.more(100)
    const turn = snapshot(load.acknowledged)
    await load.more(500)
    await load.stop()

    let lost = 0
    for (const session of sessions) {
      const log = await expectLog(stores[0] as (typeof stores)[0], session)
      const seqs = new Map(log.map(({ id, seq }) => [id, seq]))
      const acknowledged = load.acknowledged.get(session) as Acknowledged
      // The new master's own are all there, at their place.
      for (const [id, seq] of acknowledged)
        if (!turn.get(session)?.has(id)) expect([id, seqs.get(id)]).toEqual([id, seq])
      lost += expectBeginning(log, before.get(session) as Acknowledged)
    }
    console.info(`lost by asynchronous replication: ${lost} of ${count(before)} acknowledged`)
    // Every store, not just the first.
    for (const store of stores) await expectKept(store, 'a', new Map())
  })
})

function count(acknowledged: ReadonlyMap<string, Acknowledged>): number {
  return [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0)
}
