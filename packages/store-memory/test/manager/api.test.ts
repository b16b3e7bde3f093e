import {
  InvalidSessionError,
  SessError,
  SessionExpiredError,
  SessionManager,
  SessionNotFoundError,
} from '@sess/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

// The seed's API row by row, and each of its defects being absent.

const HOUR = 3_600_000
let clock: { now: number }
let sessions: SessionManager

beforeEach(() => {
  clock = { now: 1_700_000_000_000 }
  sessions = new SessionManager({ store: createMemoryStore({ now: () => clock.now }) })
})

const say = (content: string) => ({ role: 'user', content })
const contents = async (id: string) => (await sessions.getMessages(id)).map((message) => message.content)

describe('createSession', () => {
  it('gives a session with an id of ours and the defaults', async () => {
    const session = await sessions.createSession('user123')
    expect(session).toEqual({
      id: expect.stringMatching(/^sess_/),
      userId: 'user123',
      metadata: {},
      createdAt: clock.now,
      updatedAt: clock.now,
      expiresAt: clock.now + 24 * HOUR,
      ttlMs: 24 * HOUR,
      sliding: false,
      version: 1,
      messageCount: 0,
      lastSeq: 0,
      maxMessages: 1000,
      overflow: 'reject',
      isActive: true,
    })
    expect(await sessions.getSession(session.id)).toEqual(session)
  })

  it('takes TTL, cap, metadata and context', async () => {
    const { id } = await sessions.createSession('user123', {
      ttl: '2h',
      maxMessages: 500,
      metadata: { channel: 'web' },
      context: { prefs: { theme: 'dark' }, empty: null },
    })
    expect(await sessions.getSession(id, { context: true })).toMatchObject({
      expiresAt: clock.now + 2 * HOUR,
      maxMessages: 500,
      metadata: { channel: 'web' },
      context: { prefs: { theme: 'dark' }, empty: null },
    })
  })

  it('holds to its own cap, not to the default', async () => {
    const { id } = await sessions.createSession('u', { maxMessages: 2 })
    await sessions.addMessage(id, say('1'))
    await sessions.addMessage(id, say('2'))
    await expect(sessions.addMessage(id, say('3'))).rejects.toMatchObject({
      code: 'MESSAGE_LIMIT',
      sessionId: id,
    })
    expect(await contents(id)).toEqual(['1', '2'])
    const uncapped = await sessions.createSession('u', { maxMessages: null })
    for (let i = 0; i < 2; i++)
      await sessions.addMessages(
        uncapped.id,
        Array.from({ length: 1000 }, () => say('')),
      )
    expect((await sessions.getSession(uncapped.id)).messageCount).toBe(2000)
  })

  it('refuses an empty user by a typed error', async () => {
    const error = await sessions.createSession('').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(InvalidSessionError)
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('refuses an id that is taken, by whomever', async () => {
    await sessions.createSession('u', { id: 's' })
    for (const user of ['u', 'v', null])
      await expect(sessions.createSession(user, { id: 's' })).rejects.toMatchObject({
        code: 'SESSION_EXISTS',
        sessionId: 's',
      })
  })

  it('over an expired one begins anew', async () => {
    await sessions.createSession('u', { id: 's', ttl: '1h', context: { old: 1 }, messages: [say('old')] })
    clock.now += HOUR
    const anew = await sessions.createSession('v', { id: 's', messages: [say('new')] })
    expect(anew).toMatchObject({ userId: 'v', version: 1, lastSeq: 1, createdAt: clock.now })
    expect(await sessions.getSession('s', { context: true, messages: true })).toMatchObject({
      context: {},
      messages: [{ seq: 1, content: 'new' }],
    })
    expect(await sessions.countUserSessions('u')).toBe(0)
    expect((await sessions.listSessions('u')).sessions).toEqual([])
    expect(await sessions.countUserSessions('v')).toBe(1)
  })

  it('for nobody is in no list and no count', async () => {
    const { id } = await sessions.createSession(null)
    expect((await sessions.getSession(id)).userId).toBeNull()
    expect(await sessions.countUserSessions('null')).toBe(0)
    expect((await sessions.getStats()).totalSessions).toBe(1)
  })
})

describe('getSession', () => {
  it('gives the newest messages and the context as one snapshot', async () => {
    const { id } = await sessions.createSession('u', { context: { a: 1, b: 2 } })
    await sessions.addMessages(id, ['1', '2', '3'].map(say))
    const { messages, context, lastSeq } = await sessions.getSession(id, {
      messages: { last: 2 },
      context: { keys: ['b', 'absent'] },
    })
    expect(messages.map((message) => message.seq)).toEqual([2, 3])
    expect(context).toEqual({ b: 2 })
    expect(lastSeq).toBe(3)
  })

  it('tells what never was from what has expired', async () => {
    const { id } = await sessions.createSession('u', { ttl: '1h' })
    clock.now += HOUR - 1
    expect(await sessions.sessionExists(id)).toBe(true)
    clock.now += 1
    const expired = await sessions.getSession(id).catch((e: unknown) => e)
    expect(expired).toBeInstanceOf(SessionExpiredError)
    expect(expired).not.toBeInstanceOf(SessionNotFoundError)
    expect(expired).toMatchObject({ code: 'SESSION_EXPIRED', sessionId: id, retryable: false })
    await sessions.cleanup()
    for (const missing of [id, 'never-was']) {
      const error = await sessions.getSession(missing).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(SessionNotFoundError)
      expect(error).toMatchObject({ sessionId: missing })
    }
  })
})

describe('updateSession', () => {
  it('changes only what it names: two updates at once lose nothing', async () => {
    const { id } = await sessions.createSession('u', { metadata: { title: 'a', channel: 'web' } })
    await Promise.all([
      sessions.updateSession(id, { metadata: { title: 'b' } }),
      sessions.updateSession(id, { metadata: { channel: null, mood: 'good' } }),
      sessions.addMessage(id, say('1')),
      sessions.setContext(id, 'k', 1),
    ])
    expect(await sessions.getSession(id, { context: true, messages: true })).toMatchObject({
      metadata: { title: 'b', mood: 'good' },
      messageCount: 1,
      context: { k: 1 },
      version: 5,
    })
  })

  it('answers the session as it is now', async () => {
    const { id } = await sessions.createSession('u')
    clock.now += 5
    const updated = await sessions.updateSession(id, {
      maxMessages: 7,
      overflow: 'drop-oldest',
      sliding: true,
      ttl: '1m',
    })
    expect(updated).toMatchObject({
      maxMessages: 7,
      overflow: 'drop-oldest',
      sliding: true,
      ttlMs: 60_000,
      expiresAt: clock.now + 60_000,
      updatedAt: clock.now,
    })
    expect(await sessions.getSession(id)).toEqual(updated)
  })

  it('answers what cannot be used to change the store', async () => {
    const { id } = await sessions.createSession('u', { metadata: { a: '1' } })
    const updated = await sessions.updateSession(id, { metadata: { b: '2' } })
    for (const tamper of [
      () => Object.assign(updated, { version: 99 }),
      () => Object.assign(updated.metadata, { a: 'x' }),
    ])
      try {
        tamper()
      } catch {
        // Frozen: as good as a copy.
      }
    expect(await sessions.getSession(id)).toMatchObject({ version: 2, metadata: { a: '1', b: '2' } })
  })

  it('closes a session to messages, and to nothing else', async () => {
    const { id } = await sessions.createSession('u')
    const first = await sessions.addMessage(id, { id: 'm', ...say('1') })
    await sessions.updateSession(id, { isActive: false })
    await expect(sessions.addMessage(id, say('2'))).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    // A repeat is no new message.
    expect(await sessions.addMessage(id, { id: 'm', ...say('1') })).toEqual(first)
    await sessions.setContext(id, 'k', 1)
    await sessions.updateSession(id, { isActive: true })
    expect((await sessions.addMessage(id, say('2'))).seq).toBe(2)
  })

  it('hands a session to another user, in lists and counts too', async () => {
    const { id } = await sessions.createSession('u')
    await sessions.updateSession(id, { userId: 'v' })
    expect(await sessions.countUserSessions('u')).toBe(0)
    expect((await sessions.listSessions('v')).sessions.map((session) => session.id)).toEqual([id])
    await sessions.updateSession(id, { userId: null })
    expect(await sessions.countUserSessions('v')).toBe(0)
    expect((await sessions.getSession(id)).userId).toBeNull()
  })

  it('can be made conditional', async () => {
    const { id } = await sessions.createSession('u')
    await sessions.updateSession(id, { isActive: true, metadata: { a: '1' } }, { ifVersion: 1 })
    const late = await sessions
      .updateSession(id, { metadata: { a: '2' } }, { ifVersion: 1 })
      .catch((e: unknown) => e)
    expect(late).toMatchObject({ code: 'CONFLICT', current: { version: 2, lastSeq: 0 } })
  })
})

describe('deleteSession', () => {
  it('is true once, and false for what is not there', async () => {
    const { id } = await sessions.createSession('u', { context: { a: 1 }, messages: [say('1')] })
    expect(await sessions.deleteSession(id)).toBe(true)
    expect(await sessions.deleteSession(id)).toBe(false)
    expect(await sessions.deleteSession('never-was')).toBe(false)
    await expect(sessions.getMessages(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  it('is true for an expired one', async () => {
    const { id } = await sessions.createSession('u', { ttl: 5 })
    clock.now += 10
    expect(await sessions.deleteSession(id)).toBe(true)
  })
})

describe('sessionExists', () => {
  it('is false for what expired', async () => {
    const { id } = await sessions.createSession('u', { ttl: 5 })
    expect(await sessions.sessionExists(id)).toBe(true)
    clock.now += 5
    expect(await sessions.sessionExists(id)).toBe(false)
    expect(await sessions.sessionExists('never-was')).toBe(false)
  })
})

describe('listSessions and countUserSessions', () => {
  beforeEach(async () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      clock.now += 1
      await sessions.createSession('u', { id })
    }
    await sessions.createSession('v', { id: 'x' })
    clock.now += 1
    await sessions.addMessage('b', say('1'))
  })
  const listed = async (options?: Parameters<SessionManager['listSessions']>[1]) =>
    (await sessions.listSessions('u', options)).sessions.map((session) => session.id).join('')

  it('give the newest update first', async () => {
    expect(await listed()).toBe('bdca')
    expect(await sessions.countUserSessions('u')).toBe(4)
    expect(await sessions.countUserSessions('nobody')).toBe(0)
    expect(await sessions.listSessions('nobody')).toEqual({ sessions: [], nextCursor: null })
  })

  it('page by offset and limit, as the seed does', async () => {
    expect(await listed({ offset: 0, limit: 2 })).toBe('bd')
    expect(await listed({ offset: 2, limit: 2 })).toBe('ca')
    expect(await listed({ offset: 4, limit: 2 })).toBe('')
  })

  it('page by a cursor, on which what is updated meanwhile has no bearing', async () => {
    const first = await sessions.listSessions('u', { limit: 2 })
    expect(first.sessions.map((session) => session.id)).toEqual(['b', 'd'])
    clock.now += 1
    await sessions.setContext('a', 'k', 1)
    await sessions.createSession('u', { id: 'e' })
    const second = await sessions.listSessions('u', { limit: 2, cursor: first.nextCursor as string })
    expect(second.sessions.map((session) => session.id)).toEqual(['c'])
    expect(second.nextCursor).toBeNull()
  })

  it('has no cursor on the last page, though it is full', async () => {
    expect((await sessions.listSessions('u', { limit: 4 })).nextCursor).toBeNull()
    expect((await sessions.listSessions('u', { limit: 3 })).nextCursor).not.toBeNull()
  })

  it('leave out at once what expired', async () => {
    await sessions.extendTTL('d', 10)
    clock.now += 10
    expect(await listed()).toBe('bca')
    expect(await sessions.countUserSessions('u')).toBe(3)
  })

  it('are not moved by a new lifetime alone', async () => {
    clock.now += 5
    await sessions.extendTTL('a', '3h')
    expect(await listed()).toBe('bdca')
  })

  it.each([0, -1, 1.5, 1001, Number.NaN])('refuse a limit of %d', async (limit) => {
    await expect(sessions.listSessions('u', { limit })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('refuse a cursor beside an offset', async () => {
    const { nextCursor } = await sessions.listSessions('u', { limit: 1 })
    const both = { offset: 1, cursor: nextCursor as never }
    await expect(sessions.listSessions('u', both)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})

describe('addMessage and getMessages', () => {
  it('give id, seq and time where they are not given', async () => {
    const { id } = await sessions.createSession('u')
    clock.now += 7
    expect(await sessions.addMessage(id, { role: 'user', content: 'Hello, AI!' })).toEqual({
      id: expect.stringMatching(/^msg_/),
      seq: 1,
      role: 'user',
      content: 'Hello, AI!',
      metadata: {},
      createdAt: clock.now,
      version: 2,
    })
    const own = {
      id: 'mine',
      role: 'tool',
      content: [{ type: 'result' }],
      metadata: { ms: 3 },
      createdAt: 42,
    }
    expect(await sessions.addMessage(id, own)).toEqual({ ...own, seq: 2, version: 3 })
    expect(await sessions.getSession(id)).toMatchObject({ messageCount: 2, lastSeq: 2, updatedAt: clock.now })
  })

  it('lose none of a hundred at once', async () => {
    const { id } = await sessions.createSession('u')
    const all = Array.from({ length: 100 }, (_, i) => `${i}`)
    const added = await Promise.all(all.map((text) => sessions.addMessage(id, say(text))))
    expect(added.map((message) => message.seq)).toEqual(all.map((_, i) => i + 1))
    expect(await contents(id)).toEqual(all)
    expect((await sessions.getSession(id)).messageCount).toBe(100)
  })

  it('cost the same on a long session as on a short one: none is read or written whole', async () => {
    const { id } = await sessions.createSession('u', { maxMessages: null })
    const batch = Array.from({ length: 1000 }, () => say('x'))
    for (let i = 0; i < 5; i++) await sessions.addMessages(id, batch)
    const before = await sessions.getMessages(id, { offset: 0, limit: 1 })
    await sessions.addMessage(id, say('y'))
    // The very same object: nobody copied the history.
    expect((await sessions.getMessages(id, { offset: 0, limit: 1 }))[0]).toBe(before[0])
  })

  it('make room at the cap where they are told to', async () => {
    const { id } = await sessions.createSession('u', { maxMessages: 3, overflow: 'drop-oldest' })
    for (const text of '12345') await sessions.addMessage(id, say(text))
    expect(await contents(id)).toEqual(['3', '4', '5'])
    expect(await sessions.getSession(id)).toMatchObject({ messageCount: 3, lastSeq: 5 })
    await expect(sessions.addMessages(id, [...'1234'].map(say))).rejects.toMatchObject({
      code: 'MESSAGE_LIMIT',
    })
    expect(await contents(id)).toEqual(['3', '4', '5'])
  })

  it('page by offset, by seq and from the end', async () => {
    const { id } = await sessions.createSession('u')
    await sessions.addMessages(id, [...'123456'].map(say))
    const page = async (query?: Parameters<SessionManager['getMessages']>[1]) =>
      (await sessions.getMessages(id, query)).map((message) => message.content).join('')
    expect(await page()).toBe('123456')
    expect(await page({ limit: 2 })).toBe('12')
    expect(await page({ offset: 1, limit: 2 })).toBe('23')
    expect(await page({ offset: 9 })).toBe('')
    expect(await page({ last: 2 })).toBe('56')
    expect(await page({ afterSeq: 4 })).toBe('56')
    expect(await page({ afterSeq: 1, limit: 2 })).toBe('23')
    expect(await page({ beforeSeq: 4, limit: 2 })).toBe('23')
  })

  it('give the newest hundred where nothing else is asked for', async () => {
    const { id } = await sessions.createSession('u')
    await sessions.addMessages(
      id,
      Array.from({ length: 150 }, (_, i) => say(`${i}`)),
    )
    const messages = await sessions.getMessages(id)
    expect(messages).toHaveLength(100)
    expect(messages.at(-1)?.seq).toBe(150)
  })

  it('add nothing twice that is repeated with its id', async () => {
    const { id } = await sessions.createSession('u')
    const [first] = await sessions.addMessages(id, [{ id: 'm', ...say('1') }])
    await sessions.addMessage(id, say('2'))
    expect(await sessions.addMessage(id, { id: 'm', ...say('1') }, { ifLastSeq: 0 })).toEqual(first)
    const other = await sessions.addMessage(id, { id: 'm', ...say('other') }).catch((e: unknown) => e)
    expect(other).toMatchObject({ code: 'CONFLICT' })
    expect((other as SessError).current?.messages).toEqual([first])
    expect((await sessions.getSession(id)).version).toBe(3)
  })

  it('give CONFLICT to all but one of those who saw the same end', async () => {
    const { id } = await sessions.createSession('u')
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => sessions.addMessage(id, say('turn'), { ifLastSeq: 0 })),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'CONFLICT', current: { version: 2, lastSeq: 1 } })
  })
})

describe('setContext and getContext', () => {
  it.each([['text'], [0], [false], [null], [[]], [{}], [{ deep: [{ a: null }] }]])(
    'keep %j',
    async (value) => {
      const { id } = await sessions.createSession('u')
      await sessions.setContext(id, 'k', value)
      expect(await sessions.getContext(id, 'k')).toEqual(value)
    },
  )

  it('give undefined for a key that is not there, not an error', async () => {
    const { id } = await sessions.createSession('u')
    expect(await sessions.getContext(id, 'k')).toBeUndefined()
    expect(await sessions.getContext(id, 'toString')).toBeUndefined()
    await sessions.setContext(id, '__proto__', 1)
    expect(await sessions.getContext(id, '__proto__')).toBe(1)
  })

  it('lose no key of fifty set at once', async () => {
    const { id } = await sessions.createSession('u')
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
    await Promise.all(keys.map((key, i) => sessions.setContext(id, key, i)))
    const { context } = await sessions.getSession(id, { context: true })
    expect(Object.keys(context)).toHaveLength(50)
    expect(context.k49).toBe(49)
  })

  it('are listed and deleted by prefix', async () => {
    const { id } = await sessions.createSession('u', { context: { 'a/1': 1, 'a/2': 2, 'a/3': 3, b: 4 } })
    const page = await sessions.listContext(id, { prefix: 'a/', limit: 2 })
    expect(page.entries).toEqual([
      ['a/1', 1],
      ['a/2', 2],
    ])
    const rest = await sessions.listContext(id, { prefix: 'a/', limit: 2, after: page.nextKey as string })
    expect(rest.entries).toEqual([['a/3', 3]])
    await sessions.deleteContext(id, { prefix: 'a/' })
    await sessions.deleteContext(id, 'absent')
    expect((await sessions.listContext(id)).entries).toEqual([['b', 4]])
    await sessions.deleteContext(id, 'b')
    expect(await sessions.listContext(id)).toEqual({ entries: [], nextKey: null })
  })

  it('hold all of a context to its limit', async () => {
    const own = new SessionManager({ store: createMemoryStore(), limits: { contextBytes: 20 } })
    const { id } = await own.createSession('u')
    await own.setContext(id, 'a', '12345')
    await own.setContext(id, 'b', '123456789')
    await expect(own.setContext(id, 'c', '')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await own.setContext(id, 'b', '1')
    await own.setContext(id, 'c', '')
  })
})

describe('extendTTL', () => {
  it('lets the session live from now on for so long', async () => {
    const { id } = await sessions.createSession('u', { ttl: '1h' })
    clock.now += HOUR / 2
    expect(await sessions.extendTTL(id, '2h')).toBe(clock.now + 2 * HOUR)
    clock.now += 2 * HOUR - 1
    expect(await sessions.sessionExists(id)).toBe(true)
    clock.now += 1
    expect(await sessions.sessionExists(id)).toBe(false)
    await expect(sessions.extendTTL(id, '2h')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' })
  })

  it('shortens as well, and takes the end off', async () => {
    const { id } = await sessions.createSession('u', { ttl: '1h' })
    expect(await sessions.extendTTL(id, '1s')).toBe(clock.now + 1000)
    expect(await sessions.extendTTL(id, 'never')).toBeNull()
    clock.now += 1000 * HOUR
    expect(await sessions.sessionExists(id)).toBe(true)
  })

  it('refuses what is not above 0', async () => {
    const { id } = await sessions.createSession('u')
    for (const ttl of [0, -1, '0s'])
      await expect(sessions.extendTTL(id, ttl)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('loses no message that comes at the same time', async () => {
    const { id } = await sessions.createSession('u')
    await Promise.all([
      sessions.addMessage(id, say('1')),
      sessions.extendTTL(id, '2h'),
      sessions.addMessage(id, say('2')),
    ])
    expect(await contents(id)).toEqual(['1', '2'])
  })
})

describe('a sliding session', () => {
  it('lives on with each commit, and not by being read', async () => {
    const { id } = await sessions.createSession('u', { ttl: '1h', sliding: true })
    clock.now += HOUR - 1
    await sessions.addMessage(id, say('1'))
    clock.now += HOUR - 1
    await sessions.getMessages(id)
    expect(await sessions.sessionExists(id)).toBe(true)
    clock.now += 1
    expect(await sessions.sessionExists(id)).toBe(false)
  })
})

describe('cleanup, getStats and health', () => {
  it('delete what expired and nothing else, and count it all', async () => {
    for (let i = 0; i < 250; i++)
      await sessions.createSession('u', { ttl: '1h', messages: [say('1'), say('2')] })
    clock.now += 1
    await sessions.createSession('u', { id: 'kept', ttl: '1h' })
    clock.now += HOUR - 1
    expect(await sessions.getStats()).toEqual({
      totalSessions: 251,
      activeSessions: 1,
      expiredSessions: 250,
      averageMessages: 500 / 251,
      evictedSessions: 0,
      oldestSessionAt: 1_700_000_000_000,
      newestSessionAt: 1_700_000_000_001,
      lastCleanupAt: null,
    })
    const started = Date.now()
    expect(await sessions.cleanup({ batchSize: 7 })).toBe(250)
    expect(await sessions.cleanup()).toBe(0)
    const stats = await sessions.getStats()
    expect(stats).toMatchObject({
      totalSessions: 1,
      activeSessions: 1,
      expiredSessions: 0,
      averageMessages: 0,
    })
    expect(stats.lastCleanupAt).toBeGreaterThanOrEqual(started)
    expect(await sessions.sessionExists('kept')).toBe(true)
  })

  it('tell of health without throwing, after close too', async () => {
    expect(await sessions.health()).toMatchObject({ ok: true })
    await sessions.close()
    expect(await sessions.health()).toMatchObject({ ok: false, error: { code: 'STORE_CLOSED' } })
    await expect(sessions.getSession('s')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })
})

describe('deleteUser', () => {
  it("deletes all of a user's sessions, expired ones too, and no other", async () => {
    for (let i = 0; i < 5; i++) await sessions.createSession('u', { ttl: i < 2 ? 5 : '1h' })
    await sessions.createSession('v', { id: 'theirs' })
    clock.now += 5
    expect(await sessions.deleteUser('u')).toBe(5)
    expect(await sessions.deleteUser('u')).toBe(0)
    expect(await sessions.sessionExists('theirs')).toBe(true)
    expect((await sessions.getStats()).totalSessions).toBe(1)
  })
})

describe('commit', () => {
  it('is a whole turn, all or nothing', async () => {
    const { id } = await sessions.createSession('u', {
      context: { draft: 1, keep: 1 },
      messages: [
        { id: 'm1', ...say('1') },
        { id: 'm2', ...say('2') },
      ],
    })
    const turn = {
      cut: { afterSeq: 1 },
      amend: [{ id: 'm1', metadata: { seen: true } }],
      append: [say('3')],
      unset: ['draft'],
      set: [['k', [1]]] as const,
      session: { metadata: { title: 't' } },
    }
    await expect(sessions.commit(id, { ...turn, amend: [{ id: 'none', content: 1 }] })).rejects.toMatchObject(
      {
        code: 'MESSAGE_NOT_FOUND',
      },
    )
    expect((await sessions.getSession(id)).version).toBe(1)
    const done = await sessions.commit(id, turn, { if: { lastSeq: 2 } })
    // The cut uses up one seq.
    expect(done).toMatchObject({ version: 2, lastSeq: 4, messageCount: 2, removedCount: 1, replayed: false })
    expect(done.removed.map((message) => message.id)).toEqual(['m2'])
    expect(done.messages.map((message) => message.seq)).toEqual([4])
    expect(done.amended).toMatchObject([
      { id: 'm1', content: '1', metadata: { seen: true }, amendedAt: clock.now },
    ])
    expect(done.session?.metadata).toEqual({ title: 't' })
    expect((await sessions.getSession(id, { context: true })).context).toEqual({ k: [1], keep: 1 })
  })
})

describe('cutMessages and popMessages', () => {
  it('answer what they removed, oldest first', async () => {
    const { id } = await sessions.createSession('u', { messages: [...'123456'].map(say) })
    expect((await sessions.popMessages(id)).map((m) => m.content)).toEqual(['6'])
    expect((await sessions.popMessages(id, 2)).map((m) => m.content)).toEqual(['4', '5'])
    expect((await sessions.cutMessages(id, { beforeSeq: 2 })).map((m) => m.content)).toEqual(['1'])
    expect((await sessions.cutMessages(id, { afterSeq: 2 })).map((m) => m.content)).toEqual(['3'])
    expect(await sessions.cutMessages(id, { afterSeq: 0 })).toEqual([])
    expect(await contents(id)).toEqual([])
    expect(await sessions.popMessages(id)).toEqual([])
    // Seqs are never used again.
    expect((await sessions.addMessage(id, say('7'))).seq).toBe(11)
  })

  it('miss where the end has moved', async () => {
    const { id } = await sessions.createSession('u', { messages: [say('1')] })
    await expect(sessions.popMessages(id, 1, { ifLastSeq: 5 })).rejects.toMatchObject({ code: 'CONFLICT' })
    await sessions.popMessages(id, 1, { ifLastSeq: 1 })
    // Two who saw the same end pop one message, not two.
    await expect(sessions.popMessages(id, 1, { ifLastSeq: 1 })).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('every failure', () => {
  it('is a SessError that names operation and session, and never content', async () => {
    const { id } = await sessions.createSession('u', {
      messages: [{ id: 'm', role: 'user', content: 's3cret' }],
    })
    const failing = [
      sessions.addMessage(id, { id: 'm', role: 'user', content: 's3cret too' }),
      sessions.addMessage(id, { role: 'user', content: { s3cret: new Date() } as never }),
      sessions.amendMessage(id, 'none', { content: 's3cret' }),
      sessions.setContext(id, 'k', 's3cret', { ifVersion: 9 }),
      sessions.commit(id, { append: [{ role: 'user', content: 's3cret' }] }, { if: { lastSeq: 9 } }),
      sessions.createSession('u', { id, context: { k: 's3cret' } }),
    ]
    for (const failure of await Promise.allSettled(failing)) {
      if (failure.status === 'fulfilled') throw new Error('did not fail')
      expect(failure.reason).toBeInstanceOf(SessError)
      expect(failure.reason.message).toMatch(/^\w+: /)
      if (!failure.reason.message.startsWith('addMessage: content'))
        expect(failure.reason.message).not.toContain('s3cret')
    }
  })
})

describe('an abort', () => {
  it('before the call throws its reason and changes nothing', async () => {
    const { id } = await sessions.createSession('u')
    const signal = AbortSignal.abort('enough')
    await expect(sessions.addMessage(id, say('1'), { signal })).rejects.toBe('enough')
    await expect(sessions.createSession('u', { id: 'other', signal })).rejects.toBe('enough')
    await expect(sessions.listSessions('u', { signal })).rejects.toBe('enough')
    await expect(sessions.cleanup({ signal })).rejects.toBe('enough')
    expect(await contents(id)).toEqual([])
    expect(await sessions.countUserSessions('u')).toBe(1)
  })
})
