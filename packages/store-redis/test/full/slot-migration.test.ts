import { startRedisCluster } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  appendSurely,
  clientOf,
  expectKept,
  lend,
  newSession,
  startLoad,
  storeOn,
  strangers,
} from './faults.ts'

describe('slots move between masters under load', { timeout: 60_000 }, () => {
  test('back and forth, key by key: nothing is lost, nothing twice, no append fails', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 3, replicas: 0 }))
    const store = storeOn({ cluster: { nodes: cluster.addresses }, timeout: '20s' })
    // Two in one shard among them, and one whose keys are many.
    const sessions = Array.from({ length: 6 }, (_, i) => `sess_00${i % 5}-session-${i}`)
    for (const session of sessions) await store.create(newSession(session, { userId: 'u' }))
    const nodes = await Promise.all(
      cluster.nodes.map(async (server) => {
        const redis = clientOf(server)
        return { server, redis, id: String(await redis.cluster('MYID')) }
      }),
    )
    const load = startLoad(
      sessions.flatMap((session) => [store, store].map((through) => ({ store: through, session }))),
      async (through, session, id, acknowledged) => {
        const append = [{ id, role: 'user', content: `text of ${id}`, metadata: {} }]
        const { messages } = await through.commit(session, { append, set: [['last', id]] })
        acknowledged.set(id, messages[0]?.seq ?? 0)
      },
    )
    await load.more(100)
    let moved = 0
    for (let round = 0; round < 3; round++)
      for (const from of nodes) {
        const to = nodes[(nodes.indexOf(from) + 1) % nodes.length] as (typeof nodes)[0]
        for (const slot of await usedSlots(from.redis)) {
          await to.redis.cluster('SETSLOT', slot, 'IMPORTING', from.id)
          await from.redis.cluster('SETSLOT', slot, 'MIGRATING', to.id)
          await load.more(1)
          for (;;) {
            // One key at a time: a slot is long between two masters, its keys on both.
            const [key] = (await from.redis.cluster('GETKEYSINSLOT', slot, 1)) as string[]
            if (key === undefined) break
            await from.redis.migrate(to.server.host, to.server.port, key, 0, 5000)
            moved++
          }
          for (const { redis } of [to, from, ...nodes]) await redis.cluster('SETSLOT', slot, 'NODE', to.id)
          await load.more(5)
        }
      }
    await load.stop()
    expect(moved).toBeGreaterThan(60)
    for (const session of sessions) {
      const acknowledged = load.acknowledged.get(session) as Acknowledged
      expect(strangers(await expectKept(store, session, acknowledged), acknowledged)).toEqual([])
    }
    const { sessions: listed } = await store.list({ userId: 'u', limit: 100 })
    expect(listed.map(({ id }) => id).sort()).toEqual([...sessions].sort())
    await appendSurely(store, sessions[0] as string, 'after', new Map())
  })
})

async function usedSlots(redis: ReturnType<typeof clientOf>): Promise<number[]> {
  const keys = await redis.keys('*')
  const slots = await Promise.all(keys.map((key) => redis.cluster('KEYSLOT', key)))
  return [...new Set(slots as number[])]
}
