import { type RedisGroup, startProxy, startRedisCluster } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  appendSurely,
  clientOf,
  expectBeginning,
  expectKept,
  expectLog,
  lend,
  message,
  newSession,
  sessionsOn,
  snapshot,
  startLoad,
  storeOn,
  strangers,
  untilMaster,
} from './faults.ts'

describe('a Cluster under load', { timeout: 90_000 }, () => {
  test('a master dies: its replica goes on with a log without holes or doubles, the others lose nothing', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ deadAfterMs: 2000 }))
    const [master, , , replica] = cluster.nodes
    if (!master || !replica) expect.fail('no nodes')
    const stores = [storeOf(cluster), storeOf(cluster)]
    const redis = clientOf(master)
    const onDead = await sessionsOn(redis, 0, 5460)
    const sessions = [...onDead, ...(await sessionsOn(redis, 5461, 16_383))]
    for (const session of sessions) await storeOf(cluster).create(newSession(session))
    await expect.poll(() => redis.wait(1, 1000)).toBe(1)

    const load = startLoad(
      sessions.flatMap((session) => stores.map((store) => ({ store, session }))),
      appendSurely,
    )
    await load.more(500)
    const before = snapshot(load.acknowledged)
    await master.kill()
    await untilMaster(replica)
    // Each session goes on, those of the dead master too.
    const turn = snapshot(load.acknowledged)
    for (const session of sessions)
      await expect
        .poll(() => load.acknowledged.get(session)?.size)
        .toBeGreaterThan((turn.get(session)?.size ?? 0) + 10)
    await load.stop()

    let lost = 0
    for (const session of sessions) {
      const acknowledged = load.acknowledged.get(session) as Acknowledged
      const [store] = stores as [ReturnType<typeof storeOf>]
      if (!onDead.includes(session)) {
        expect(strangers(await expectKept(store, session, acknowledged), acknowledged)).toEqual([])
        continue
      }
      lost += expectBeginning(await expectLog(store, session), before.get(session) as Acknowledged)
    }
    console.info(`lost by asynchronous replication: ${lost}`)
  })

  test('what is not safe to repeat is not repeated by the driver either', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 1, replicas: 0 }))
    const [node] = cluster.nodes
    if (!node) expect.fail('no node')
    // Clients come through the proxy, which the node names as its own port.
    const proxy = await lend(context, () => startProxy(node))
    const redis = clientOf(node)
    await redis.config('SET', 'cluster-announce-ip', proxy.host)
    await redis.config('SET', 'cluster-announce-port', proxy.port)
    const store = storeOn({ cluster: { nodes: [{ host: proxy.host, port: proxy.port }] } })
    const messages = Array.from({ length: 10 }, (_, i) => message(`m${i}`))
    await store.create(newSession('s', { messages }))
    await store.commit('s', { cut: { newest: 1 } })

    cutOnce(proxy)
    await expect(store.commit('s', { cut: { newest: 1 } })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      outcome: 'unknown',
    })
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    expect((await store.load('s')).session.messageCount).toBe(8)
    // What is safe, the store repeats.
    cutOnce(proxy)
    expect(await store.commit('s', { append: [message('late')] })).toMatchObject({ messageCount: 9 })
    cutOnce(proxy)
    expect(await store.delete('s')).toBe(true)
  })
})

function storeOf(cluster: RedisGroup) {
  return storeOn({ cluster: { nodes: cluster.addresses } })
}

/** The next reply, and no other. */
function cutOnce(proxy: Awaited<ReturnType<typeof startProxy>>): void {
  let isDone = false
  proxy.cutReplies({
    probability: 0.5,
    random() {
      if (isDone) return 1
      isDone = true
      return 0
    },
  })
}
