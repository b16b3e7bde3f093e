import { SessError, SessionManager, type StoreEvent } from '@sess/core'
import { newSession } from '@sess/testkit'
import { describe, expect, it, vi } from 'vitest'
import { type EvictionPolicy, evictionOrder } from '../src/eviction.ts'
import { createMemoryStore, type MemoryStoreOptions } from '../src/index.ts'
import type { SessionRecord } from '../src/session-record.ts'
import { Random } from './random.ts'
import { newRecord } from './records.ts'

const POLICIES = ['lru', 'lfu', 'oldest'] as const

function open(options: MemoryStoreOptions) {
  const clock = { now: 1000 }
  const events: StoreEvent[] = []
  const store = createMemoryStore({
    now: () => clock.now,
    onEvent: (event) => events.push(event),
    ...options,
  })
  return { clock, events, store, sessions: new SessionManager({ store }) }
}

async function living(sessions: SessionManager, ids: readonly string[]): Promise<string> {
  // By the list, which counts as no use of a session.
  const page = await sessions.listSessions('u', { limit: 1000 })
  const there = new Set(page.sessions.map((session) => session.id))
  return ids.filter((id) => there.has(id)).join('')
}

describe('the policies', () => {
  // The same story, three ends: a is the first made, b the longest unused, c the least often used.
  it.each([
    ['oldest', 'bcd'],
    ['lru', 'acd'],
    ['lfu', 'abd'],
  ] as const)('%s leaves %s', async (evictionPolicy, left) => {
    const { sessions, events } = open({ maxSessions: 3, evictionPolicy })
    for (const id of 'abc') await sessions.createSession('u', { id })
    for (const id of 'bbba') for (let i = 0; i < 2; i++) await sessions.getMessages(id)
    await sessions.addMessage('c', { role: 'r', content: 1 })
    await sessions.createSession('u', { id: 'd' })
    expect(await living(sessions, [...'abcd'])).toBe(left)
    const [gone] = [...'abc'].filter((id) => !left.includes(id))
    expect(events).toEqual([
      { type: 'evicted', store: 'memory', sessionId: gone, detail: { policy: evictionPolicy } },
    ])
  })

  it('is lru by default', async () => {
    const { sessions } = open({ maxSessions: 2 })
    for (const id of 'ab') await sessions.createSession('u', { id })
    await sessions.getSession('a')
    await sessions.createSession('u', { id: 'c' })
    expect(await living(sessions, [...'abc'])).toBe('ac')
  })

  it.each([
    ['lru', 'list, count, stats', 'bcd'],
    ['lfu', 'list, count, stats', 'bcd'],
  ] as const)('%s counts %s as no use', async (evictionPolicy, _, left) => {
    const { sessions } = open({ maxSessions: 3, evictionPolicy })
    for (const id of 'abc') await sessions.createSession('u', { id })
    await sessions.getSession('b')
    await sessions.getSession('c')
    await sessions.listSessions('u')
    await sessions.countUserSessions('u')
    await sessions.getStats()
    await sessions.createSession('u', { id: 'd' })
    expect(await living(sessions, [...'abcd'])).toBe(left)
  })

  it.each(POLICIES)('%s lets no stranger keep a session alive', async (evictionPolicy) => {
    const { sessions } = open({ maxSessions: 2, evictionPolicy })
    for (const id of 'ab') await sessions.createSession('u', { id })
    for (let i = 0; i < 5; i++) await sessions.forUser('other').sessionExists('a')
    await sessions.createSession('u', { id: 'c' })
    expect(await living(sessions, [...'abc'])).toBe('bc')
  })

  it('lfu gives up the longest unused of those used equally often', async () => {
    const { sessions } = open({ maxSessions: 3, evictionPolicy: 'lfu' })
    for (const id of 'abc') await sessions.createSession('u', { id })
    for (const id of 'bca') await sessions.getSession(id)
    await sessions.createSession('u', { id: 'd' })
    expect(await living(sessions, [...'abcd'])).toBe('acd')
    for (const _ of '123') await sessions.getSession('d')
    await sessions.createSession('u', { id: 'e' })
    expect(await living(sessions, [...'acde'])).toBe('ade')
  })

  it.each(POLICIES)('%s chooses as a look at every session would', (policy: EvictionPolicy) => {
    const random = new Random(9)
    const order = evictionOrder(policy)
    const model: { record: SessionRecord; made: number; uses: number; usedAt: number }[] = []
    for (let step = 0; step < 4000; step++) {
      const kind = random.below(10)
      const at = random.below(model.length || 1)
      const some = model[at]
      if (kind < 3 || some === undefined) {
        const record = newRecord(`s${step}`, step)
        model.push({ record, made: step, uses: 1, usedAt: step })
        order.add(record)
      } else if (kind < 7) {
        order.touch(some.record)
        some.uses++
        some.usedAt = step
      } else if (kind < 8) {
        order.remove(some.record)
        model.splice(at, 1)
      } else {
        const key = (m: (typeof model)[number]) =>
          policy === 'oldest' ? [0, m.made] : policy === 'lru' ? [0, m.usedAt] : [m.uses, m.usedAt]
        const [first] = [...model].sort((x, y) => {
          const [a, b] = [key(x), key(y)]
          return (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number)
        })
        const next = order.next()
        if (next !== first?.record)
          throw new Error(`step ${step}: ${next?.session.id}, not ${first?.record.session.id}`)
        if (random.below(2) && next) {
          order.remove(next)
          model.splice(
            model.findIndex((m) => m.record === next),
            1,
          )
        }
      }
    }
    while (model.length > 0) order.remove((model.pop() as (typeof model)[number]).record)
    expect(order.next()).toBeUndefined()
  })
})

describe('eviction', () => {
  it('makes no room for a session that is refused', async () => {
    const { sessions, events } = open({ maxSessions: 1 })
    await sessions.createSession('u', { id: 'a' })
    const messages = [1, 2].map((content) => ({ role: 'r', content }))
    await expect(sessions.createSession('u', { id: 'b', maxMessages: 1, messages })).rejects.toMatchObject({
      code: 'MESSAGE_LIMIT',
    })
    await expect(sessions.createSession('u', { id: 'a' })).rejects.toMatchObject({ code: 'SESSION_EXISTS' })
    expect(await sessions.sessionExists('a')).toBe(true)
    expect(events).toEqual([])
  })

  it('is counted apart from what expired, and leaves SESSION_NOT_FOUND', async () => {
    const { sessions } = open({ maxSessions: 2 })
    for (const id of 'abc') await sessions.createSession('u', { id, messages: [{ role: 'r', content: 1 }] })
    expect(await sessions.getStats()).toMatchObject({
      totalSessions: 2,
      evictedSessions: 1,
      averageMessages: 1,
    })
    const notFound = { code: 'SESSION_NOT_FOUND', sessionId: 'a' }
    await expect(sessions.getSession('a')).rejects.toMatchObject(notFound)
    await expect(sessions.addMessage('a', { role: 'r', content: 1 })).rejects.toMatchObject(notFound)
    await expect(sessions.setContext('a', 'k', 1)).rejects.toMatchObject(notFound)
    await expect(sessions.extendTTL('a', '1h')).rejects.toMatchObject(notFound)
    expect(await sessions.sessionExists('a')).toBe(false)
    expect(await sessions.deleteSession('a')).toBe(false)
  })

  it('takes the expired first, and counts them not', async () => {
    const { sessions, clock, events } = open({ maxSessions: 3 })
    await sessions.createSession('u', { id: 'a', ttl: 'never' })
    await sessions.createSession('u', { id: 'b', ttl: 100 })
    await sessions.createSession('u', { id: 'c', ttl: 50 })
    clock.now += 100
    await sessions.createSession('u', { id: 'd' })
    await sessions.createSession('u', { id: 'e' })
    expect(await living(sessions, [...'abcde'])).toBe('ade')
    expect(events).toEqual([])
    expect(await sessions.getStats()).toMatchObject({
      totalSessions: 3,
      expiredSessions: 0,
      evictedSessions: 0,
    })
    await sessions.createSession('u', { id: 'f' })
    expect(events.map((event) => event.sessionId)).toEqual(['a'])
  })

  it('is not needed where an expired session is replaced', async () => {
    const { sessions, clock, events } = open({ maxSessions: 2 })
    await sessions.createSession('u', { id: 'a' })
    await sessions.createSession('u', { id: 'b', ttl: 100, messages: [{ role: 'r', content: 1 }] })
    clock.now += 100
    await sessions.createSession('u', { id: 'b' })
    expect(await living(sessions, [...'ab'])).toBe('ab')
    expect(events).toEqual([])
    expect(await sessions.getStats()).toMatchObject({ totalSessions: 2, averageMessages: 0 })
  })

  it('is not hindered by a hook that throws', async () => {
    const onEvent = vi.fn(() => {
      throw new Error('in the hook')
    })
    const { sessions } = open({ maxSessions: 1, onEvent })
    await sessions.createSession('u', { id: 'a' })
    expect(await sessions.createSession('u', { id: 'b' })).toMatchObject({ id: 'b' })
    expect(onEvent).toHaveBeenCalledOnce()
    expect(await living(sessions, [...'ab'])).toBe('b')
    expect(await sessions.countUserSessions('u')).toBe(1)
  })

  it('is not hindered by a hook that rejects', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const onEvent = async () => {
      throw new Error('in the hook')
    }
    const { sessions } = open({ maxSessions: 1, onEvent })
    for (const id of 'ab') await sessions.createSession('u', { id })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('keeps to maxSessions also when its hook calls the store', async () => {
    let hooked = 0
    const { sessions, store } = open({
      maxSessions: 2,
      onEvent: () => {
        if (hooked++ < 3) void store.create(newSession(`hook${hooked}`, { userId: 'u' }))
      },
    })
    for (let i = 0; i < 6; i++) await store.create(newSession(`s${i}`, { userId: 'u' }))
    expect(hooked).toBeGreaterThan(3)
    expect((await sessions.getStats()).totalSessions).toBe(2)
    expect(await sessions.countUserSessions('u')).toBe(2)
  })

  it.each(POLICIES)('by %s leaves lists, counts and stats right, however often', async (evictionPolicy) => {
    const random = new Random(11)
    const { sessions, clock, events, store } = open({ maxSessions: 40, evictionPolicy })
    const users = ['u', 'v', 'w']
    const gone = new Set<string>()
    let made = 0
    for (let step = 0; step < 2000; step++) {
      clock.now += random.below(3)
      const id = `s${random.below(made + 1)}`
      const kind = random.below(6)
      if (kind < 3) {
        const ttl = random.pick([100, 500, 'never'] as const)
        await sessions.createSession(random.pick(users), {
          id: `s${made++}`,
          ttl,
          messages: [{ role: 'r', content: 1 }],
        })
      } else if (kind === 3) await sessions.addMessage(id, { role: 'r', content: 1 }).catch(expectGone)
      else if (kind === 4) await sessions.updateSession(id, { userId: random.pick(users) }).catch(expectGone)
      else if (await sessions.deleteSession(id)) gone.add(id)
      if (step % 100 > 0) continue
      const all = await store.list({ all: true, limit: 1000 })
      const walked = await store.list({ all: true, limit: 1000, includeExpired: true })
      const stats = await sessions.getStats()
      expect(stats.totalSessions).toBe(walked.sessions.length)
      expect(stats.totalSessions).toBeLessThanOrEqual(40)
      expect(stats.activeSessions).toBe(all.sessions.length)
      const messages = walked.sessions.reduce((sum, session) => sum + session.messageCount, 0)
      expect(stats.averageMessages * stats.totalSessions).toBeCloseTo(messages)
      expect(stats.evictedSessions).toBe(events.length)
      const ofUsers: string[] = []
      for (const user of users) {
        const { sessions: listed } = await sessions.listSessions(user, { limit: 1000 })
        expect(await sessions.countUserSessions(user)).toBe(listed.length)
        const inOrder = [...listed].sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1))
        expect(listed).toEqual(inOrder)
        for (const session of listed) expect(session.userId).toBe(user)
        ofUsers.push(...listed.map((session) => session.id))
      }
      expect(ofUsers.sort()).toEqual(all.sessions.map((session) => session.id).sort())
      for (const id of ofUsers) expect(gone.has(id)).toBe(false)
    }
    expect(events.length).toBeGreaterThan(50)
    for (const { sessionId } of events) expect(await sessions.sessionExists(sessionId as string)).toBe(false)

    function expectGone(error: unknown): void {
      expect(error).toBeInstanceOf(SessError)
      expect(['SESSION_NOT_FOUND', 'SESSION_EXPIRED']).toContain((error as SessError).code)
    }
  })
})
