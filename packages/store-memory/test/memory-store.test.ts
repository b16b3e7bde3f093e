import { randomUUID } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Change, type Json, type NewSession, SessionManager } from '@sess/core'
import { newSession as emptySession } from '@sess/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore, type MemoryStoreOptions } from '../src/index.ts'

function open(options: MemoryStoreOptions = {}) {
  const clock = { now: 1000 }
  const store = createMemoryStore({ now: () => clock.now, ...options })
  return { clock, store, sessions: new SessionManager({ store }) }
}

/** A session of a user's. */
const newSession = (id: string, more: Partial<NewSession> = {}): NewSession =>
  emptySession(id, { userId: 'u', ...more })

afterEach(() => {
  vi.useRealTimers()
})

describe('createMemoryStore', () => {
  it('says what it is', () => {
    expect(createMemoryStore().info).toEqual({
      name: 'memory',
      shared: false,
      features: ['stats', 'deleteUser'],
    })
  })

  it.each([
    { maxSessions: 0 },
    { maxSessions: 1.5 },
    { maxSessions: Number.NaN },
    { maxSessions: '10' as never },
    { evictionPolicy: 'fifo' as never },
    { cleanupInterval: 0 },
    { cleanupInterval: '5 minutes' },
  ])('refuses %o', (options) => {
    expect(() => createMemoryStore(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => createMemoryStore(options)).toThrow(/^createMemoryStore: /)
  })

  it('holds 10,000 sessions by default', async () => {
    const { store, sessions } = open()
    for (let i = 0; i <= 10_000; i++) await store.create(newSession(`s${i}`))
    expect(await sessions.getStats()).toMatchObject({ totalSessions: 10_000, evictedSessions: 1 })
  })
})

describe('what it gives', () => {
  it('is frozen throughout, and shared between callers without harm', async () => {
    const { store } = open()
    const metadata = { title: 'a' }
    const value = { list: [1] }
    const content = { parts: ['x'] }
    const inner = { n: [1] }
    const created = await store.create(
      newSession('s', {
        metadata,
        context: [['k', value]],
        messages: [{ id: 'm', role: 'r', content, metadata: inner }],
      }),
    )
    metadata.title = 'b'
    value.list.push(2)
    content.parts.push('y')
    inner.n.push(2)

    const all = { messages: { last: 10 }, context: true } as const
    const first = await store.load('s', all)
    const second = await store.load('s', all)
    expect(first).toEqual(second)
    expect(first.messages?.[0]).toMatchObject({ content: { parts: ['x'] }, metadata: { n: [1] } })
    expect(first.context).toEqual([['k', { list: [1] }]])
    expect(created.metadata).toEqual({ title: 'a' })
    for (const value of [
      created,
      created.metadata,
      first.session,
      first.session.metadata,
      first.messages?.[0],
      first.messages?.[0]?.content,
      first.messages?.[0]?.metadata,
      first.context?.[0]?.[1],
      (first.context?.[0]?.[1] as { list?: unknown } | undefined)?.list,
    ])
      expect(Object.isFrozen(value)).toBe(true)
      // The lists themselves are each caller's own.
    ;(first.messages as unknown[]).length = 0
    ;(first.context as unknown[]).length = 0
    expect(await store.load('s', all)).toEqual(second)
  })

  it('does not change when the session does', async () => {
    const { store, clock } = open()
    const before = await store.create(newSession('s', { metadata: { a: '1' } }))
    clock.now = 2000
    const { session } = await store.commit('s', { session: { metadata: { a: '2' } } })
    expect(before).toMatchObject({ metadata: { a: '1' }, updatedAt: 1000, version: 1 })
    expect(session).toMatchObject({ metadata: { a: '2' }, updatedAt: 2000, version: 2 })
    expect(Object.isFrozen(session)).toBe(true)
  })

  it('of a commit is frozen too', async () => {
    const { store } = open()
    await store.create(newSession('s'))
    const content = { a: [1] }
    const { messages } = await store.commit('s', { append: [{ id: 'm', role: 'r', content, metadata: {} }] })
    content.a.push(2)
    expect(messages[0]?.content).toEqual({ a: [1] })
    const { amended } = await store.commit('s', { amend: [{ id: 'm', content: { b: [1] } }] })
    for (const message of [...messages, ...amended]) {
      expect(Object.isFrozen(message)).toBe(true)
      expect(Object.isFrozen(message.content)).toBe(true)
    }
  })
})

describe('a clock that goes back', () => {
  it('never moves updatedAt back, nor a session in its list', async () => {
    const { clock, sessions } = open()
    await sessions.createSession('u', { id: 'a' })
    clock.now = 3000
    await sessions.createSession('u', { id: 'b' })
    await sessions.setContext('a', 'k', 1)
    clock.now = 500
    await sessions.setContext('b', 'k', 1)
    const message = await sessions.addMessage('a', { id: 'm', role: 'r', content: 1 })
    expect((await sessions.getSession('a')).updatedAt).toBe(3000)
    expect((await sessions.getSession('b')).updatedAt).toBe(3000)
    // Of a message it is data, not order.
    expect(message.createdAt).toBe(500)
    expect((await sessions.amendMessage('a', 'm', { content: 2 })).amendedAt).toBe(3000)
    expect((await sessions.listSessions('u')).sessions.map((session) => session.id)).toEqual(['b', 'a'])
    expect(await sessions.deleteSession('a')).toBe(true)
    expect(await sessions.deleteSession('b')).toBe(true)
    expect(await sessions.countUserSessions('u')).toBe(0)
  })

  it('never makes a sliding session end earlier', async () => {
    const { clock, sessions } = open()
    const { id } = await sessions.createSession('u', { ttl: 100, sliding: true })
    clock.now = 950
    await sessions.setContext(id, 'k', 1)
    expect((await sessions.getSession(id)).expiresAt).toBe(1100)
  })

  it('revives no session that was found expired', async () => {
    const { clock, store, sessions } = open()
    const { id } = await sessions.createSession('u', { ttl: 100 })
    clock.now = 1200
    expect(await sessions.countUserSessions('u')).toBe(0)
    clock.now = 1050
    await expect(sessions.extendTTL(id, '1h')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' })
    expect((await sessions.listSessions('u')).sessions).toEqual([])
    expect(await sessions.getStats()).toMatchObject({ totalSessions: 1, expiredSessions: 1 })
    await store.create({ ...newSession(id), userId: 'u' })
    expect(await sessions.countUserSessions('u')).toBe(1)
    expect(await sessions.getStats()).toMatchObject({ totalSessions: 1, expiredSessions: 0 })
  })
})

describe('a stamp with an earlier time', () => {
  it('leaves the index of the user in order', async () => {
    const { clock, store, sessions } = open()
    await sessions.createSession('u', { id: 'a' })
    clock.now = 2000
    await sessions.createSession('u', { id: 'b' })
    const stamp = { version: 5, lastSeq: 0, updatedAt: 50, expiresAt: null }
    // Either it is refused or the list follows it.
    await store.commit('b', { set: [['k', 1]] }, { stamp }).catch(() => {})
    const listed = (await sessions.listSessions('u')).sessions
    expect(listed.map((s) => s.updatedAt)).toEqual(listed.map((s) => s.updatedAt).sort((x, y) => y - x))
    await sessions.deleteSession('a')
    await sessions.deleteSession('b')
    expect(await sessions.countUserSessions('u')).toBe(0)
    expect((await sessions.listSessions('u')).sessions).toEqual([])
  })
})

describe('a cursor', () => {
  it.each(['', 'x', ':', '-1:a', '1.5:a', 'NaN:a', ' 1:a', '1e3:a', '99999999999999999999:a', 'null'])(
    'that is %j is INVALID_ARGUMENT in a list of a user',
    async (cursor) => {
      const { store, sessions } = open()
      for (const user of ['u', 'nobody here']) {
        if (user === 'u') await store.create(newSession('s'))
        await expect(sessions.listSessions(user, { cursor })).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
        })
      }
    },
  )

  it.each(['', 'x', '1:a', '-1', '1.5', '1 '])('that is %j is INVALID_ARGUMENT in a walk', async (cursor) => {
    const { store } = open()
    await expect(store.list({ all: true, limit: 1, cursor })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('goes on after a session that was deleted, whose id has a colon', async () => {
    const { store, sessions, clock } = open()
    for (const id of ['a:1', 'b:2', 'c:3']) {
      clock.now++
      await store.create(newSession(id))
    }
    const { nextCursor } = await sessions.listSessions('u', { limit: 2 })
    await sessions.deleteSession('b:2')
    const page = await sessions.listSessions('u', { limit: 2, cursor: nextCursor as string })
    expect(page.sessions.map((session) => session.id)).toEqual(['a:1'])
    expect(page.nextCursor).toBeNull()
  })
})

describe('the cleanup of the store itself', () => {
  it('comes from the first session on, every five minutes, and ends with close', async () => {
    vi.useFakeTimers({ now: 1000 })
    const store = createMemoryStore()
    const sessions = new SessionManager({ store })
    expect(vi.getTimerCount()).toBe(0)
    for (let i = 0; i < 1500; i++) await sessions.createSession('u', { ttl: '1m' })
    await sessions.createSession('u', { id: 'kept', ttl: '10m' })
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(299_999)
    expect((await sessions.getStats()).totalSessions).toBe(1501)
    vi.advanceTimersByTime(1)
    expect((await sessions.getStats()).totalSessions).toBe(1)
    expect(await sessions.sessionExists('kept')).toBe(true)
    await store.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('can be left out', async () => {
    vi.useFakeTimers()
    const sessions = new SessionManager({ store: createMemoryStore({ cleanupInterval: 'never' }) })
    await sessions.createSession('u')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('survives an interval longer than a timer can wait', async () => {
    vi.useFakeTimers({ now: 1000 })
    const sessions = new SessionManager({ store: createMemoryStore({ cleanupInterval: '8760h' }) })
    await sessions.createSession('u', { ttl: 5 })
    vi.advanceTimersByTime(60_000)
    expect((await sessions.getStats()).totalSessions).toBe(1)
  })
})

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('what was cut from a longer text', () => {
  const [COUNT, LONG] = [40, 512 * 1024]
  const message = (content: Json) => ({ id: randomUUID(), role: 'r', content, metadata: {} })
  const context = (value: Json): Change => ({ set: [[randomUUID(), value]] })
  it.each([
    ['a message', (text) => ({ append: [message(text)] })],
    ['a part of a message', (text) => ({ append: [message([{ text }])] })],
    ['a value of the context', context],
  ] as readonly [string, (text: string) => Change][])('does not keep that, as %s', async (_, change) => {
    const { sessions, store } = open()
    await store.create(newSession('s'))
    gc()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < COUNT; i++) {
      const long = String(i)
        .padStart(8)
        .repeat(LONG / 8)
      const cut = change(long.slice(1000, 1100))
      await (i % 2 === 0 ? sessions.commit('s', cut as never) : store.commit('s', cut))
    }
    gc()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan((COUNT * LONG) / 4)
    expect((await store.load('s')).session.version).toBe(COUNT + 1)
  })
})

describe('what is gone', () => {
  const collected = async (ref: WeakRef<object>) => {
    // A reference is held until the end of the turn in which it was read.
    for (let i = 0; i < 5 && ref.deref(); i++) {
      await new Promise((resolve) => setImmediate(resolve))
      gc()
    }
    return ref.deref() === undefined
  }
  const fill = async (sessions: SessionManager, id: string, ttl: string) => {
    const messages = [{ role: 'r', content: { big: 'x'.repeat(1000) } }]
    await sessions.createSession('u', { id, ttl, messages })
    const [message] = await sessions.getMessages(id)
    return new WeakRef(message?.content as object)
  }

  it.each(['24h', 'never'])('by deletion leaves nothing in memory, its lifetime being %s', async (ttl) => {
    const { sessions } = open()
    const ref = await fill(sessions, 'a', ttl)
    expect(await collected(ref)).toBe(false)
    await sessions.deleteSession('a')
    expect(await collected(ref)).toBe(true)
  })

  it('by eviction leaves nothing in memory', async () => {
    const { sessions } = open({ maxSessions: 1 })
    const ref = await fill(sessions, 'a', '24h')
    await sessions.createSession('u')
    expect(await collected(ref)).toBe(true)
  })

  it('by a cut or the cap leaves nothing in memory', async () => {
    const { sessions } = open()
    const cut = await fill(sessions, 'a', 'never')
    await sessions.cutMessages('a', { afterSeq: 0 })
    const dropped = await fill(sessions, 'b', 'never')
    await sessions.updateSession('b', { maxMessages: 1, overflow: 'drop-oldest' })
    await sessions.addMessage('b', { role: 'r', content: 1 })
    expect(await collected(cut)).toBe(true)
    expect(await collected(dropped)).toBe(true)
  })
})

describe('close', () => {
  it('ends every later call, and a second one is nothing', async () => {
    const { store } = open()
    await store.create(newSession('s'))
    await store.close()
    await store.close()
    const closed = { code: 'STORE_CLOSED' }
    for (const call of [
      store.create(newSession('t')),
      store.load('s'),
      store.commit('s', {}),
      store.delete('s'),
      store.list({ userId: 'u', limit: 1 }),
      store.count('u'),
      store.sweep({ limit: 1 }),
      store.stats?.(),
      store.deleteUser?.('u'),
    ])
      await expect(call).rejects.toMatchObject(closed)
    expect(await store.health()).toMatchObject({ ok: false, error: closed })
  })
})

describe('count and deleteUser', () => {
  it('name themselves when they refuse a user', async () => {
    const { store } = open()
    await expect(store.count('')).rejects.toThrow(/^count: /)
    await expect(store.deleteUser?.('')).rejects.toThrow(/^deleteUser: /)
  })
})
