import { cache } from '@sess/compose/config'
import type { SessionManager } from '@sess/core'
import { orSkip, type RedisServer, startRedis } from '@sess/servers'
import { memory } from '@sess/store-memory/config'
import { redis } from '@sess/store-redis/config'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { loadManager } from '../src/index.ts'
import { type Call, NOTHING, open, spy } from './open.ts'
import { file, ways } from './ways.ts'

const message = (content: string) => ({ role: 'user', content })
const inMemory = { cache: { type: 'memory' } }

/** A manager of a memory before a memory, and what reaches the main one. */
async function watched(way: Parameters<typeof open>[0], beside: object) {
  const calls: Call[] = []
  const manager = await open(way, { store: { cache: beside } }, { wrappers: [spy(calls), cache()] })
  /** What reading the newest messages asks of the main store: the version alone, messages too, or nothing. */
  const asked = async (id: string, last = 1) => {
    calls.length = 0
    await manager.getMessages(id, { last })
    const wants = calls.filter(({ name }) => name === 'load').map(({ values: [, want] }) => want)
    return wants.map((want) => (want === undefined ? 'version' : 'messages'))
  }
  const made = async (messages = 1) =>
    (await manager.createSession('u', { messages: Array(messages).fill(message('x')) })).id
  return { manager, asked, made }
}

describe('what reaches the main store', () => {
  test.each(ways({ 'store.cache.type': 'memory' }))(
    'type %s: a second read asks it for the version alone',
    async (_, way) => {
      const { asked, made } = await watched(way, {})
      const id = await made()
      expect(await asked(id)).toEqual(['messages'])
      expect(await asked(id)).toEqual(['version'])
    },
  )

  test.each(ways({ 'store.cache.max_stale': '1h' }))('max_stale %s: or nothing at all', async (_, way) => {
    const { asked, made } = await watched(way, { type: 'memory' })
    const id = await made()
    expect(await asked(id)).toEqual(['messages'])
    expect(await asked(id)).toEqual([])
  })

  test.each([
    ...ways({ 'store.cache.messages': 2 }).map(([name, way]) => [2, name, way] as const),
    [100, 'by default', NOTHING] as const,
  ])('messages: %i of the newest are kept, %s', async (count, _, way) => {
    const { asked, made } = await watched(way, { type: 'memory', max_stale: '1h' })
    const id = await made(count + 1)
    await asked(id, count)
    expect(await asked(id, count)).toEqual([])
    expect(await asked(id, count + 1)).toEqual(['messages'])
    expect(await asked(id, count + 1)).toEqual(['messages'])
  })

  test.each(ways({ 'store.cache.ttl': '1ms' }))('ttl %s: a copy is soon gone', async (_, way) => {
    const { asked, made } = await watched(way, { type: 'memory', max_stale: '1h' })
    const id = await made()
    expect(await asked(id)).toEqual(['messages'])
    await expect.poll(() => asked(id)).toEqual(['messages'])
  })

  test.each(ways({ 'store.cache.memory.max_sessions': 1 }))(
    'memory.max_sessions %s: it is the store of the seat, and not the main one',
    async (_, way) => {
      const { manager, asked, made } = await watched(way, { type: 'memory', max_stale: '1h' })
      const [a, b] = [await made(), await made()]
      await asked(a)
      expect(await asked(a)).toEqual([])
      await asked(b)
      expect(await asked(a)).toEqual(['messages'])
      expect(await manager.countUserSessions('u')).toBe(2)
    },
  )
})

const server = (await orSkip(() => startRedis())) as RedisServer
const look = server && new Redis(server.url)
afterAll(async () => {
  look?.disconnect()
  await server?.stop()
})

describe.skipIf(server === undefined)('on Redis', () => {
  const addr = () => `${server.host}:${server.port}`
  const main = () => ({ type: 'redis', redis: { addr: addr(), key_prefix: 'main' } })

  /** What a manager sees of what another one writes to a session that the first has read. */
  const other = async (way: Parameters<typeof open>[0]) => {
    const options = { wrappers: [cache()] }
    const reader = await open(way, { store: { ...main(), ...inMemory } }, options)
    const writer = await open(NOTHING, { store: main() }, options)
    const { id } = await writer.createSession('u', { messages: [message('first')] })
    const newest = async (manager: SessionManager) => (await manager.getMessages(id, { last: 1 }))[0]?.content
    expect(await newest(reader)).toBe('first')
    await writer.addMessage(id, message('second'))
    return { id, reader, seen: () => newest(reader) }
  }

  test('what another process writes is seen at once, by default', async () => {
    const { seen } = await other(NOTHING)
    expect(await seen()).toBe('second')
  })

  test.each(ways({ 'store.cache.max_stale': '1h' }))(
    'max_stale %s: not for so long, but what this one writes is',
    async (_, way) => {
      const { id, reader, seen } = await other(way)
      expect(await seen()).toBe('first')
      await reader.addMessage(id, message('third'))
      expect(await seen()).toBe('third')
    },
  )

  test('max_stale: and then it is', async () => {
    const { seen } = await other(() => ({ env: { SESSION_CACHE_MAX_STALE: '300ms' } }))
    await expect.poll(seen).toBe('second')
  })

  test('the cache may be a Redis too, at an address that a variable of yours gives', async () => {
    const text = [
      'store:',
      '  cache:',
      '    type: redis',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant so.
      '    redis: { addr: "${CACHE_ADDR}", key_prefix: cached, db: 1 }',
    ].join('\n')
    const env = { CACHE_ADDR: addr(), SESSION_REDIS_ADDR: addr(), SESSION_REDIS_KEY_PREFIX: 'kept' }
    const source = { file: file(text), env: { ...env, SESSION_STORE_TYPE: 'redis' } }
    const manager = await loadManager(source, { stores: [memory(), redis()], wrappers: [cache()] })
    const { id } = await manager.createSession('u', { messages: [message('x')] })
    await manager.getMessages(id, { last: 1 })
    expect(await look.keys('kept:*')).not.toEqual([])
    await look.select(1)
    const cached = await look.keys('*')
    expect(cached).not.toEqual([])
    expect(cached.filter((key) => !key.startsWith('cached:'))).toEqual([])
    await manager.close()
  })
})
