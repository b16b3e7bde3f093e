import { inspect } from 'node:util'
import { isSessError, type SessError, type SessErrorCode } from '@sess/core'
import { startRedis, startRedisCluster } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import { clientOf, expectLog, lend, message, newSession, storeOn } from './faults.ts'

// What passes by itself is repeated until the timeout, what does not is told at once.
const SHORT = '400ms'
const LONG = '10m'

describe('what real servers refuse', { timeout: 60_000 }, () => {
  test('READONLY, of a replica: unavailable, nothing applied', async (context) => {
    const master = await lend(context, () => startRedis({ flavour: 'redis' }))
    const config = { replicaof: `${master.host} ${master.port}` }
    const replica = await lend(context, () => startRedis({ flavour: 'redis', config }))
    const store = storeOn({ url: replica.url, timeout: SHORT })
    const error = await store.create(newSession('s')).catch((reason: unknown) => reason)
    if (!isSessError(error, 'STORE_UNAVAILABLE')) expect.fail(`not refused, but ${error}`)
    expect((error.cause as Error).message).toMatch(/^READONLY/)
    // Where the time was over while it was asked once more, nobody knows of that.
    if (!error.message.includes('no answer')) expect(error.outcome).toBe('none')
    expect(await clientOf(master).keys('*')).toEqual([])
    let retries = 0
    const onEvent = () => {
      retries++
    }
    const impatient = storeOn({ url: replica.url, timeout: LONG, maxRetries: 2, onEvent })
    expect(await refusal(impatient.create(newSession('s')), /^READONLY/)).toEqual([
      'STORE_UNAVAILABLE',
      'none',
    ])
    expect(retries).toBe(2)
    // What waits meanwhile gets through once it is the master.
    retries = 0
    const waiting = storeOn({ url: replica.url, timeout: LONG, onEvent }).create(newSession('s'))
    await expect.poll(() => retries).toBeGreaterThan(0)
    await clientOf(replica).replicaof('NO', 'ONE')
    await waiting
    expect(await expectLog(store, 's')).toEqual([])
  })

  test('NOAUTH and WRONGPASS: the configuration is wrong, at once', async (context) => {
    const server = await lend(context, () =>
      startRedis({ flavour: 'redis', config: { requirepass: 'secret' } }),
    )
    const url = `redis://${server.host}:${server.port}`
    for (const [more, reply] of [
      [{}, /^NOAUTH/],
      [{ password: 'wrong' }, /^WRONGPASS/],
    ] as const) {
      const store = storeOn({ url, ...more, timeout: LONG })
      const error = await refusal(store.create(newSession('s')), reply)
      expect(error).toEqual(['CONFIG_INVALID', 'none'])
      expect(JSON.stringify(await store.health())).not.toContain('wrong"')
    }
    await storeOn({ url, password: 'secret' }).create(newSession('s'))
  })

  test('NOPERM, of a user outside its prefix: the configuration is wrong, at once', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const rules = ['on', '>pw', '~app:*', '+@all', '-@admin', '-@dangerous', '+info']
    await clientOf(server).acl('SETUSER', 'app', ...rules)
    const login = { url: server.url, username: 'app', password: 'pw', timeout: LONG } as const
    const foreign = storeOn({ ...login, keyPrefix: 'other' })
    const error = await refusal(foreign.create(newSession('s')), /^NOPERM|^ERR.*ACL|permission/i)
    expect(error).toEqual(['CONFIG_INVALID', 'none'])
    expect(await refusal(foreign.load('s'), /^NOPERM|permission/i)).toEqual(['CONFIG_INVALID', 'none'])
    const own = storeOn({ ...login, keyPrefix: 'app' })
    await own.create(newSession('s'))
    expect(await expectLog(own, 's')).toEqual([])
  })

  test('OOM: unavailable, nothing applied, told at once; reads and deletes go on', async (context) => {
    const config = { 'maxmemory-policy': 'noeviction' }
    const server = await lend(context, () => startRedis({ flavour: 'redis', config }))
    const store = storeOn({ url: server.url, timeout: LONG })
    await store.create(newSession('s', { messages: [message('m')] }))
    await clientOf(server).config('SET', 'maxmemory', '1')
    const full = ['STORE_UNAVAILABLE', 'none']
    expect(await refusal(store.commit('s', { append: [message('n')] }), /OOM/)).toEqual(full)
    expect(await refusal(store.create(newSession('t')), /OOM/)).toEqual(full)
    expect(await refusal(store.commit('s', { set: [['k', 1]] }), /OOM/)).toEqual(full)
    expect(await expectLog(store, 's')).toHaveLength(1)
    await clientOf(server).config('SET', 'maxmemory', '0')
    await store.commit('s', { append: [message('n')] })
    expect(await expectLog(store, 's')).toHaveLength(2)
  })

  test('OOM: a full server still deletes', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const store = storeOn({ url: server.url, timeout: LONG })
    await store.create(newSession('s', { messages: [message('m')] }))
    await clientOf(server).config('SET', 'maxmemory', '1')
    expect(await store.delete('s')).toBe(true)
  })

  test("WRONGTYPE, of somebody else's key: the data is corrupt, and stays as it was", async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const redis = clientOf(server)
    const store = storeOn({ url: server.url, timeout: LONG })
    await store.create(newSession('s', { messages: [message('m')] }))
    const [list = '', record = ''] = [
      ...(await redis.keys('sess:*:l:s')),
      ...(await redis.keys('sess:*:r:s')),
    ]
    const before = await redis.hgetall(record)
    await redis.set(list, 'not a list')
    expect(await refusal(store.commit('s', { append: [message('n')] }), /WRONGTYPE/)).toEqual([
      'CORRUPT_DATA',
      'none',
    ])
    expect(await redis.hgetall(record)).toEqual(before)
    expect(await refusal(store.load('s', { messages: { last: 1 } }), /WRONGTYPE/)).toEqual([
      'CORRUPT_DATA',
      'none',
    ])
    await redis.set(record, 'not a hash')
    expect(await refusal(store.load('s'), /WRONGTYPE/)).toEqual(['CORRUPT_DATA', 'none'])
    expect(await redis.get(record)).toBe('not a hash')
  })

  test('LOADING: waited for until the timeout, then unavailable; works once it has loaded', async (context) => {
    const config = {
      'enable-debug-command': 'yes',
      'key-load-delay': '2000',
      'loading-process-events-interval-bytes': '1024',
    }
    const server = await lend(context, () => startRedis({ flavour: 'redis', config }))
    let retries = 0
    const onEvent = () => {
      retries++
    }
    const store = storeOn({ url: server.url, timeout: SHORT, onEvent })
    await store.create(newSession('s', { messages: [message('m')] }))
    const redis = clientOf(server)
    await redis.call('DEBUG', 'POPULATE', 1000, 'filler', 100)
    let isLoaded = false
    // Answered when all is loaded again; until then others are told to wait.
    const reloaded = redis.call('DEBUG', 'RELOAD').finally(() => {
      isLoaded = true
    })
    const refusals: SessError[] = []
    while (!isLoaded) {
      // Not safe to repeat unless the reply says that nothing was applied.
      const change = { set: [['k', 1]] as const }
      const call = store.commit('s', change, { if: { version: 1 } })
      const error = await call.catch((reason: unknown) => reason)
      if (isSessError(error, 'STORE_UNAVAILABLE')) refusals.push(error)
    }
    await reloaded
    expect(refusals.length).toBeGreaterThan(0)
    expect(retries).toBeGreaterThan(0)
    for (const { cause, outcome } of refusals.filter(({ message }) => !message.includes('no answer'))) {
      expect((cause as Error).message).toMatch(/^LOADING/)
      expect(outcome).toBe('none')
    }
    await store.commit('s', { append: [message('n')] })
    expect(await expectLog(store, 's')).toHaveLength(2)
  })

  test('MOVED, to a standalone client on a node of a cluster: the configuration is wrong, at once', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 3, replicas: 0 }))
    const stores = cluster.nodes.map(({ url }) => storeOn({ url, timeout: LONG }))
    const ends = await Promise.all(stores.map((store) => codeOf(store.create(newSession('s')))))
    // On two nodes at least neither the session's slot nor the schema's is served.
    expect(ends.filter((end) => end === 'CONFIG_INVALID').length).toBeGreaterThanOrEqual(2)
    expect(ends.filter((end) => end !== 'CONFIG_INVALID' && end !== undefined)).toEqual([])
  })

  test('CLUSTERDOWN: unavailable at the timeout; works once the slots are served again', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 3, replicas: 0 }))
    const [first, ...others] = cluster.nodes
    if (!first) expect.fail('no nodes')
    const store = storeOn({ cluster: { nodes: cluster.addresses }, timeout: SHORT })
    await store.create(newSession('s'))
    const redis = clientOf(first)
    await redis.cluster('DELSLOTSRANGE', 0, 5460)
    // The other nodes hear of it and stop serving what is theirs.
    await expect.poll(() => redis.cluster('INFO')).toContain('cluster_state:fail')
    for (const node of others) await clientOf(node).cluster('DELSLOTSRANGE', 0, 5460)
    for (const node of others)
      await expect.poll(() => clientOf(node).cluster('INFO')).toContain('cluster_state:fail')
    const error = await refusal(store.commit('s', { append: [message('m')] }), /./)
    expect(error[0]).toBe('STORE_UNAVAILABLE')
    await redis.cluster('ADDSLOTSRANGE', 0, 5460)
    for (const node of cluster.nodes)
      await expect.poll(() => clientOf(node).cluster('INFO')).toContain('cluster_state:ok')
    await expect.poll(() => codeOf(store.commit('s', { append: [message('m')] }))).toBeUndefined()
    expect(await expectLog(store, 's')).toHaveLength(1)
  })
})

/** The code and outcome of an error whose cause is that reply. */
async function refusal(call: Promise<unknown>, reply: RegExp): Promise<[SessErrorCode, string]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isSessError(error)) expect.fail(`not refused, but ${error}`)
  if (error.cause !== undefined) expect((error.cause as Error).message).toMatch(reply)
  // However deep somebody's logger looks: no message, no password.
  expect(inspect(error, { depth: 20 })).not.toMatch(/text of|args:/)
  return [error.code, error.outcome]
}

async function codeOf(call: Promise<unknown>): Promise<SessErrorCode | undefined> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error === undefined) return undefined
  if (!isSessError(error)) throw error
  return error.code
}
