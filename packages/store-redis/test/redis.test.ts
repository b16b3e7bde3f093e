import { type NewSession, newMessageId, newSessionId, type SessionStore, type StoreEvent } from '@sess/core'
import { orSkip, startRedis } from '@sess/servers'
import { newSession } from '@sess/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createRedisStore, type RedisStoreOptions } from '../src/index.ts'

const server = await orSkip(() => startRedis())
const redis = server && new Redis(server.url)
const open: SessionStore[] = []
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
})
afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

let prefixes = 0
function store(options: RedisStoreOptions = {}) {
  const keyPrefix = `own${++prefixes}`
  const url = options.client ? {} : { url: server?.url ?? '' }
  const made = createRedisStore({ ...url, keyPrefix, ...options })
  open.push(made)
  return {
    made,
    keyPrefix,
    keys: async () => (await redis?.keys(`${options.keyPrefix ?? keyPrefix}:*`)) ?? [],
  }
}
const session = (fields: Partial<NewSession> = {}) =>
  newSession(fields.id ?? newSessionId(fields.userId ?? 'u'), { userId: 'u', ...fields })
const message = (content = 'hello') => ({ id: newMessageId(), role: 'user', content, metadata: {} })
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

describe.skipIf(server === undefined)('with a Redis server', () => {
  const raw = redis as Redis

  describe('round trips', () => {
    /** Calls of each command that reached the server, but for those of scripts themselves. */
    const sent = async (work: () => Promise<unknown>) => {
      const before = await scripts()
      await work()
      return (await scripts()) - before
    }
    const scripts = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1] ?? 0)

    test('one for each operation, two for a list', async () => {
      const { made } = store()
      const { id } = await made.create(session())
      // Each script is sent once by its text.
      const warm = await made.create(session())
      await made.commit(warm.id, { append: [message()] })
      await made.commit(warm.id, { append: [message()], set: [['k', 1]] })
      await made.load(warm.id)
      await made.count('u')
      await made.list({ userId: 'u', limit: 5 })
      await made.delete(warm.id)
      expect(await sent(() => made.create(session()))).toBe(1)
      expect(await sent(() => made.commit(id, { append: [message()] }))).toBe(1)
      expect(await sent(() => made.commit(id, { append: range(100).map(() => message()) }))).toBe(1)
      expect(
        await sent(() =>
          made.commit(id, {
            cut: { newest: 1 },
            append: [message()],
            set: [['k', 1]],
            session: { ttlMs: 1e6 },
          }),
        ),
      ).toBe(1)
      expect(await sent(() => made.load(id, { messages: { last: 50 }, context: true }))).toBe(1)
      expect(await sent(() => made.count('u'))).toBe(1)
      // The index, then each record, all at once.
      expect(await sent(() => made.list({ userId: 'u', limit: 5 }))).toBe(1 + 2)
      expect(await sent(() => made.delete(id))).toBe(1)
    })
  })

  describe('the ends of keys', () => {
    const endless = async (keys: readonly string[]) => {
      const ends = await Promise.all(keys.map(async (key) => [key, await raw.pttl(key)] as const))
      return ends.filter(([, ms]) => ms < 0).map(([key]) => key)
    }
    const full = (made: SessionStore, id: string) =>
      made.commit(id, { append: [message(), message()], set: [['k', 1]], session: { metadata: { a: 'b' } } })

    test('every key has one while only expiring sessions are there, written later or sliding too', async () => {
      const { made, keys } = store()
      for (const sliding of [false, true])
        for (const id of ['mine', newSessionId('u')]) {
          await made.create(
            session({ id: `${id}${sliding ? '-s' : ''}`.slice(0, 60), ttlMs: 60_000, sliding }),
          )
        }
      for (const { id } of (await made.list({ all: true, limit: 10 })).sessions) {
        await full(made, id)
        await made.commit(id, { append: [message()] })
        await made.commit(id, { cut: { afterSeq: 0 } })
        await full(made, id)
      }
      expect(await endless(await keys())).toEqual([])
    })

    test('the indexes of a shard keep theirs when the only session in it moves', async () => {
      const parts = [{}, { set: [['k', 1]] }] as const
      for (const sliding of [false, true])
        for (const id of ['mine', newSessionId('u')])
          for (const more of parts) {
            const { made, keys } = store()
            const { createdAt } = await made.create(session({ id, ttlMs: 60_000, sliding }))
            const touched = async () => (await made.commit(id, { ...more, append: [message()] })).updatedAt
            await expect.poll(touched).toBeGreaterThan(createdAt)
            expect(await endless(await keys())).toEqual([])
          }
    })

    test('those of a session that never expires have none, and get one with a lifetime', async () => {
      const { made, keys } = store()
      const { id } = await made.create(session())
      await full(made, id)
      const own = async () => (await keys()).filter((key) => key.endsWith(id))
      expect((await own()).length).toBe(5)
      expect(await endless(await keys())).toEqual(await keys())
      await made.commit(id, { session: { ttlMs: 60_000 } })
      expect(await endless(await keys())).toEqual([])
      await made.commit(id, { session: { ttlMs: null } })
      expect((await endless(await own())).length).toBe(5)
      // With the last endless session, the shard's keys get an end again.
      await made.create(session({ ttlMs: 60_000 }))
      await made.delete(id)
      expect(await endless(await keys())).toEqual([])
    })

    test('of the sessions in a shard, the last takes what they shared', async () => {
      const { made, keys } = store()
      const [none, one, two] = [
        await made.create(session()),
        await made.create(session()),
        await made.create(session()),
      ]
      await made.delete(none.id)
      await full(made, one.id)
      await made.delete(one.id)
      await full(made, two.id)
      expect(await made.stats?.()).toMatchObject({ sessions: 1, messages: 2 })
      await made.delete(two.id)
      expect(await keys()).toEqual([])
    })

    test('nothing is left after deletes, sweeps, or the grace', async () => {
      const { made, keys } = store({ grace: 1 })
      for (const id of ['mine', newSessionId('u')]) {
        await made.create(session({ id }))
        await full(made, id)
        await made.delete(id)
        await made.create(session({ id, ttlMs: 20 }))
        await full(made, id).catch(() => undefined)
      }
      await expect.poll(async () => (await keys()).filter((key) => /:[rlmck]:/.test(key))).toEqual([])
      // What the server dropped itself leaves the index by a sweep, and by a list what it alone can find.
      await made.sweep({ limit: 100 })
      expect(await made.list({ userId: 'u', limit: 10 })).toEqual({ sessions: [], nextCursor: null })
      expect(await made.count('u')).toBe(0)
    })
  })

  describe('an append', () => {
    /** A store on a client that notes how many keys each script gets. */
    const noting = (keyPrefix: string) => {
      const counts: unknown[] = []
      const client = new Proxy(raw, {
        get: (target, name) => {
          const member = Reflect.get(target, name, target)
          if (name !== 'evalsha') return typeof member === 'function' ? member.bind(target) : member
          return (...args: unknown[]) => {
            counts.push(args[1])
            return Reflect.apply(member, target, args)
          }
        },
      })
      const { made } = store({ client, keyPrefix })
      return { made, counts }
    }

    test('names few keys once it is known that the end of the session stays', async () => {
      const { made: other, keyPrefix, keys } = store()
      const { made, counts } = noting(keyPrefix)
      const { id } = await other.create(session({ ttlMs: 60_000 }))
      const append = async () => {
        counts.length = 0
        return made.commit(id, { append: [message()] })
      }
      await append()
      expect(counts).toEqual([1, 10])
      await append()
      expect(counts).toEqual([4])
      const { expiresAt } = await other.commit(id, { session: { sliding: true, ttlMs: 90_000 } })
      // Nothing was written by the first attempt.
      expect((await append()).messageCount).toBe(3)
      expect(counts).toEqual([4, 10])
      await expect.poll(async () => (await append()).expiresAt).toBeGreaterThan(expiresAt ?? 0)
      expect(counts).toEqual([10])
      const own = (await keys()).filter((key) => /:[rl]:/.test(key))
      const left = await Promise.all(own.map((key) => raw.pttl(key)))
      expect(Math.max(...left) - Math.min(...left)).toBeLessThan(10_000)
      const due = (await keys()).find((key) => key.endsWith(':due')) as string
      expect(Number(await raw.zscore(due, id))).toBe((await made.load(id)).session.expiresAt)
      await other.commit(id, { session: { sliding: false } })
      await append()
      await append()
      expect(counts).toEqual([4])
    })

    test('goes on where a session was put by its stamp: long ago, far ahead, with large numbers', async () => {
      const { made } = store()
      const far = 9999999999998
      const stamps = [
        { createdAt: 0, version: 1, lastSeq: 0, updatedAt: 0, expiresAt: null },
        { createdAt: 7, version: 3e9, lastSeq: 1, updatedAt: 7, expiresAt: far },
        { createdAt: 7, version: 9, lastSeq: 5e9, updatedAt: far, expiresAt: far },
      ]
      for (const stamp of stamps)
        for (const id of [newSessionId('u'), `named ${stamp.lastSeq}`]) {
          await made.create(session({ id, ttlMs: 1e9 }), { stamp })
          for (const step of [1, 2]) {
            const committed = await made.commit(id, { append: [message()] })
            expect(committed).toMatchObject({
              version: stamp.version + step,
              lastSeq: stamp.lastSeq + step,
              expiresAt: stamp.expiresAt,
            })
            expect(committed.messages[0]?.seq).toBe(stamp.lastSeq + step)
          }
          expect((await made.load(id, { messages: { last: 5 } })).messages).toHaveLength(2)
        }
      const { sessions } = await made.list({ userId: 'u', limit: 10 })
      expect(sessions.map(({ updatedAt }) => updatedAt === far)).toEqual([
        true,
        true,
        false,
        false,
        false,
        false,
      ])
    })

    test('that drops the oldest leaves what else the record says as it was', async () => {
      const { made } = store()
      const { id } = await made.create(
        session({ maxMessages: 2, overflow: 'drop-oldest', context: [['k', 'v']] }),
      )
      for (const _ of range(4)) await made.commit(id, { append: [message()] })
      const { session: found, messages } = await made.load(id, { messages: { afterSeq: 2, limit: 5 } })
      expect(found).toMatchObject({ messageCount: 2, lastSeq: 4, maxMessages: 2, overflow: 'drop-oldest' })
      expect(messages?.map(({ seq }) => seq)).toEqual([3, 4])
      // The context has 4 bytes, which are known without counting again.
      const set = (contextBytes: number) =>
        made.commit(id, { set: [['l', 'w']] }, { limits: { contextBytes, metadataBytes: 1000 } })
      await expect(set(7)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
      await set(8)
    })

    test('of a user whose id has spaces and line ends, for it alone', async () => {
      const { made } = store()
      const userId = ' +two  words\n- 1 '
      for (const id of [newSessionId(userId), 'named']) {
        await made.create(session({ id, userId, metadata: { h: '1' } }))
        const ours = { if: { userId } }
        await made.commit(id, { append: [message()] }, ours)
        await made.commit(id, { append: [message()], set: [['k', 1]] }, ours)
        expect((await made.load(id, {}, ours)).session).toMatchObject({ userId, messageCount: 2 })
        for (const other of [null, 'two', userId.trim()]) {
          const theirs = { if: { userId: other } }
          await expect(made.commit(id, { append: [message()] }, theirs)).rejects.toMatchObject({
            code: 'SESSION_NOT_FOUND',
          })
          await expect(made.load(id, {}, theirs)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
        }
      }
      expect((await made.list({ userId, limit: 5 })).sessions.map(({ id }) => id)).toContain('named')
      expect(await made.count(userId)).toBe(2)
    })
  })

  describe('a user whose sessions lie in other shards', () => {
    test('racing appends by two clients, then lists: each session once, newest first', async () => {
      const { made, keyPrefix } = store()
      const { made: other } = store({ keyPrefix })
      const ids = range(20).map((i) => `named-${i}`)
      for (const id of ids) await made.create(session({ id }))
      await Promise.all(
        range(200).map((i) =>
          (i % 2 ? made : other).commit(ids[(i * 7) % 20] as string, { append: [message()] }),
        ),
      )
      const found: string[] = []
      const times: number[] = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await made.list({ userId: 'u', limit: 7, ...(cursor !== undefined && { cursor }) })
        found.push(...page.sessions.map(({ id }) => id))
        times.push(...page.sessions.map(({ updatedAt }) => updatedAt))
        cursor = page.nextCursor
      }
      expect([...found].sort()).toEqual([...ids].sort())
      expect(times).toEqual([...times].sort((a, b) => b - a))
      expect(await made.count('u')).toBe(20)
    })

    test('an index step that never came is made up for by the next one, and an entry of nothing goes after a minute', async () => {
      const { made, keys } = store()
      await made.create(session({ id: 'named' }))
      const away = (await keys()).find((key) => key.endsWith(':a')) as string
      const updatedKey = away.replace(/a$/, 'u')
      const before = await raw.hget(away, 'named')
      const places = await raw.zrange(updatedKey, 0, -1)
      await made.commit('named', { append: [message()] })
      // As if the process had ended between its two steps.
      await raw.hset(away, 'named', before as string)
      await raw.del(updatedKey)
      await raw.zadd(updatedKey, 0, places[0] as string)
      await made.commit('named', { append: [message()] })
      expect((await made.list({ userId: 'u', limit: 5 })).sessions.map(({ id }) => id)).toEqual(['named'])
      // A creation that ended after its first step.
      const [created, version, updated, expires] = (before as string).split(' ')
      const tag = ((await raw.zrange(updatedKey, 0, 0))[0] as string).slice(0, 16)
      for (const [id, age] of [
        ['young', 0],
        ['old', 61_000],
      ] as const) {
        const placed = Date.now() - age
        await raw.hset(away, id, [created, version, updated, expires, placed].join(' '))
        await raw.zadd(updatedKey, 0, `${tag}:${String(updated).padStart(13, '0')}:${id}`)
      }
      expect((await made.list({ userId: 'u', limit: 5 })).sessions.map(({ id }) => id)).toEqual(['named'])
      expect(await raw.hkeys(away)).toEqual(expect.arrayContaining(['named', 'young']))
      expect(await raw.hexists(away, 'old')).toBe(0)
    })
  })

  test('a sweep that races with extensions and creations over expired sessions deletes nothing alive', async () => {
    const { made, keyPrefix } = store()
    const { made: sweeper } = store({ keyPrefix })
    const ids = range(40).map((i) => `s${i}`)
    for (const id of ids) await made.create(session({ id, ttlMs: 30 }))
    await new Promise((resolve) => setTimeout(resolve, 25))
    let isOver = false
    const sweeping = (async () => {
      while (!isOver) await sweeper.sweep({ limit: 10 })
    })()
    const alive = await Promise.all(
      ids.map(async (id) => {
        const change = { session: { ttlMs: 60_000 } }
        const isExtended = await made.commit(id, change).then(
          () => true,
          () => false,
        )
        if (!isExtended) await made.create(session({ id, ttlMs: 60_000 }))
        return id
      }),
    )
    isOver = true
    await sweeping
    for (const id of alive) expect((await made.load(id)).session.expiresAt).toBeGreaterThan(Date.now())
    expect(await made.count('u')).toBe(40)
  })

  test('a user limited to the prefix by an ACL can do everything', async () => {
    const { keyPrefix } = store()
    await raw.call(
      'ACL',
      'SETUSER',
      'limited',
      'on',
      '>secret',
      'resetkeys',
      `~${keyPrefix}:*`,
      '-@all',
      '+@read',
      '+@write',
      '+@scripting',
      '+time',
      '-keys',
      '-scan',
      '-config',
    )
    const { made } = store({ keyPrefix, username: 'limited', password: 'secret' })
    const { id } = await made.create(session({ id: 'named', ttlMs: 60_000 }))
    await made.commit(id, { append: [message()], set: [['k', 1]] })
    await made.commit(id, { append: [message()] })
    expect((await made.load(id, { messages: { last: 5 }, context: true })).messages).toHaveLength(2)
    const never = await made.create(session({ messages: [message()] }))
    for (const _ of ['by a script', 'by LRANGE'])
      expect((await made.load(never.id, { messages: { last: 5 } })).messages).toHaveLength(1)
    await made.delete(never.id)
    expect((await made.list({ userId: 'u', limit: 5 })).sessions).toHaveLength(1)
    expect((await made.list({ all: true, limit: 5 })).sessions).toHaveLength(1)
    expect([await made.count('u'), await made.sweep({ limit: 5 }), (await made.stats?.())?.messages]).toEqual(
      [1, 0, 2],
    )
    expect((await made.health()).ok).toBe(true)
    expect(await made.delete(id)).toBe(true)
    const { made: outside } = store({ keyPrefix: 'elsewhere', username: 'limited', password: 'secret' })
    await expect(outside.load(id)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  describe('events', () => {
    test('what was acknowledged and is gone is told once', async () => {
      const events: StoreEvent[] = []
      const { made, keys } = store({ onEvent: (event) => events.push(event) })
      const { id } = await made.create(session())
      await made.commit(id, { append: [message(), message()] })
      const record = (await keys()).find((key) => key.includes(':r:')) as string
      const packed = (await raw.hget(record, '')) as string
      await made.commit(id, { append: [message()] })
      // As a failover would: the record of before.
      await raw.hset(record, '', packed)
      await made.load(id)
      await made.load(id)
      const told = {
        type: 'data-loss',
        store: 'redis',
        sessionId: id,
        detail: { lastSeq: 2, acknowledged: 3 },
      }
      expect(events).toEqual([told])
    })

    test('a server that may evict any key, and a client that sends again by itself, are told', async () => {
      await raw.config('SET', 'maxmemory-policy', 'allkeys-lru')
      const client = new Redis(server?.url as string)
      try {
        const events: StoreEvent[] = []
        const { made } = store({
          client: client,
          onEvent: (event) => events.push(event),
        })
        await made.count('u')
        await expect.poll(() => events.map(({ type }) => type)).toEqual(['auto-resend', 'eviction-policy'])
      } finally {
        client.disconnect()
        await raw.config('SET', 'maxmemory-policy', 'noeviction')
      }
    })
  })

  test('a client of the application stays open', async () => {
    const client = new Redis(server?.url as string)
    const { made } = store({ client: client })
    await made.count('u')
    await made.close()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })
})

describe('options', () => {
  test.each([
    [{ keyPrefix: '' }],
    [{ keyPrefix: 'a{b}' }],
    [{ timeout: 0 }],
    [{ grace: 'soon' }],
    [{ maxRetries: -1 }],
    [{ waitReplicas: 0.5 }],
    [{ url: 'redis://x', cluster: { nodes: [] } }],
  ])('%j are refused', (options) => {
    expect(() => createRedisStore(options as RedisStoreOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  test('of the seed that one connection has no use for are taken', async () => {
    const seed = { poolSize: 10, minIdleConns: 5, idleTimeout: '5m', readTimeout: '3s', writeTimeout: '3s' }
    await createRedisStore({ url: 'localhost:6379', ...seed }).close()
  })
})
