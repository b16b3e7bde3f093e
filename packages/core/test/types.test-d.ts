import { describe, expectTypeOf, it } from 'vitest'
import * as defaults from '../src/default.ts'
import {
  type CommitResult,
  type ContextList,
  type Json,
  type JsonObject,
  type Message,
  type MessageOf,
  type Metadata,
  type Session,
  type SessionLease,
  SessionManager,
  type SessionStore,
  type UserSessions,
} from '../src/index.ts'

declare const store: SessionStore
const id = 's'

type Part = { type: 'text'; text: string } | { type: 'image'; url: string }
interface Prefs {
  theme: 'dark' | 'light'
}

describe('a manager without types', () => {
  const sessions = new SessionManager({ store })

  it('takes and gives JSON', () => {
    expectTypeOf(sessions).toEqualTypeOf<SessionManager>()
    expectTypeOf(
      sessions.addMessage(id, { role: 'user', content: { any: ['json', 1, null] } }),
    ).resolves.toEqualTypeOf<Message<Json, JsonObject>>()
    expectTypeOf(sessions.getContext(id, 'any key')).resolves.toEqualTypeOf<Json | undefined>()
    expectTypeOf(sessions.getSession(id)).resolves.toEqualTypeOf<Session<Metadata>>()
    sessions.setContext(id, 'any key', [1, { two: 3 }])
    sessions.createSession('u', { metadata: { any: 'text' }, context: { any: 1 } })
    sessions.createSession(null)
  })

  it('takes no value that JSON cannot carry', () => {
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: new Date() })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: () => 1 })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: { n: 1n } })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: undefined })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: { inner: undefined } })
    // @ts-expect-error
    sessions.setContext(id, 'k', undefined)
    // @ts-expect-error
    sessions.createSession('u', { metadata: { n: 1 } })
  })

  it('takes no message without role or content, nor fields that it would lose', () => {
    // @ts-expect-error
    sessions.addMessage(id, { content: 'x' })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user' })
    // @ts-expect-error
    sessions.addMessage(id, { role: 5, content: 'x' })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: 'x', timestamp: 1 })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'user', content: 'x', createdAt: new Date() })
    // @ts-expect-error
    sessions.addMessages(id, { role: 'user', content: 'x' })
  })
})

describe('types given by name', () => {
  type Parts = {
    content: Part[]
    messageMetadata: { model: string }
    context: { prefs: Prefs; count: number }
    metadata: { title: string; channel?: string }
  }
  const sessions = new SessionManager<Parts>({ store })

  it('are those of what comes back', () => {
    expectTypeOf(sessions.getMessages(id)).resolves.toEqualTypeOf<
      readonly Message<Part[], { model: string }>[]
    >()
    expectTypeOf(sessions.addMessage(id, { role: 'r', content: [] })).resolves.toEqualTypeOf<
      MessageOf<Parts>
    >()
    expectTypeOf(sessions.getContext(id, 'prefs')).resolves.toEqualTypeOf<Prefs | undefined>()
    expectTypeOf(sessions.getContext(id, 'count')).resolves.toEqualTypeOf<number | undefined>()
    expectTypeOf(sessions.getSession(id)).resolves.toHaveProperty('metadata').toEqualTypeOf<{
      title: string
      channel?: string
    }>()
    expectTypeOf(sessions.commit(id, {})).resolves.toEqualTypeOf<CommitResult<Parts>>()
    expectTypeOf(sessions.listContext(id)).resolves.toEqualTypeOf<ContextList<Parts>>()
    expectTypeOf<ContextList<Parts>['entries'][number]>().toEqualTypeOf<
      readonly [key: 'prefs' | 'count', value: Prefs | number]
    >()
  })

  it('refuse other content, keys and values', () => {
    sessions.addMessage(id, { role: 'r', content: [{ type: 'text', text: 'x' }], metadata: { model: 'm' } })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: 'x' })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: [{ type: 'text', url: 'x' }] })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: [], metadata: { model: 5 } })
    // @ts-expect-error
    sessions.amendMessage(id, 'm', { content: 'x' })
    sessions.setContext(id, 'prefs', { theme: 'dark' })
    // @ts-expect-error
    sessions.setContext(id, 'prefs', { theme: 'blue' })
    // @ts-expect-error
    sessions.setContext(id, 'pref', { theme: 'dark' })
    // @ts-expect-error
    sessions.setContext(id, 'count', { theme: 'dark' })
    // @ts-expect-error
    sessions.getContext(id, 'pref')
    // @ts-expect-error
    sessions.deleteContext(id, 'pref')
    // @ts-expect-error
    sessions.getSession(id, { context: { keys: ['pref'] } })
    // @ts-expect-error
    sessions.createSession('u', { context: { count: 'x' } })
    // @ts-expect-error
    sessions.createSession('u', { context: { other: 1 } })
    sessions.createSession('u', { context: { count: 1 } })
  })

  it('bind each key of a set to its own value', () => {
    sessions.commit(id, {
      set: [
        ['prefs', { theme: 'light' }],
        ['count', 1],
      ],
    })
    // @ts-expect-error
    sessions.commit(id, { set: [['count', { theme: 'light' }]] })
    // @ts-expect-error
    sessions.commit(id, { set: [['prefs', 1]] })
    // @ts-expect-error
    sessions.commit(id, { set: [['other', 1]] })
    // @ts-expect-error
    sessions.commit(id, { set: { count: 1 } })
    // @ts-expect-error
    sessions.commit(id, { unset: ['other'] })
    sessions.commit(id, { unset: { prefix: 'anything' } })
  })

  it('type metadata, and let a patch remove a key', () => {
    sessions.createSession('u', { metadata: { title: 'x' } })
    // @ts-expect-error
    sessions.createSession('u', { metadata: { channel: 'x' } })
    // @ts-expect-error
    sessions.createSession('u', { metadata: { title: 'x', other: 'y' } })
    sessions.updateSession(id, { metadata: { channel: null } })
    sessions.updateSession(id, { metadata: { title: 'y' } })
    // @ts-expect-error
    sessions.updateSession(id, { metadata: { other: 'y' } })
    // @ts-expect-error
    sessions.updateSession(id, { metadata: { title: 5 } })
  })

  it('are the same for one user', () => {
    const mine = sessions.forUser('u')
    expectTypeOf(mine).toEqualTypeOf<UserSessions<Parts>>()
    expectTypeOf(mine.addMessage).toEqualTypeOf(sessions.addMessage)
    expectTypeOf(mine.commit).toEqualTypeOf(sessions.commit)
    expectTypeOf(mine.getContext(id, 'prefs')).resolves.toEqualTypeOf<Prefs | undefined>()
    expectTypeOf(mine.listSessions()).resolves.toEqualTypeOf<
      Awaited<ReturnType<typeof sessions.listSessions>>
    >()
    // @ts-expect-error
    mine.setContext(id, 'count', 'x')
    // @ts-expect-error
    mine.createSession({ context: { count: 'x' } })
    // @ts-expect-error
    mine.openSession('id', { metadata: { title: 5 } })
    // @ts-expect-error
    mine.createSession('u')
  })

  it('may be given for one part alone', () => {
    const some = new SessionManager<{ content: string }>({ store })
    expectTypeOf(some.getMessages(id)).resolves.toEqualTypeOf<readonly Message<string, JsonObject>[]>()
    expectTypeOf(some.getContext(id, 'any')).resolves.toEqualTypeOf<Json | undefined>()
    // @ts-expect-error
    some.addMessage(id, { role: 'r', content: 5 })
  })

  it('take interfaces for the parts and for the whole', () => {
    interface Whole {
      content: Prefs
      context: { prefs: Prefs }
    }
    const whole = new SessionManager<Whole>({ store })
    whole.addMessage(id, { role: 'r', content: { theme: 'dark' } })
    expectTypeOf(whole.getContext(id, 'prefs')).resolves.toEqualTypeOf<Prefs | undefined>()
  })

  it('refuse a part that there is not', () => {
    // @ts-expect-error
    new SessionManager<{ contents: string }>({ store })
  })
})

describe('getSession', () => {
  const sessions = new SessionManager<{ content: Part[]; context: { prefs: Prefs } }>({ store })

  it('has messages and context where they were wanted, and only there', async () => {
    const plain = await sessions.getSession(id)
    expectTypeOf(plain).not.toHaveProperty('messages')
    expectTypeOf(plain).not.toHaveProperty('context')

    const withMessages = await sessions.getSession(id, { messages: { last: 5 } })
    expectTypeOf(withMessages.messages).toEqualTypeOf<readonly Message<Part[], JsonObject>[]>()
    expectTypeOf(withMessages).not.toHaveProperty('context')

    const withContext = await sessions.getSession(id, { context: true })
    expectTypeOf(withContext.context).toEqualTypeOf<Partial<{ readonly prefs: Prefs }>>()
    expectTypeOf(withContext).not.toHaveProperty('messages')

    const both = await sessions.getSession(id, { context: { keys: ['prefs'] }, messages: true })
    expectTypeOf(both.context.prefs).toEqualTypeOf<Prefs | undefined>()
    expectTypeOf(both.messages[0]).toEqualTypeOf<Message<Part[], JsonObject> | undefined>()
    expectTypeOf(both.lastSeq).toBeNumber()

    const empty = await sessions.getSession(id, {}, {})
    expectTypeOf(empty).not.toHaveProperty('messages')
  })

  it('refuses a want that there is not', () => {
    // @ts-expect-error
    sessions.getSession(id, { message: true })
    // @ts-expect-error
    sessions.getSession(id, { messages: false })
    // @ts-expect-error
    sessions.getSession(id, { context: { prefix: 'a' } })
  })
})

describe('options that must not go together', () => {
  const sessions = new SessionManager({ store })

  it('are refused where nothing is asked for', () => {
    // @ts-expect-error
    sessions.getMessages(id, {})
    // @ts-expect-error
    sessions.cutMessages(id, {})
  })

  it('are refused to a user: the owner is set already', () => {
    // @ts-expect-error
    sessions.commit(id, {}, { if: { userId: 'u' } })
    // @ts-expect-error
    sessions.forUser('u').commit(id, {}, { if: { userId: 'u' } })
  })

  it('are refused where a call has no such condition', () => {
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: 1 }, { ifVersion: 1 })
    // @ts-expect-error
    sessions.updateSession(id, {}, { ifLastSeq: 1 })
  })
})

describe('what comes back', () => {
  const sessions = new SessionManager({ store })

  it('is deeply readonly', async () => {
    const session = await sessions.getSession(id, { context: true, messages: true })
    // @ts-expect-error
    session.version = 2
    // @ts-expect-error
    session.metadata.title = 'x'
    // @ts-expect-error
    session.messages.push(session.messages[0])
    // @ts-expect-error
    session.context.key = 1
    const message = await sessions.addMessage(id, { role: 'r', content: { a: [1] } })
    // @ts-expect-error
    message.content = 1
    // @ts-expect-error
    message.metadata.x = 1
    const object = message.content as Json as JsonObject
    // @ts-expect-error
    object.a = 1
    const list = message.content as Json as readonly Json[]
    // @ts-expect-error
    list.push(1)
    const page = await sessions.listSessions('u')
    // @ts-expect-error
    page.sessions.pop()
    // @ts-expect-error
    page.nextCursor = null
  })

  it('can be passed in again', async () => {
    const message = await sessions.addMessage(id, { role: 'r', content: { a: [1] } })
    sessions.addMessage(id, { role: message.role, content: message.content, metadata: message.metadata })
    const { nextCursor } = await sessions.listSessions('u')
    // A page's cursor is null at the end, which is no cursor.
    // @ts-expect-error
    sessions.listSessions('u', { cursor: nextCursor })
    if (nextCursor !== null) sessions.listSessions('u', { cursor: nextCursor })
    const value = await sessions.getContext(id, 'k')
    if (value !== undefined) sessions.setContext(id, 'k', value)
  })
})

describe('every waiting call', () => {
  const sessions = new SessionManager({ store })
  const { signal } = new AbortController()

  it('ends in options with a signal', () => {
    const o = { signal }
    sessions.createSession('u', { signal })
    sessions.openSession('u', id, {}, o)
    sessions.commit(id, {}, o)
    sessions.addMessage(id, { role: 'r', content: 1 }, o)
    sessions.addMessages(id, [], o)
    sessions.amendMessage(id, 'm', {}, o)
    sessions.cutMessages(id, { afterSeq: 1 }, o)
    sessions.popMessages(id, 1, o)
    sessions.getMessages(id, undefined, o)
    sessions.iterateMessages(id, o)
    sessions.getSession(id, undefined, o)
    sessions.sessionExists(id, o)
    sessions.updateSession(id, {}, o)
    sessions.extendTTL(id, 1, o)
    sessions.deleteSession(id, o)
    sessions.setContext(id, 'k', 1, o)
    sessions.getContext(id, 'k', o)
    sessions.listContext(id, {}, o)
    sessions.deleteContext(id, 'k', o)
    sessions.watchSession(id, o)
    sessions.leaseSession(id, 1, o)
    sessions.listSessions('u', o)
    sessions.countUserSessions('u', o)
    sessions.deleteUser('u', o)
    sessions.getStats(o)
    sessions.health(o)
    sessions.cleanup(o)
    expectTypeOf(sessions.leaseSession(id, '1m')).resolves.toEqualTypeOf<SessionLease | null>()
  })

  it('takes a signal that may be undefined, as frameworks pass it', () => {
    const maybe = { signal: undefined as AbortSignal | undefined }
    sessions.getSession(id, undefined, maybe)
    sessions.addMessage(id, { role: 'r', content: 1 }, maybe)
    sessions.createSession('u', maybe)
  })
})

describe('the functions of the default manager', () => {
  it('have the types of its methods', () => {
    expectTypeOf(defaults.addMessage).toEqualTypeOf<SessionManager['addMessage']>()
    expectTypeOf(defaults.getMessages).toEqualTypeOf<SessionManager['getMessages']>()
    expectTypeOf(defaults.startCleanup).toEqualTypeOf<SessionManager['startCleanup']>()
    expectTypeOf(defaults.getContext(id, 'k')).resolves.toEqualTypeOf<Json | undefined>()
    expectTypeOf(defaults.initialize({ store })).toEqualTypeOf<SessionManager>()
  })

  it('keep what getSession infers from a want', async () => {
    const session = await defaults.getSession(id, { messages: { last: 5 } })
    expectTypeOf(session.messages).toEqualTypeOf<readonly Message[]>()
    expectTypeOf(session).not.toHaveProperty('context')
  })
})

describe('the options of a manager', () => {
  it('refuse what they do not know', () => {
    // @ts-expect-error
    new SessionManager({ store, defaultTTL: '1h' })
    // @ts-expect-error
    new SessionManager({ store, overflow: 'drop' })
    // @ts-expect-error
    new SessionManager({ store, limits: { messages: 5 } })
    // @ts-expect-error
    new SessionManager({})
  })
})

describe('options that must not go together', () => {
  const sessions = new SessionManager({ store })

  it('are refused in a window of messages', () => {
    // @ts-expect-error
    sessions.getMessages(id, { last: 5, afterSeq: 1 })
    // @ts-expect-error
    sessions.getMessages(id, { last: 5, limit: 5 })
    // @ts-expect-error
    sessions.getMessages(id, { afterSeq: 1, beforeSeq: 5 })
    // @ts-expect-error
    sessions.getMessages(id, { offset: 1, afterSeq: 5 })
    // @ts-expect-error
    sessions.getMessages(id, {})
  })

  it('are refused in a cut', () => {
    // @ts-expect-error
    sessions.cutMessages(id, { afterSeq: 5, beforeSeq: 9 })
    // @ts-expect-error
    sessions.cutMessages(id, { newest: 5, oldest: 9 })
    // @ts-expect-error
    sessions.cutMessages(id, {})
  })

  it('are refused in a list', () => {
    // @ts-expect-error
    sessions.listSessions('u', { cursor: 'c', offset: 1 })
  })

  it('are refused to a user: the owner is set already', () => {
    // @ts-expect-error
    sessions.commit(id, {}, { if: { userId: 'u' } })
    // @ts-expect-error
    sessions.forUser('u').commit(id, {}, { if: { userId: 'u' } })
  })

  it('are refused where a call has no such condition', () => {
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: 1 }, { ifVersion: 1 })
    // @ts-expect-error
    sessions.updateSession(id, {}, { ifLastSeq: 1 })
  })
})
