import { isSessError, type SessError, type SessionStore, type StoreEvent } from '@sess/core'
import { type RedisServer, startRedis, startRedisCluster, startRedisSentinel } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  append,
  appendSurely,
  clientOf,
  expectLog,
  lend,
  message,
  newSession,
  sessionsOn,
  startLoad,
  storeOn,
  untilMaster,
} from './faults.ts'

const SHORT = '600ms'

describe('what a failover may lose', { timeout: 60_000 }, () => {
  test('without waiting for replicas: what was acknowledged and no replica had; an event tells', async (context) => {
    const sentinel = await lend(context, () => startRedisSentinel({ deadAfterMs: 500 }))
    const [master, replica] = sentinel.nodes
    if (!master || !replica) expect.fail('no nodes')
    const events: StoreEvent[] = []
    const address = { sentinel: { name: sentinel.name, nodes: sentinel.addresses } }
    const store = storeOn({ ...address, onEvent: (event) => events.push(event) })
    const acknowledged = await writtenTo(store, 5)
    await expect.poll(() => isInSync(master)).toBe(true)
    await cutOff(master, replica)
    for (let i = 0; i < 5; i++) expect(await append(store, 's', `late ${i}`, acknowledged)).toBeUndefined()
    await master.kill()
    await replica.resume()
    await untilMaster(replica)

    // The sentinels may name the old one for a moment.
    await expect.poll(() => isRefused(store.load('s'))).toBe(false)
    const log = await expectLog(store, 's')
    expect(log.map(({ id }) => id)).toEqual([...acknowledged.keys()].slice(0, 5))
    expect(events.filter(({ type }) => type === 'data-loss')).toMatchObject([
      { sessionId: 's', detail: { lastSeq: 5, acknowledged: 10 } },
    ])
  })

  test('waiting for a replica: nothing that was acknowledged', async (context) => {
    const sentinel = await lend(context, () => startRedisSentinel({ deadAfterMs: 500 }))
    const [master, replica] = sentinel.nodes
    if (!master || !replica) expect.fail('no nodes')
    const events: StoreEvent[] = []
    const address = { sentinel: { name: sentinel.name, nodes: sentinel.addresses }, timeout: SHORT } as const
    const store = storeOn({ ...address, waitReplicas: 1, onEvent: (event) => events.push(event) })
    const acknowledged = await writtenTo(store, 5)
    await cutOff(master, replica)
    const refused = (await append(store, 's', 'late', acknowledged)) as SessError
    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['late'] })
    // It is there, but nobody was told so.
    expect((await clientOf(master).keys('sess:*:l:s')).length).toBe(1)
    await master.kill()
    await replica.resume()
    await untilMaster(replica)

    // The one that took over has no replica, so that this reads alone.
    const reader = storeOn(address)
    await expect.poll(() => isRefused(reader.load('s'))).toBe(false)
    const log = await expectLog(reader, 's')
    expect(new Map(log.map(({ id, seq }) => [id, seq]))).toEqual(acknowledged)
    expect(events.filter(({ type }) => type === 'data-loss')).toEqual([])
  })
})

describe('waitReplicas', { timeout: 60_000 }, () => {
  test('waits for the replica, tells when it is late, and a repeated append is the same one', async (context) => {
    const master = await lend(context, () => startRedis({ flavour: 'redis' }))
    const config = { replicaof: `${master.host} ${master.port}`, 'repl-diskless-sync-delay': '0' }
    const replica = await lend(context, () => startRedis({ flavour: 'redis', config }))
    await expect.poll(() => isInSync(master)).toBe(true)
    const store = storeOn({ url: master.url, waitReplicas: 1, timeout: SHORT })
    const acknowledged = await writtenTo(store, 1)
    await replica.pause()
    const late = (await append(store, 's', 'late', acknowledged)) as SessError
    expect(late.message).toMatch(/0 of 1 replicas have it|no answer/)
    expect(late).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['late'] })
    await expect(store.commit('s', { set: [['k', 1]] }, { if: { version: 3 } })).rejects.toMatchObject({
      outcome: 'unknown',
    })
    expect(await isRefused(store.delete('other'))).toBe(true)
    // What writes nothing has nothing to wait for.
    await expect(store.commit('s', { set: [['k', 1]] }, { if: { version: 1 } })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(store.create(newSession('s'))).rejects.toMatchObject({ code: 'SESSION_EXISTS' })
    await replica.resume()
    await expect.poll(() => append(store, 's', 'late', acknowledged)).toBeUndefined()
    expect((await expectLog(store, 's')).map(({ id }) => id)).toEqual(['m0', 'late'])
    // More than there are.
    const three = storeOn({ url: master.url, waitReplicas: 3, timeout: SHORT })
    expect(await append(three, 's', 'more', acknowledged)).toMatchObject({ outcome: 'unknown' })
  })

  test('in a cluster: the master that took the write is asked', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 3, replicas: 3 }))
    const store = storeOn({ cluster: { nodes: cluster.addresses }, waitReplicas: 1, timeout: SHORT })
    for (const node of cluster.nodes)
      if ((await clientOf(node).role())[0] === 'master') await expect.poll(() => isInSync(node)).toBe(true)
    for (const id of ['a', 'b', 'c', 'd']) {
      await store.create(newSession(id))
      expect(await append(store, id, 'm', new Map())).toBeUndefined()
    }
    for (const node of cluster.nodes) if ((await clientOf(node).role())[0] === 'slave') await node.pause()
    const refused = await append(store, 'a', 'n', new Map())
    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['n'] })
  })

  test('in a cluster: while one node hangs and another breaks off, each answer goes to the call that asked', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 3, replicas: 3 }))
    const [broken, hung, sound] = cluster.nodes
    if (!broken || !hung || !sound) expect.fail('no nodes')
    const redis = clientOf(broken)
    const onBroken = await sessionsOn(redis, 0, 5460)
    const [onHung = ''] = await sessionsOn(redis, 5461, 10_922)
    const onSound = await sessionsOn(redis, 10_923, 16_383)
    const store = storeOn({ cluster: { nodes: cluster.addresses }, waitReplicas: 1 })
    const brief = storeOn({ cluster: { nodes: cluster.addresses }, timeout: SHORT })
    for (const session of [...onBroken, onHung, ...onSound])
      await store.create(newSession(session, { messages: [message(`of ${session}`)] }))

    // A new connection to it is made, and does not get ready.
    await clientOf(hung).client('KILL', 'TYPE', 'normal')
    await hung.pause()
    const stuck = store.load(onHung)
    stuck.catch(() => {})
    expect(await isRefused(brief.load(onHung))).toBe(true)
    const load = startLoad(
      onBroken.flatMap((session) => [1, 2, 3].map(() => ({ store, session }))),
      appendSurely,
    )
    await load.more(50)
    for (let i = 0; i < 5; i++) {
      await redis.client('KILL', 'TYPE', 'normal')
      await load.more(20)
      await Promise.all(
        onSound.map(async (session) => {
          const { messages } = await store.load(session, { messages: { last: 1 } })
          expect(messages).toMatchObject([{ id: `of ${session}` }])
        }),
      )
    }
    await load.stop()
    await hung.resume()
    expect((await stuck).session.messageCount).toBe(1)
    for (const session of onBroken)
      expect(load.acknowledged.get(session)?.size).toBe((await store.load(session)).session.messageCount - 1)
  })
})

async function writtenTo(store: SessionStore, messages: number): Promise<Acknowledged> {
  const acknowledged: Acknowledged = new Map()
  await store.create(newSession('s'))
  for (let i = 0; i < messages; i++) expect(await append(store, 's', `m${i}`, acknowledged)).toBeUndefined()
  return acknowledged
}

async function isInSync(master: RedisServer): Promise<boolean> {
  return /slave0:.*state=online.*lag=[01]\b/.test(await clientOf(master).info('replication'))
}

/** Stops a replica and breaks its connection first, so that nothing waits for it on its way. */
async function cutOff(master: RedisServer, replica: RedisServer): Promise<void> {
  const redis = clientOf(master)
  await redis.wait(1, 10_000)
  await replica.pause()
  await redis.client('KILL', 'TYPE', 'replica')
}

async function isRefused(call: Promise<unknown>): Promise<boolean> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error !== undefined && !isSessError(error, 'STORE_UNAVAILABLE')) throw error
  return error !== undefined
}
