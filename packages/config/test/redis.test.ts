import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { isSessError, type SessError, type SessionManager } from '@sess/core'
import { orSkip, type RedisServer, startProxy, startRedis } from '@sess/servers'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { codeOf, listener, NOTHING, open } from './open.ts'
import { describeTls } from './tls.ts'
import { file, ways } from './ways.ts'

const server = (await orSkip(() => startRedis())) as RedisServer
const look = server && new Redis(server.url)
afterAll(async () => {
  look?.disconnect()
  await server?.stop()
})

let prefixes = 0
/** What is not tested: a server, and keys of a test's own. */
function onServer(more: object = {}) {
  const { host, port } = server
  return {
    store: { type: 'redis', redis: { addr: `${host}:${port}`, key_prefix: `t${++prefixes}`, ...more } },
  }
}
const addr = () => `${server.host}:${server.port}`
const works = async (manager: SessionManager) => (await manager.health()).ok

describe.skipIf(server === undefined)('on Redis', () => {
  test.each(ways({ 'store.type': 'redis' }))('store.type: redis %s: sessions are there', async (_, way) => {
    const manager = await open(way, { store: { redis: { addr: addr(), key_prefix: 'type' } } })
    const { id } = await manager.createSession('u')
    expect((await look.keys('type:*')).some((key) => key.endsWith(id))).toBe(true)
  })

  test.each(ways({ 'store.redis.addr': server && addr() }))('addr %s: it is that server', async (_, way) => {
    const manager = await open(way, { store: { type: 'redis', redis: { key_prefix: 'addr' } } })
    await manager.createSession('u')
    expect(await look.keys('addr:*')).not.toEqual([])
  })

  test('addr: localhost:6379 by default', async () => {
    const manager = await open(NOTHING, { store: { type: 'redis', redis: { read_timeout: '500ms' } } })
    const { ok, error } = await manager.health()
    // Somebody may have a server there.
    if (!ok) expect(String(error?.cause)).toMatch(/ECONNREFUSED (127\.0\.0\.1|::1):6379/)
  })

  test('addr: the path of a unix socket', async () => {
    const socket = `${file('', 'x')}.sock`
    const own = await startRedis({ flavour: 'redis', config: { unixsocket: socket } })
    onTestFinished(() => own.stop())
    expect(await works(await open(NOTHING, onServer({ addr: socket })))).toBe(true)
  })

  test.each([
    ...ways({ 'store.redis.key_prefix': 'app:' }).map(([name, way]) => ['app:', name, way] as const),
    ...ways({ 'store.redis.key_prefix': 'app2' }).map(([name, way]) => ['app2:', name, way] as const),
    ['session:', 'by default', NOTHING] as const,
  ])('key_prefix: keys begin with %s, %s', async (prefix, _, way) => {
    await look.flushall()
    const manager = await open(way, { store: { type: 'redis', redis: { addr: addr() } } })
    await manager.createSession('u')
    const keys = await look.keys('*')
    expect(keys.filter((key) => key.startsWith(`${prefix}{`))).toEqual(keys)
  })

  test.each([
    ...ways({ 'store.redis.db': 3 }).map(([name, way]) => [3, name, way] as const),
    [0, 'by default', NOTHING] as const,
  ])('db: sessions are in database %i, %s', async (db, _, way) => {
    await look.flushall()
    const manager = await open(way, onServer())
    await manager.createSession('u')
    expect(await look.info('keyspace')).toMatch(new RegExp(`^# Keyspace\\s+db${db}:[^\\n]*\\s*$`))
  })

  describe('password', async () => {
    const secured = server && (await startRedis({ flavour: 'redis', config: { requirepass: 'hunter2' } }))
    afterAll(() => secured?.stop())
    const at = () => onServer({ addr: `${secured.host}:${secured.port}` })

    test.each(ways({ 'store.redis.password': 'hunter2' }))('%s: it opens the server', async (_, way) => {
      expect(await works(await open(way, at()))).toBe(true)
    })
    test('by a file that a variable names', async () => {
      const env = { SESSION_REDIS_PASSWORD_FILE: file('hunter2\n', 'password') }
      expect(await works(await open(() => ({ env }), at()))).toBe(true)
    })
    test.each([...ways({ 'store.redis.password': 'wrong' }), ['none by default', NOTHING] as const])(
      'another %s: it does not, and no message has it',
      async (_, way) => {
        const { error } = await (await open(way, at())).health()
        expect(isSessError(error)).toBe(true)
        expect(`${error?.message}${error?.cause}`).not.toContain('wrong')
      },
    )
  })

  test.each([
    ...ways({
      'store.redis.pool_size': 20,
      'store.redis.min_idle_conns': 9,
      'store.redis.idle_timeout': '1ms',
    }),
    ['by default', NOTHING] as const,
  ])('pool_size, min_idle_conns, idle_timeout %s: one connection in any case', async (_, way) => {
    const clients = async () => ((await look.client('LIST')) as string).trim().split('\n').length
    const before = await clients()
    const manager = await open(way, onServer())
    await Promise.all(Array.from({ length: 50 }, () => manager.createSession('u')))
    expect(await clients()).toBe(before + 1)
    await manager.close()
    await expect.poll(clients).toBe(before)
  })

  describe('max_retries', () => {
    /** How often a call was sent again before it was given up. */
    const retries = async (way: () => object) => {
      const proxy = await startProxy(server)
      onTestFinished(() => proxy.stop())
      const { onEvent, types } = listener()
      const manager = await open(way, onServer({ addr: `${proxy.host}:${proxy.port}` }), { onEvent })
      const { id } = await manager.createSession('u')
      proxy.cutReplies({ every: 1 })
      expect(await codeOf(manager.addMessage(id, { role: 'user', content: 'x' }))).toBe('STORE_UNAVAILABLE')
      return types().filter((type) => type === 'retry').length
    }
    test.each([
      ...ways({ 'store.redis.max_retries': 1 }).map(([name, way]) => [1, name, way] as const),
      ...ways({ 'store.redis.max_retries': 0 }).map(([name, way]) => [0, name, way] as const),
      [3, 'by default', NOTHING] as const,
    ])('a call is sent again %i times, %s', async (times, _, way) => {
      expect(await retries(way)).toBe(times)
    })
  })

  describe('a server that hangs', async () => {
    const hanging = server && (await startRedis({ flavour: 'redis', config: { 'tcp-backlog': '1' } }))
    afterAll(() => hanging?.stop())
    const at = (more = {}) => onServer({ addr: `${hanging.host}:${hanging.port}`, ...more })

    /** Which of two managers gives up first, and with what. */
    const first = async (one: SessionManager, other: SessionManager) => {
      const end = new AbortController()
      const call = (manager: SessionManager, name: string) =>
        manager.countUserSessions('u', { signal: end.signal }).then(
          () => ({ name }),
          (error: SessError) => ({ name, code: error.code, cause: String(error.cause) }),
        )
      const calls = [call(one, 'one'), call(other, 'other')]
      const winner = await Promise.race(calls)
      end.abort()
      await Promise.all(calls)
      return winner
    }
    /** The same, when the server hangs. */
    const firstWhileItHangs = async (one: SessionManager, other: SessionManager) => {
      await Promise.all([one, other].map((manager) => manager.countUserSessions('u')))
      hanging.pause()
      try {
        return await first(one, other)
      } finally {
        hanging.resume()
      }
    }
    const OTHER = { name: 'other', code: 'STORE_UNAVAILABLE' }

    test.each(ways({ 'store.redis.read_timeout': '50ms', 'store.redis.write_timeout': '60ms' }))(
      'read_timeout, write_timeout %s: calls end before those with 3 s, the default',
      async (_, way) => {
        const managers = [await open(NOTHING, at()), await open(way, at())] as const
        expect(await firstWhileItHangs(...managers)).toMatchObject(OTHER)
      },
    )
    test.each([
      ['read_timeout', 'write_timeout'],
      ['write_timeout', 'read_timeout'],
    ])('%s alone is longer: it holds', async (long, short) => {
      const [[, way] = ['', NOTHING]] = ways({
        [`store.redis.${long}`]: '1m',
        [`store.redis.${short}`]: '50ms',
      })
      const other = await open(NOTHING, at({ read_timeout: '100ms', write_timeout: '100ms' }))
      expect(await firstWhileItHangs(await open(way, at()), other)).toMatchObject(OTHER)
    })

    test.each(ways({ 'store.redis.dial_timeout': '50ms' }))(
      'dial_timeout %s: a connection that is not accepted is given up, long before a call is with 5 s, the default',
      async (_, way) => {
        hanging.pause()
        const crowd = await fill(hanging)
        try {
          const usual = await open(NOTHING, at({ read_timeout: '2s', write_timeout: '2s' }))
          const managers = [usual, await open(way, at({ read_timeout: '1m' }))] as const
          expect(await first(...managers)).toMatchObject({
            ...OTHER,
            cause: expect.stringMatching(/ETIMEDOUT/),
          })
        } finally {
          for (const socket of crowd) socket.destroy()
          hanging.resume()
        }
      },
    )
  })

  describeTls(
    'redis',
    () => startRedis({ flavour: 'redis', tls: true }),
    (secure, more) => onServer({ addr: `${secure?.host}:${secure?.port}`, ...more }),
    { read_timeout: '500ms', write_timeout: '500ms' },
  )
})

/** Takes all places of those who wait to be accepted. */
async function fill({ host, port }: { host: string; port: number }): Promise<Socket[]> {
  const sockets = Array.from({ length: 8 }, () => connect({ host, port }).on('error', () => {}))
  // A queue of n holds n + 1.
  await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, 'connect')))
  return sockets
}
