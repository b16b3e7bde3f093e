import { existsSync, readFileSync } from 'node:fs'
import { type FailoverWrapperOptions, failover } from '@sess/compose/config'
import type { ConfigurableStore, SessionManager, SessionStore } from '@sess/core'
import { orSkip, type RedisServer, startRedis } from '@sess/servers'
import { createMemoryStore } from '@sess/store-memory'
import { memory } from '@sess/store-memory/config'
import { redis } from '@sess/store-redis/config'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { LoadOptions } from '../src/index.ts'
import { codeOf, listener, NOTHING, open } from './open.ts'
import { file, ways } from './ways.ts'

const server = (await orSkip(() => startRedis({ flavour: 'redis' }))) as RedisServer
afterAll(() => server?.stop())
afterEach(async () => {
  await server?.restart()
})

const message = (content: string) => ({ role: 'user', content })
const text = (manager: SessionManager, id: string) =>
  manager.getMessages(id).then((found) => found.map(({ content }) => content))
const main = () => {
  // Whoever waits in vain gives up soon.
  const brief = { max_retries: 0, dial_timeout: '2s', read_timeout: '2s', write_timeout: '2s' }
  return { type: 'redis', redis: { addr: `${server.host}:${server.port}`, ...brief } }
}

/** A manager on the server, with a memory to go on with. */
async function rig(
  way: () => LoadOptions,
  beside: object = { type: 'memory' },
  options: FailoverWrapperOptions = {},
) {
  let fallback: SessionStore | undefined
  const kind: ConfigurableStore = {
    ...memory(),
    open() {
      fallback = createMemoryStore()
      return fallback
    },
  }
  const { onEvent, types } = listener()
  const passed = { stores: [kind, redis()], wrappers: [failover(options)], onEvent }
  const manager = await open(way, { store: { ...main(), fallback: beside } }, passed)
  /** Waits until the fallback has so many messages of a session. */
  const warm = async (id: string, count: number) => {
    const copied = () =>
      fallback?.load(id).then(
        ({ session }) => session.messageCount,
        () => -1,
      )
    await expect.poll(copied).toBe(count)
  }
  const made = async (messages: number) => {
    const all = Array.from({ length: messages }, (_, i) => message(`m${i}`))
    return (await manager.createSession('u', { messages: all })).id
  }
  return { manager, warm, made, types }
}

/** The messages as the server has them, without a wrapper. */
async function onServer(id: string) {
  return text(await open(NOTHING, { store: main() }), id)
}

describe.skipIf(server === undefined)('while Redis is out', () => {
  test.each(ways({ 'store.fallback.type': 'memory' }))(
    'type %s: recent sessions are read from the fallback, and writes refused',
    async (_, way) => {
      const { manager, warm, made, types } = await rig(way, {})
      const id = await made(2)
      await warm(id, 2)
      await server.kill()
      expect(await text(manager, id)).toEqual(['m0', 'm1'])
      expect(types()).toContain('stale-read')
      const write = () => codeOf(manager.addMessage(id, message('m2')))
      expect(await write()).toBe('STORE_UNAVAILABLE')
      expect(await codeOf(manager.createSession('u'))).toBe('STORE_UNAVAILABLE')
      await server.restart()
      await expect.poll(write).toBeUndefined()
      expect(await onServer(id)).toEqual(['m0', 'm1', 'm2'])
    },
  )

  test('without a fallback nothing is answered', async () => {
    const { manager, made } = await rig(NOTHING, {})
    const id = await made(1)
    await server.kill()
    expect(await codeOf(manager.getMessages(id))).toBe('STORE_UNAVAILABLE')
  })

  const accepting = () => ({
    'store.fallback.writes': 'accept',
    'store.fallback.journal_file': file('', 'journal'),
  })

  test.each(ways(accepting()))(
    'writes: accept %s: they are noted in the journal, and on the server when it is back',
    async (_, way) => {
      const { env = {}, file: path = '' } = way() as { env?: LoadOptions['env']; file?: string }
      const journal =
        env.SESSION_FALLBACK_JOURNAL_FILE ??
        JSON.parse(readFileSync(path, 'utf8')).store.fallback.journal_file
      const { manager, warm, made } = await rig(way)
      const id = await made(1)
      await warm(id, 1)
      await server.kill()
      const [written] = await manager.addMessages(id, [message('accepted')])
      expect(await text(manager, id)).toEqual(['m0', 'accepted'])
      expect(readFileSync(journal, 'utf8')).toContain(written?.id)
      await server.restart()
      await expect.poll(() => onServer(id)).toEqual(['m0', 'accepted'])
      const back = await (await open(NOTHING, { store: main() })).getMessages(id)
      expect(back.at(-1)).toEqual(written)
      await manager.close()
      expect(existsSync(`${journal}.lock`)).toBe(false)
    },
  )

  test('writes: accept: what a process that ended had accepted, the next one brings back', async () => {
    const beside = { type: 'memory', writes: 'accept', journal_file: file('', 'journal') }
    const { manager, warm, made } = await rig(NOTHING, beside)
    const id = await made(1)
    await warm(id, 1)
    await server.kill()
    await manager.addMessage(id, message('accepted'))
    await manager.close()
    await server.restart()
    expect(await onServer(id)).toEqual(['m0'])
    const next = await rig(NOTHING, beside)
    await next.manager.getSession(id).catch(() => undefined)
    await expect.poll(() => onServer(id)).toEqual(['m0', 'accepted'])
  })

  test('failover() hands out the store that was made: what is parked can be resolved', async () => {
    const opened: Parameters<NonNullable<FailoverWrapperOptions['onOpen']>>[0][] = []
    const beside = { type: 'memory', writes: 'accept', journal_file: file('', 'journal') }
    const { manager, warm, made } = await rig(NOTHING, beside, { onOpen: (store) => void opened.push(store) })
    const [store] = opened
    const id = await made(1)
    await warm(id, 1)
    await server.kill()
    await manager.addMessage(id, message('ours'))
    await expect.poll(() => store?.state).toBe('out')
    await manager.close()
    await server.restart()
    await (await open(NOTHING, { store: main() })).addMessage(id, message('theirs'))
    await rig(NOTHING, beside, { onOpen: (next) => void opened.push(next) })
    const parked = async () => (await opened[1]?.parked())?.map(({ sessionId }) => sessionId)
    await expect.poll(parked).toEqual([id])
    await opened[1]?.resolve(id, 'primary')
    expect(await parked()).toEqual([])
  })

  test.each([
    ...ways({ 'store.fallback.warm_sessions': 1 }).map(([name, way]) => [1, name, way] as const),
    [1000, 'by default', NOTHING] as const,
  ])('warm_sessions: %i have a copy, %s', async (count, _, way) => {
    const { manager, warm, made } = await rig(way)
    const [first, last] = [await made(1), await made(1)]
    await warm(last, 1)
    await warm(first, count === 1 ? -1 : 1)
    await server.kill()
    expect(await text(manager, last)).toEqual(['m0'])
    expect(await codeOf(manager.getMessages(first))).toBe(count === 1 ? 'STORE_UNAVAILABLE' : undefined)
  })

  test.each([
    ...ways({ 'store.fallback.warm_messages': 2 }).map(([name, way]) => [2, name, way] as const),
    [1000, 'by default', NOTHING] as const,
  ])('warm_messages: a session of more than %i has no copy, %s', async (count, _, way) => {
    const { manager, warm } = await rig(way)
    const writer = await open(NOTHING, { store: main(), session: { max_message_count: count + 1 } })
    const all = Array.from({ length: count }, () => message('x'))
    const [{ id: long }, { id: short }] = [
      await writer.createSession('u', { messages: all }),
      await writer.createSession('u', { messages: all }),
    ]
    await writer.addMessage(long, message('one more'))
    for (const id of [long, short]) await manager.getSession(id)
    await warm(short, count)
    await server.kill()
    expect((await manager.getMessages(short, { last: 1 }))[0]?.content).toBe('x')
    expect(await codeOf(manager.getMessages(long, { last: 1 }))).toBe('STORE_UNAVAILABLE')
  })

  test.each([
    ...ways({ 'store.fallback.failures': 1 }).map(([name, way]) => [1, name, way] as const),
    [3, 'by default', NOTHING] as const,
  ])('failures: after %i in a row it is out, %s', async (count, _, way) => {
    const { manager, made, types } = await rig(way)
    const id = await made(1)
    await server.kill()
    for (let failed = 1; failed <= count; failed++) {
      expect(types()).not.toContain('primary-out')
      await manager.getSession(id).catch(() => undefined)
    }
    expect(types()).toContain('primary-out')
  })
})
