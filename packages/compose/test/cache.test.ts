import type { SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, test, vi } from 'vitest'
import { type CacheOptions, withCache } from '../src/index.ts'
import { gate, idsOf, message, messages, newSession, recorder, switched } from './rig.ts'

const PAGE = { messages: { last: 10 }, context: true } as const

async function rig(options: CacheOptions = {}) {
  const inner = createMemoryStore()
  const primary = switched(inner)
  const cache = switched(createMemoryStore())
  const store = withCache(primary.store, cache.store, options)
  await store.create(newSession('s', { messages: messages(5), context: [['k', 1]] }))
  return { inner, primary: primary.state, cache: cache.state, store }
}

/** What reading a page asks of the primary. */
async function asked(store: SessionStore, calls: string[], want: object = PAGE): Promise<number> {
  calls.length = 0
  await store.load('s', want)
  return calls.length
}

describe('withCache', () => {
  test('a hit asks the primary for the version alone, or not at all while it may be stale', async () => {
    const exact = await rig()
    expect(await asked(exact.store, exact.primary.calls)).toBe(1)
    const load = vi.spyOn(exact.inner, 'load')
    expect((await exact.store.load('s', PAGE)).messages).toHaveLength(5)
    expect(load.mock.calls.map(([, want]) => want)).toEqual([undefined])

    const stale = await rig({ maxStaleMs: '1h' })
    expect(await asked(stale.store, stale.primary.calls)).toBe(1)
    expect(await asked(stale.store, stale.primary.calls)).toBe(0)
    expect(await asked(stale.store, stale.primary.calls, { context: { keys: ['k'] } })).toBe(0)
  })

  test('a sweep deletes expired copies too, and fails not with the cache', async () => {
    const { store, primary, cache } = await rig()
    ;[primary.calls.length, cache.calls.length] = [0, 0]
    await store.sweep({ limit: 10 })
    expect([primary.calls, cache.calls]).toEqual([['sweep'], ['sweep']])
    cache.isOut = true
    expect(await store.sweep({ limit: 10 })).toBe(0)
  })

  test('what another process writes is seen at once, or when it may be stale no longer', async () => {
    const exact = await rig()
    await exact.store.load('s', PAGE)
    await exact.inner.commit('s', { append: [message('new')], set: [['k', 2]] })
    const loaded = await exact.store.load('s', PAGE)
    expect([loaded.messages?.at(-1)?.id, loaded.context]).toEqual(['new', [['k', 2]]])

    const stale = await rig({ maxStaleMs: 30 })
    await stale.store.load('s', PAGE)
    await stale.inner.commit('s', { append: [message('new')] })
    await expect.poll(() => idsOf(stale.store, 's')).toContain('new')
    await stale.inner.delete('s')
    const read = () => stale.store.load('s', PAGE).catch((error: { code: string }) => error.code)
    await expect.poll(read).toBe('SESSION_NOT_FOUND')
  })

  test('what this process writes it reads at once, from the cache, however stale that may be', async () => {
    const { store, primary } = await rig({ maxStaleMs: '1h' })
    await store.load('s', PAGE)
    await store.commit('s', {
      append: [message('new')],
      amend: [{ id: 'm4', content: 'amended' }],
      set: [['k', 2]],
      session: { metadata: { a: 'b' } },
    })
    primary.calls.length = 0
    const { session, messages: found, context } = await store.load('s', PAGE)
    expect(found?.map(({ content }) => content).slice(-2)).toEqual(['amended', 'text of new'])
    expect([session.metadata, session.messageCount, context]).toEqual([{ a: 'b' }, 6, [['k', 2]]])
    expect(primary.calls).toEqual([])
    await store.commit('s', { cut: { newest: 2 } })
    expect((await store.load('s', PAGE)).messages).toHaveLength(4)
    await store.delete('s')
    await expect(store.load('s', PAGE)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('a copy of the newest messages answers what it can, the primary the rest, as one', async () => {
    const { store, inner } = await rig({ maxStaleMs: '1h', messages: 3 })
    for (const id of ['a', 'b']) await store.commit('s', { append: [message(id)] })
    await store.load('s', { messages: { last: 2 } })
    const windows = [
      { last: 2 },
      { last: 3 },
      { last: 4 },
      { afterSeq: 3, limit: 9 },
      { afterSeq: 4, limit: 1 },
      { afterSeq: 6, limit: 9 },
      { afterSeq: 7, limit: 9 },
      { beforeSeq: 7, limit: 2 },
      { beforeSeq: 6, limit: 2 },
      { offset: 1, limit: 2 },
      { ids: ['a', 'm4'] },
      { ids: ['a', 'm0'] },
      { ids: ['a', 'nowhere'] },
    ] as const
    for (const window of windows)
      expect(await store.load('s', { messages: window })).toEqual(await inner.load('s', { messages: window }))
  })

  test('never another owner, also when the session changed hands', async () => {
    const { store } = await rig({ maxStaleMs: '1h' })
    await store.load('s', PAGE, { if: { userId: 'u' } })
    const other = () => store.load('s', PAGE, { if: { userId: 'other' } })
    await expect(other()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await store.commit('s', { session: { userId: 'other' } })
    expect((await other()).session.userId).toBe('other')
    const former = store.load('s', PAGE, { if: { userId: 'u' } })
    await expect(former).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('who misses at once shares one read, and an abort takes nobody else along', async () => {
    const { store, primary } = await rig()
    const held = gate()
    primary.gate = held.promise
    primary.calls.length = 0
    const leaving = new AbortController()
    const reads = [undefined, undefined, leaving.signal].map((signal) => store.load('s', PAGE, { signal }))
    await expect.poll(() => primary.calls).toEqual(['load'])
    leaving.abort(new Error('gone'))
    await expect(reads[2]).rejects.toThrow('gone')
    held.open()
    const [a, b] = await Promise.all(reads.slice(0, 2))
    expect(a).toEqual(b)
    expect(primary.calls).toEqual(['load'])
  })

  test('a read that a write overtook is neither shared nor remembered', async () => {
    const { store, primary, inner } = await rig({ maxStaleMs: '1h' })
    const held = gate()
    const load = inner.load.bind(inner)
    vi.spyOn(inner, 'load').mockImplementationOnce(async (...args) => {
      const found = await load(...args)
      await held.promise
      return found
    })
    const early = store.load('s', PAGE)
    await expect.poll(() => primary.calls.includes('load')).toBe(true)
    await store.commit('s', { append: [message('new')] })
    expect((await store.load('s', PAGE)).messages).toHaveLength(6)
    held.open()
    expect((await early).messages).toHaveLength(5)
    expect((await store.load('s', PAGE)).messages).toHaveLength(6)
    vi.restoreAllMocks()
  })

  test('a cache that is down, or lost everything, fails no call and is left alone for a while', async () => {
    const events = recorder()
    const { store, cache, inner } = await rig({ onEvent: events.onEvent })
    await store.load('s', PAGE)
    cache.isOut = true
    expect((await store.load('s', PAGE)).messages).toHaveLength(5)
    await store.commit('s', { append: [message('new')] })
    cache.calls.length = 0
    expect(await idsOf(store, 's')).toContain('new')
    expect(cache.calls).toEqual([])
    expect(events.of('cache-failed')).toEqual([{ type: 'cache-failed', store: 'cache', sessionId: 's' }])
    cache.isOut = false
    await expect.poll(async () => (await store.load('s', PAGE)) && cache.calls.length).toBeGreaterThan(0)
    expect(await store.load('s', PAGE)).toEqual(await inner.load('s', PAGE))
    await store.delete('s')
    await expect(store.load('s', PAGE)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('processes that share a cache use what another put there', async () => {
    const [primary, cache] = [switched(createMemoryStore()), createMemoryStore()]
    const [a, b] = [withCache(primary.store, cache), withCache(primary.store, cache)]
    await a.create(newSession('s', { messages: messages(3) }))
    await a.load('s', PAGE)
    primary.state.calls.length = 0
    expect((await b.load('s', PAGE)).messages).toHaveLength(3)
    expect(primary.state.calls).toEqual(['load'])
    await b.commit('s', { append: [message('new')] })
    expect(await idsOf(a, 's')).toContain('new')
  })

  test('conditions are judged by the primary', async () => {
    const { store, inner } = await rig({ maxStaleMs: '1h' })
    await store.load('s', PAGE)
    await inner.commit('s', { append: [message('new')] })
    const commit = store.commit('s', { set: [['k', 2]] }, { if: { lastSeq: 5 } })
    await expect(commit).rejects.toMatchObject({ code: 'CONFLICT', current: { lastSeq: 6 } })
  })

  test('options that are none are CONFIG_INVALID', () => {
    const [a, b] = [createMemoryStore(), createMemoryStore()]
    const wrong: [unknown, unknown, unknown, RegExp][] = [
      [a, a, {}, /two stores/],
      [a, {}, {}, /cache must be a store/],
      [a, b, { maxStaleMs: -1 }, /maxStaleMs must be a positive duration/],
      [a, b, { ttl: 'soon' }, /ttl must be/],
      [a, b, { messages: 0 }, /messages must be a whole number from 1 to 1000/],
    ]
    for (const [primary, cache, options, why] of wrong) {
      const make = () => withCache(primary as never, cache as never, options as never)
      expect(make).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(why) }),
      )
    }
  })
})
