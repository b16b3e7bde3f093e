import { codec } from '@sess/codec/config'
import type { SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { memory } from '@sess/store-memory/config'
import { describe, expect, test } from 'vitest'
import {
  addMessage,
  type ConfigurableWrapper,
  close,
  createSession,
  defaultConfig,
  getMessages,
  initialize,
  loadConfig,
  loadManager,
} from '../src/index.ts'
import { codeOf, NOTHING, open } from './open.ts'
import { ways } from './ways.ts'

const message = (content: string) => ({ role: 'user', content })

describe('session.default_ttl', () => {
  test.each([
    ...ways({ 'session.default_ttl': '2h45m' }).map(([name, way]) => [9_900_000, name, way] as const),
    ...ways({ 'session.default_ttl': 'never' }).map(([name, way]) => [null, name, way] as const),
    [86_400_000, 'by default', NOTHING] as const,
  ])('%s ms, %s', async (ms, _, way) => {
    const { ttlMs, expiresAt, createdAt } = await (await open(way)).createSession('u')
    expect(ttlMs).toBe(ms)
    expect(expiresAt).toBe(ms === null ? null : createdAt + ms)
  })
})

describe('session.max_message_count', () => {
  test.each([
    ...ways({ 'session.max_message_count': 3 }).map(([name, way]) => [3, name, way] as const),
    [1000, 'by default', NOTHING] as const,
  ])('%i messages and no more, %s', async (count, _, way) => {
    const manager = await open(way)
    const { id } = await manager.createSession('u')
    await manager.addMessages(id, Array(count).fill(message('x')))
    expect(await codeOf(manager.addMessage(id, message('x')))).toBe('MESSAGE_LIMIT')
  })
})

describe('session.max_context_size', () => {
  test.each([
    ...ways({ 'session.max_context_size': '1KiB' }).map(([name, way]) => [1024, name, way] as const),
    ...ways({ 'session.max_context_size': 2000 }).map(([name, way]) => [2000, name, way] as const),
    [1_048_576, 'by default', NOTHING] as const,
  ])('%i bytes and no more, %s', async (bytes, _, way) => {
    const manager = await open(way)
    const { id } = await manager.createSession('u')
    // The key, the quotes and the text.
    await manager.setContext(id, 'k', 'x'.repeat(bytes - 3))
    expect(await codeOf(manager.setContext(id, 'k2', ''))).toBe('LIMIT_EXCEEDED')
  })
})

describe('session.enable_compression, enable_encryption, encryption_key', () => {
  /** What lies in the store of a text, when it was written by a manager that reads it again. */
  const stored = async (way: () => object, text: string) => {
    const inner = createMemoryStore()
    const stores = [{ ...memory(), open: () => inner }]
    const manager = await loadManager({ ...way() }, { stores, wrappers: [codec()] })
    const { id } = await manager.createSession('u')
    await manager.addMessage(id, message(text))
    expect((await manager.getMessages(id, { last: 1 }))[0]?.content).toBe(text)
    const { messages = [] } = await inner.load(id, { messages: { last: 1 } })
    await manager.close()
    return JSON.stringify(messages[0]?.content)
  }
  const text = 'the same again, '.repeat(100)

  test('neither by default: what is stored is what was said', async () => {
    expect(await stored(NOTHING, text)).toBe(JSON.stringify(text))
  })

  test.each(ways({ 'session.enable_compression': true }))('compression %s: it is small', async (_, way) => {
    expect((await stored(way, text)).length).toBeLessThan(text.length / 5)
  })

  const encrypting = { 'session.enable_encryption': true, 'session.encryption_key': 'a long passphrase' }
  test.each(ways(encrypting))('encryption with its key %s: only that key reads it', async (_, way) => {
    expect(await stored(way, text)).not.toContain('same')
    const shared = createMemoryStore()
    const stores = [{ ...memory(), open: () => shared }]
    const wrappers = [codec()]
    const manager = await loadManager({ ...way() }, { stores, wrappers })
    const { id } = await manager.createSession('u', { messages: [message(text)] })
    const other = { ...way(), overrides: { session: { encryption_key: 'another passphrase' } } }
    const stranger = await loadManager(other, { stores, wrappers })
    expect(await codeOf(stranger.getMessages(id))).toBe('DECRYPTION_FAILED')
    expect(await manager.getMessages(id)).toMatchObject([{ content: text }])
  })

  test('a key that is too short is refused', async () => {
    const overrides = { session: { enable_encryption: true, encryption_key: 'short' } }
    const opened = loadManager({ overrides, env: {} }, { stores: [memory()], wrappers: [codec()] })
    expect(await codeOf(opened)).toBe('CONFIG_INVALID')
    await expect(opened).rejects.not.toThrow('short')
  })
})

describe('the quick start of the seed', () => {
  test('line by line', async () => {
    // Initialize with default memory store
    const cfg = defaultConfig({ stores: [memory()] })
    await initialize(cfg)
    // Create a new session
    const sessionData = await createSession('user123')
    // Add messages
    await addMessage(sessionData.id, { role: 'user', content: 'Hello, AI!' })
    // Retrieve messages
    const messages = await getMessages(sessionData.id, { offset: 0, limit: 10 })
    expect(messages).toMatchObject([{ role: 'user', content: 'Hello, AI!' }])
    await close()
    expect(await codeOf(createSession('user123'))).toBe('INVALID_ARGUMENT')
  })

  test('a second initialize is refused, closes what it opened, and leaves the first alone', async () => {
    const closed: string[] = []
    const stores = [
      {
        ...memory(),
        open: () => Object.assign(createMemoryStore(), { close: async () => void closed.push('closed') }),
      },
    ]
    await initialize(defaultConfig(), { stores: [memory()] })
    expect(await codeOf(initialize(defaultConfig(), { stores }))).toBe('INVALID_ARGUMENT')
    expect(closed).toEqual(['closed'])
    await createSession('u')
    await close()
  })

  test('cleanup runs as the configuration says', async () => {
    const stores = [memory()]
    const config = loadConfig({ env: { SESSION_CLEANUP_INTERVAL: '10ms' }, stores })
    const manager = await initialize(config)
    await createSession('u', { ttl: '1ms' })
    await expect.poll(async () => (await manager.getStats()).lastCleanupAt).not.toBeNull()
    await expect.poll(async () => (await manager.getStats()).totalSessions).toBe(0)
    await close()
  })
})

test('wrappers: the first one stands nearest to the store', async () => {
  const order: string[] = []
  const named = (name: string): ConfigurableWrapper => ({
    wrap: (store) =>
      Object.assign(Object.create(store) as SessionStore, {
        count: async (userId: string) => {
          order.push(name)
          return store.count(userId)
        },
        close: store.close.bind(store),
      }),
  })
  const manager = await loadManager(
    { env: {} },
    { stores: [memory()], wrappers: [named('near'), named('far')] },
  )
  await manager.countUserSessions('u')
  expect(order).toEqual(['far', 'near'])
  await manager.close()
})
