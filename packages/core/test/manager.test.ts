import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type NewSession,
  SessError,
  SessionManager,
  type SessionStore,
  type StoreEvent,
} from '../src/index.ts'
import { FakeStore, sessionOf } from './fake-store.ts'

// What the manager sends down; what comes of it is tried on the memory store, in its package.

let store: FakeStore
let sessions: SessionManager
const { signal } = new AbortController()

beforeEach(() => {
  store = new FakeStore()
  sessions = new SessionManager({ store })
})

const fail = (code: ConstructorParameters<typeof SessError>[0]) => () => {
  throw new SessError(code, 'the fake store was told to')
}

type Make = (from: SessionManager | ReturnType<SessionManager['forUser']>) => Promise<unknown>
const calls: readonly [name: string, make: Make, method: string, args: readonly unknown[]][] = [
  [
    'addMessage',
    (m) => m.addMessage('s', { id: 'm', role: 'r', content: 1 }),
    'commit',
    [{ append: [{ id: 'm', role: 'r', content: 1, metadata: {} }] }],
  ],
  [
    'addMessages',
    (m) => m.addMessages('s', [{ id: 'm', role: 'r', content: 1, createdAt: 5 }]),
    'commit',
    [{ append: [{ id: 'm', role: 'r', content: 1, metadata: {}, createdAt: 5 }] }],
  ],
  [
    'amendMessage',
    (m) => m.amendMessage('s', 'm', { content: 'x' }),
    'commit',
    [{ amend: [{ id: 'm', content: 'x' }] }],
  ],
  ['cutMessages', (m) => m.cutMessages('s', { afterSeq: 3 }), 'commit', [{ cut: { afterSeq: 3 } }]],
  ['popMessages', (m) => m.popMessages('s'), 'commit', [{ cut: { newest: 1 } }]],
  ['setContext', (m) => m.setContext('s', 'k', null), 'commit', [{ set: [['k', null]] }]],
  ['deleteContext', (m) => m.deleteContext('s', 'k'), 'commit', [{ unset: ['k'] }]],
  [
    'deleteContext of a prefix',
    (m) => m.deleteContext('s', { prefix: 'k/' }),
    'commit',
    [{ unset: { prefix: 'k/' } }],
  ],
  [
    'updateSession',
    (m) => m.updateSession('s', { isActive: false, metadata: { a: null } }),
    'commit',
    [{ session: { isActive: false, metadata: { a: null } } }],
  ],
  ['extendTTL', (m) => m.extendTTL('s', '2h'), 'commit', [{ session: { ttlMs: 7_200_000 } }]],
  ['extendTTL never', (m) => m.extendTTL('s', 'never'), 'commit', [{ session: { ttlMs: null } }]],
  [
    'commit',
    (m) => m.commit('s', { unset: ['a'], set: [['b', 1]] }),
    'commit',
    [{ unset: ['a'], set: [['b', 1]] }],
  ],
  ['getSession', (m) => m.getSession('s'), 'load', [undefined]],
  [
    'getSession with all',
    (m) => m.getSession('s', { context: true, messages: true }),
    'load',
    [{ context: true, messages: { last: 100 } }],
  ],
  ['getMessages', (m) => m.getMessages('s'), 'load', [{ messages: { last: 100 } }]],
  [
    'getMessages by limit',
    (m) => m.getMessages('s', { limit: 5 }),
    'load',
    [{ messages: { offset: 0, limit: 5 } }],
  ],
  [
    'getMessages by seq',
    (m) => m.getMessages('s', { afterSeq: 5 }),
    'load',
    [{ messages: { afterSeq: 5, limit: 100 } }],
  ],
  [
    'getMessages before',
    (m) => m.getMessages('s', { beforeSeq: 5, limit: 2 }),
    'load',
    [{ messages: { beforeSeq: 5, limit: 2 } }],
  ],
  ['getMessages by ids', (m) => m.getMessages('s', { ids: ['m'] }), 'load', [{ messages: { ids: ['m'] } }]],
  ['getContext', (m) => m.getContext('s', 'k'), 'load', [{ context: { keys: ['k'] } }]],
  [
    'listContext',
    (m) => m.listContext('s', { prefix: 'p', after: 'pa', reverse: true }),
    'load',
    [{ context: { prefix: 'p', after: 'pa', reverse: true, limit: 100 } }],
  ],
  ['sessionExists', (m) => m.sessionExists('s'), 'load', [undefined]],
  ['deleteSession', (m) => m.deleteSession('s'), 'delete', []],
]

describe.each(calls)('%s', (_, make, method, args) => {
  it('is one call to the store', async () => {
    await make(sessions)
    expect(store.only).toEqual({ method, args: ['s', ...args, undefined] })
  })

  it('of a user asks for the owner in the same call', async () => {
    await make(sessions.forUser('user123'))
    expect(store.only.method).toBe(method)
    expect(store.only.args.slice(0, -1)).toEqual(['s', ...args])
    expect(store.only.args.at(-1)).toEqual({ if: { userId: 'user123' } })
  })
})

describe('the signal', () => {
  it('goes down with each call', async () => {
    const o = { signal }
    await sessions.createSession('u', { signal })
    await sessions.commit('s', {}, o)
    await sessions.addMessage('s', { role: 'r', content: 1 }, o)
    await sessions.addMessages('s', [], o)
    await sessions.amendMessage('s', 'm', { content: 1 }, o)
    await sessions.cutMessages('s', { oldest: 1 }, o)
    await sessions.popMessages('s', 1, o)
    await sessions.getMessages('s', undefined, o)
    await sessions.getSession('s', undefined, o)
    await sessions.sessionExists('s', o)
    await sessions.updateSession('s', {}, o)
    await sessions.extendTTL('s', 1, o)
    await sessions.deleteSession('s', o)
    await sessions.setContext('s', 'k', 1, o)
    await sessions.getContext('s', 'k', o)
    await sessions.listContext('s', {}, o)
    await sessions.deleteContext('s', 'k', o)
    await sessions.listSessions('u', o)
    await sessions.countUserSessions('u', o)
    await sessions.deleteUser('u', o)
    await sessions.getStats(o)
    await sessions.health(o)
    await sessions.cleanup(o)
    await sessions.leaseSession('s', '1m', o)
    for await (const _ of sessions.iterateMessages('s', o));
    await sessions.openSession('u', 's', {}, o)
    store.answers.load = [fail('SESSION_NOT_FOUND')]
    await sessions.openSession('u', 's', {}, o)
    await sessions.forUser('u').getSession('s', undefined, o)
    expect(store.calls.length).toBeGreaterThan(25)
    for (const { method, args } of store.calls)
      expect((args.at(-1) as { signal?: AbortSignal } | undefined)?.signal, method).toBe(signal)
  })
})

describe('conditions', () => {
  it('go down where they are given', async () => {
    const message = { role: 'r', content: 1 }
    await sessions.addMessage('s', message, { ifLastSeq: 0 })
    await sessions.addMessages('s', [message], { ifLastSeq: 1 })
    await sessions.cutMessages('s', { oldest: 1 }, { ifLastSeq: 2 })
    await sessions.popMessages('s', 1, { ifLastSeq: 3 })
    await sessions.amendMessage('s', 'm', { content: 1 }, { ifVersion: 4 })
    await sessions.updateSession('s', {}, { ifVersion: 5 })
    await sessions.setContext('s', 'k', 1, { ifVersion: 6 })
    await sessions.commit('s', {}, { if: { version: 7, lastSeq: 8, absent: ['op/1'] } })
    expect(store.calls.map((call) => call.args[2])).toEqual([
      { if: { lastSeq: 0 } },
      { if: { lastSeq: 1 } },
      { if: { lastSeq: 2 } },
      { if: { lastSeq: 3 } },
      { if: { version: 4 } },
      { if: { version: 5 } },
      { if: { version: 6 } },
      { if: { version: 7, lastSeq: 8, absent: ['op/1'] } },
    ])
  })

  it('stand beside the owner, whom they cannot replace', async () => {
    const mine = sessions.forUser('me')
    await mine.addMessage('s', { role: 'r', content: 1 }, { ifLastSeq: 9 })
    await mine.commit('s', {}, { if: { version: 1, userId: 'other' } as never })
    expect(store.calls.map((call) => call.args[2])).toEqual([
      { if: { lastSeq: 9, userId: 'me' } },
      { if: { version: 1, userId: 'me' } },
    ])
  })
})

describe('createSession', () => {
  const created = (index = 0) => store.calls[index]?.args[0] as NewSession

  it('is one call with the defaults filled in', async () => {
    await sessions.createSession('user123')
    expect(store.only.method).toBe('create')
    expect(created()).toEqual({
      id: expect.stringMatching(/^sess_c65[\w-]{22}$/),
      userId: 'user123',
      metadata: {},
      ttlMs: 86_400_000,
      sliding: false,
      maxMessages: 1000,
      overflow: 'reject',
      isActive: true,
      messages: [],
      context: [],
    })
    expect(store.only.args[1]).toEqual({ limits: { contextBytes: 1_048_576, metadataBytes: 65_536 } })
  })

  it('takes what it is given instead', async () => {
    await sessions.createSession(null, {
      id: 'thread-1',
      ttl: 'never',
      sliding: true,
      maxMessages: null,
      overflow: 'drop-oldest',
      metadata: { title: 'Hello' },
      context: { b: 1, a: [true] },
      messages: [{ id: 'm', role: 'user', content: 'Hi', metadata: { n: 1 } }],
    })
    expect(created()).toEqual({
      id: 'thread-1',
      userId: null,
      metadata: { title: 'Hello' },
      ttlMs: null,
      sliding: true,
      maxMessages: null,
      overflow: 'drop-oldest',
      isActive: true,
      messages: [{ id: 'm', role: 'user', content: 'Hi', metadata: { n: 1 } }],
      context: [
        ['b', 1],
        ['a', [true]],
      ],
    })
  })

  it("takes the manager's defaults where there are any", async () => {
    const own = new SessionManager({
      store,
      defaultTtl: 'never',
      sliding: true,
      maxMessages: null,
      overflow: 'drop-oldest',
      limits: { contextBytes: 10 },
    })
    await own.createSession('u')
    await own.createSession('u', { ttl: 5, sliding: false, maxMessages: 3, overflow: 'reject' })
    expect(created(0)).toMatchObject({
      ttlMs: null,
      sliding: true,
      maxMessages: null,
      overflow: 'drop-oldest',
    })
    expect(created(1)).toMatchObject({ ttlMs: 5, sliding: false, maxMessages: 3, overflow: 'reject' })
    expect(store.calls[0]?.args[1]).toEqual({ limits: { contextBytes: 10, metadataBytes: 65_536 } })
  })

  it('keeps keys like __proto__, and leaves out what is undefined', async () => {
    const metadata = JSON.parse('{"__proto__":"x"}')
    await sessions.createSession('u', {
      metadata: { ...metadata, gone: undefined as unknown as string },
      context: { ...JSON.parse('{"__proto__":[1]}'), gone: undefined },
    })
    expect(JSON.stringify(created().metadata)).toBe('{"__proto__":"x"}')
    expect(created().context).toEqual([['__proto__', [1]]])
  })

  it('of a user is that of the manager', async () => {
    await sessions.forUser('user123').createSession({ ttl: 5, metadata: { a: 'b' } })
    expect(created()).toMatchObject({ userId: 'user123', ttlMs: 5, metadata: { a: 'b' } })
  })
})

describe('what goes down', () => {
  it('is frozen throughout and shared with nobody', async () => {
    const content = { parts: [{ text: 'a' }] }
    const metadata = { tags: ['x'] }
    const value = { list: [1] }
    const labels = { title: 't' }
    await sessions.commit('s', {
      append: [{ role: 'r', content, metadata }],
      set: [['k', value]],
      session: { metadata: labels },
    })
    const [, change] = store.only.args as [
      string,
      {
        append: [{ content: unknown; metadata: unknown }]
        set: [[string, unknown]]
        session: { metadata: unknown }
      },
    ]
    content.parts.push({ text: 'b' })
    metadata.tags.push('y')
    value.list.push(2)
    labels.title = 'u'
    expect(change.append[0]).toMatchObject({ content: { parts: [{ text: 'a' }] }, metadata: { tags: ['x'] } })
    expect(change.set).toEqual([['k', { list: [1] }]])
    expect(change.session.metadata).toEqual({ title: 't' })
    for (const part of [
      change.append[0].content,
      change.append[0].metadata,
      change.set[0][1],
      change.session.metadata,
    ])
      expect(Object.isFrozen(part)).toBe(true)
  })

  it('has an id for each message, none twice', async () => {
    await sessions.addMessages(
      's',
      Array.from({ length: 50 }, () => ({ role: 'r', content: '' })),
    )
    const { append } = store.only.args[1] as { append: { id: string }[] }
    expect(new Set(append.map((m) => m.id)).size).toBe(50)
    for (const { id } of append) expect(id).toMatch(/^msg_[\w-]{22}$/)
  })
})

describe('what is refused before the store is asked', () => {
  const message = { role: 'r', content: 1 }
  const refused: readonly [string, () => unknown, string?][] = [
    ['a user without a name', () => sessions.createSession('')],
    ['no user at all', () => sessions.createSession(undefined as never)],
    ['a user that is no text', () => sessions.createSession(7 as never)],
    ['a user with a lone surrogate', () => sessions.openSession('\ud800', 's')],
    ['an id too long', () => sessions.createSession('u', { id: 'x'.repeat(201) })],
    ['an empty id', () => sessions.createSession('u', { id: '' })],
    ['a lifetime that is none', () => sessions.createSession('u', { ttl: '2 hours' })],
    ['a lifetime of nothing', () => sessions.extendTTL('s', 0)],
    ['a lifetime below nothing', () => sessions.extendTTL('s', -5)],
    ['metadata that is no text', () => sessions.createSession('u', { metadata: { a: 1 } as never })],
    ['null in new metadata', () => sessions.createSession('u', { metadata: { a: null } as never })],
    ['an empty metadata key', () => sessions.updateSession('s', { metadata: { '': 'x' } })],
    ['a number in a metadata patch', () => sessions.updateSession('s', { metadata: { a: 1 } as never })],
    ['an empty role', () => sessions.addMessage('s', { role: '', content: 1 })],
    ['no role', () => sessions.addMessage('s', { content: 1 } as never)],
    ['no content', () => sessions.addMessage('s', { role: 'r' } as never)],
    ['an empty message id', () => sessions.addMessage('s', { ...message, id: '' })],
    ['a time that is a Date', () => sessions.addMessage('s', { ...message, createdAt: new Date() as never })],
    ['a time that is not whole', () => sessions.addMessage('s', { ...message, createdAt: 0.5 })],
    [
      'message metadata that is a list',
      () => sessions.addMessage('s', { ...message, metadata: [] as never }),
    ],
    ['one message in place of a list', () => sessions.addMessages('s', message as never)],
    ['an amendment of nothing', () => sessions.amendMessage('s', 'm', {})],
    ['an amendment of no message', () => sessions.amendMessage('s', '', { content: 1 })],
    ['a part that there is not', () => sessions.commit('s', { appends: [] } as never)],
    ['an empty context key', () => sessions.setContext('s', '', 1)],
    ['a context value of undefined', () => sessions.setContext('s', 'k', undefined as never)],
    ['a reserved key to set', () => sessions.setContext('s', 'sess:x', 1)],
    ['a reserved key to set in a commit', () => sessions.commit('s', { set: [['sess:x', 1]] })],
    ['a reserved key at creation', () => sessions.createSession('u', { context: { 'sess:x': 1 } })],
    ['a reserved key to get', () => sessions.getContext('s', 'sess:x')],
    [
      'a reserved key among those wanted',
      () => sessions.getSession('s', { context: { keys: ['a', 'sess:x'] } }),
    ],
    ['a reserved key to delete', () => sessions.deleteContext('s', 'sess:x')],
    ['a reserved prefix to delete', () => sessions.deleteContext('s', { prefix: 'sess:l' })],
    ['a reserved prefix to list', () => sessions.listContext('s', { prefix: 'sess:' })],
    ['the list of a user without a name', () => sessions.listSessions('')],
    ['the count of a user without a name', () => sessions.countUserSessions('')],
    ['the deletion of a user without a name', () => sessions.deleteUser('')],
    ['a batch of nothing to clean up', () => sessions.cleanup({ batchSize: 0 })],
    ['a batch too large to clean up', () => sessions.cleanup({ batchSize: 1001 })],
    ['a lease for no time', () => sessions.leaseSession('s', 0)],
    ['no message', () => sessions.addMessage('s', undefined as never)],
    ['a message that is text', () => sessions.addMessages('s', ['hi'] as never)],
    ['no change', () => sessions.commit('s', null as never)],
    ['amendments that are no list', () => sessions.commit('s', { amend: {} as never })],
    ['an amendment that is none', () => sessions.commit('s', { amend: [null as never] })],
    ['context to set as an object', () => sessions.commit('s', { set: { a: 1 } as never })],
    ['an entry that is no pair', () => sessions.commit('s', { set: ['a' as never] })],
    ['keys to unset that are no list', () => sessions.commit('s', { unset: 'a' as never })],
    ['a patch that is none', () => sessions.updateSession('s', null as never)],
    ['a metadata patch that is none', () => sessions.updateSession('s', { metadata: null as never })],
    ['no init', () => sessions.createSession('u', null as never)],
    ['text for metadata', () => sessions.createSession('u', { metadata: 'ab' as never })],
    ['text for context', () => sessions.createSession('u', { context: 'ab' as never })],
    ['a list for context', () => sessions.createSession('u', { context: [1] as never })],
    ['one message at creation', () => sessions.createSession('u', { messages: message as never })],
  ]
  it.each(refused)('%s', async (_, make) => {
    await expect(make()).rejects.toMatchObject({ name: 'SessError', code: 'INVALID_ARGUMENT' })
    expect(store.calls).toEqual([])
  })

  it('options that are none', () => {
    for (const options of [
      { defaultTtl: 'soon' },
      { defaultTtl: 0 },
      { limits: { messageBytes: 0 } },
      { limits: { batchMessages: 1001 } },
      { limits: { batchBytes: 1.5 } },
      { limits: { contextBytes: '1' as never } },
    ])
      expect(() => new SessionManager({ store, ...options }), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    expect(() => sessions.forUser('')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => sessions.startCleanup('0s')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('options that every session would fail on later', () => {
    for (const options of [{ maxMessages: 0 }, { maxMessages: 1.5 }, { overflow: 'drop' as never }])
      expect(() => new SessionManager({ store, ...options }), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    expect(() => sessions.startCleanup('1h', { batchSize: 0 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
    sessions.stopCleanup()
  })
})

describe('fields of a message that there are not', () => {
  // An SDK's message has more fields than ours (`tool_calls`): dropped in silence they would be lost data.
  it.each([
    ['addMessage', () => sessions.addMessage('s', { role: 'r', content: null, tool_calls: [1] } as never)],
    ['addMessages', () => sessions.addMessages('s', [{ role: 'r', content: null, timestamp: 1 } as never])],
    ['amendMessage', () => sessions.amendMessage('s', 'm', { content: 1, role: 'r' } as never)],
  ])('are refused by %s', async (_, make) => {
    await expect(make()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(store.calls).toEqual([])
  })
})

describe('limits', () => {
  const add = (limits: object, ...contents: unknown[]) =>
    new SessionManager({ store, limits }).addMessages(
      's',
      contents.map((content) => ({ role: 'r', content: content as string })),
    )
  const tooLarge = { code: 'LIMIT_EXCEEDED' }

  it('of one message count its content and metadata', async () => {
    const own = new SessionManager({ store, limits: { messageBytes: 20 } })
    await own.addMessage('s', { role: 'r', content: '12345678', metadata: { a: 'b' } as never })
    await expect(
      own.addMessage('s', { role: 'r', content: '123456789012', metadata: { a: 'b' } }),
    ).rejects.toMatchObject(tooLarge)
    expect(store.calls).toHaveLength(1)
  })

  it('of an amendment are those of a message', async () => {
    const own = new SessionManager({ store, limits: { messageBytes: 20 } })
    await expect(own.amendMessage('s', 'm', { content: 'x'.repeat(30) })).rejects.toMatchObject(tooLarge)
  })

  it('of a batch count its messages', async () => {
    await add({ batchMessages: 2 }, 1, 2)
    await expect(add({ batchMessages: 2 }, 1, 2, 3)).rejects.toMatchObject(tooLarge)
    await expect(
      sessions.addMessages(
        's',
        Array.from({ length: 1001 }, () => ({ role: 'r', content: 1 })),
      ),
    ).rejects.toMatchObject(tooLarge)
    expect(store.calls).toHaveLength(1)
  })

  it('of a batch count its bytes exactly', async () => {
    await add({ batchBytes: 100 }, 'x'.repeat(48), 'x'.repeat(48))
    await expect(add({ batchBytes: 100 }, 'x'.repeat(48), 'x'.repeat(49))).rejects.toMatchObject(tooLarge)
  })

  it('of a batch refuse none that is within them, one large message among small ones', async () => {
    await add({ batchBytes: 100 }, 'x'.repeat(80), 1)
    await add({}, 'x'.repeat(100_000), ...Array.from({ length: 999 }, () => 'x'.repeat(320)))
    expect(store.calls).toHaveLength(2)
  })

  it('of a batch hold for a batch of one', async () => {
    await expect(add({ batchBytes: 100 }, 'x'.repeat(200))).rejects.toMatchObject(tooLarge)
  })

  it('of a new session are the same', async () => {
    const own = new SessionManager({
      store,
      limits: { batchMessages: 1, messageBytes: 10, contextBytes: 10 },
    })
    const messages = [{ role: 'r', content: 1 }]
    await own.createSession('u', { messages })
    await expect(own.createSession('u', { messages: [...messages, ...messages] })).rejects.toMatchObject(
      tooLarge,
    )
    await expect(
      own.createSession('u', { messages: [{ role: 'r', content: 'x'.repeat(9) }] }),
    ).rejects.toMatchObject(tooLarge)
    await expect(own.createSession('u', { context: { a: 'x'.repeat(9) } })).rejects.toMatchObject(tooLarge)
    expect(store.calls).toHaveLength(1)
  })

  it('that stores judge go down where they are not the default', async () => {
    await sessions.setContext('s', 'k', 1)
    await new SessionManager({ store, limits: { metadataBytes: 7 } }).setContext('s', 'k', 1)
    await new SessionManager({ store, limits: { metadataBytes: 7 } }).forUser('u').setContext('s', 'k', 1)
    const limits = { contextBytes: 1_048_576, metadataBytes: 7 }
    expect(store.calls.map((call) => call.args[2])).toEqual([
      undefined,
      { limits },
      { limits, if: { userId: 'u' } },
    ])
  })
})

describe('getSession', () => {
  it('gives messages and context beside the fields, without what is reserved', async () => {
    store.answers.load = [
      () => ({
        session: sessionOf({ id: 's' }),
        messages: ['m'],
        context: [
          ['__proto__', 1],
          ['a', 2],
          ['sess:lease', 3],
        ],
      }),
    ]
    const session = await sessions.getSession('s', { context: true, messages: true })
    expect(session.messages).toEqual(['m'])
    expect(JSON.stringify(session.context)).toBe('{"__proto__":1,"a":2}')
    expect(session.id).toBe('s')
  })

  it('gives neither where neither was wanted', async () => {
    store.answers.load = [() => ({ session: sessionOf({}) })]
    expect(Object.keys(await sessions.getSession('s'))).toEqual(Object.keys(sessionOf({})))
  })
})

describe('openSession', () => {
  it('is one call where the session is there', async () => {
    await sessions.openSession('u', 's')
    expect(store.only.method).toBe('load')
  })

  it('makes it where it is not there or expired', async () => {
    for (const code of ['SESSION_NOT_FOUND', 'SESSION_EXPIRED'] as const) {
      store.calls.length = 0
      store.answers.load = [fail(code)]
      await sessions.openSession('u', 's', { ttl: 5 })
      expect(store.calls.map((call) => call.method)).toEqual(['load', 'create'])
      expect(store.calls[1]?.args[0]).toMatchObject({ id: 's', userId: 'u', ttlMs: 5 })
    }
  })

  it('looks again where another was first', async () => {
    store.answers.load = [fail('SESSION_NOT_FOUND')]
    store.answers.create = [fail('SESSION_EXISTS')]
    expect(await sessions.openSession('u', 's')).toMatchObject({ id: 's' })
    expect(store.calls.map((call) => call.method)).toEqual(['load', 'create', 'load'])
  })

  it("is not for another user's session, nor for nobody's", async () => {
    await expect(sessions.openSession('other', 's')).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
      sessionId: 's',
    })
    await expect(sessions.openSession(null, 's')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    store.answers.load = [() => ({ session: sessionOf({ userId: null }) })]
    expect(await sessions.openSession(null, 's')).toMatchObject({ userId: null })
    expect(store.calls.map((call) => call.method)).toEqual(['load', 'load', 'load'])
  })

  it('passes on every other failure', async () => {
    store.answers.load = [fail('STORE_UNAVAILABLE')]
    await expect(sessions.openSession('u', 's')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    store.answers.load = [fail('SESSION_NOT_FOUND')]
    store.answers.create = [fail('LIMIT_EXCEEDED')]
    await expect(sessions.openSession('u', 's')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('sessionExists', () => {
  it('is false for what is gone, and no answer for a store that is', async () => {
    expect(await sessions.sessionExists('s')).toBe(true)
    store.answers.load = [fail('SESSION_NOT_FOUND'), fail('SESSION_EXPIRED'), fail('STORE_UNAVAILABLE')]
    expect(await sessions.sessionExists('s')).toBe(false)
    expect(await sessions.sessionExists('s')).toBe(false)
    await expect(sessions.sessionExists('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('listSessions', () => {
  it('is one call with a page of 20', async () => {
    await sessions.listSessions('u')
    await sessions.listSessions('u', { limit: 5, cursor: 'c' })
    await sessions.forUser('v').listSessions({ offset: 0 })
    expect(store.calls.map((call) => call.args[0])).toEqual([
      { userId: 'u', limit: 20 },
      { userId: 'u', limit: 5, cursor: 'c' },
      { userId: 'v', limit: 20, offset: 0 },
    ])
  })
})

describe('iterateMessages', () => {
  const page =
    (lastSeq: number, ...seqs: number[]) =>
    () => ({
      session: sessionOf({ lastSeq }),
      messages: seqs.map((seq) => ({ seq })),
    })
  const collect = async (options?: Parameters<SessionManager['iterateMessages']>[1]) => {
    const seen: number[] = []
    for await (const { seq } of sessions.iterateMessages('s', options)) seen.push(seq)
    return seen
  }

  it('reads page after page until the last seq', async () => {
    store.answers.load = [page(5, 1, 2), page(5, 3), page(5, 5)]
    expect(await collect({ pageSize: 2 })).toEqual([1, 2, 3, 5])
    expect(store.calls.map((call) => call.args[1])).toEqual(
      [0, 2, 3].map((afterSeq) => ({ messages: { afterSeq, limit: 2 } })),
    )
  })

  it('goes by the last seq of each page, for what is appended meanwhile', async () => {
    store.answers.load = [page(2, 1, 2), page(9, 3)]
    expect(await collect()).toEqual([1, 2])
    store.answers.load = [page(3, 1, 2), page(4, 3), page(4, 4)]
    expect(await collect()).toEqual([1, 2, 3, 4])
  })

  it('ends where the newest messages were cut off', async () => {
    store.answers.load = [page(9, 1, 2), page(9)]
    expect(await collect({ afterSeq: 0 })).toEqual([1, 2])
    expect(store.calls).toHaveLength(2)
  })

  it('reads nothing before it is asked, and nothing after it was left', async () => {
    const iterator = sessions.iterateMessages('s')
    expect(store.calls).toHaveLength(0)
    store.answers.load = [page(9, 1, 2)]
    await iterator.next()
    await iterator.return()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(store.calls).toHaveLength(1)
  })
})

describe('getStats', () => {
  it('names what the store counts', async () => {
    const stats = async () => ({
      sessions: 4,
      expired: 1,
      messages: 6,
      evicted: 2,
      oldestCreatedAt: 5,
      newestCreatedAt: 9,
    })
    const own = new SessionManager({ store: Object.assign(store, { stats }) as SessionStore })
    expect(await own.getStats()).toEqual({
      totalSessions: 4,
      activeSessions: 3,
      expiredSessions: 1,
      averageMessages: 1.5,
      evictedSessions: 2,
      oldestSessionAt: 5,
      newestSessionAt: 9,
      lastCleanupAt: null,
    })
  })

  it('has an average of nothing too', async () => {
    expect((await sessions.getStats()).averageMessages).toBe(0)
  })
})

describe('cleanup', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 5000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('sweeps a batch at a time until one is not full', async () => {
    store.answers.sweep = [() => 100, () => 100, () => 7]
    expect(await sessions.cleanup()).toBe(207)
    expect(store.calls.map((call) => call.args[0])).toEqual([{ limit: 100 }, { limit: 100 }, { limit: 100 }])
    expect((await sessions.getStats()).lastCleanupAt).toBe(5000)
  })

  it('takes another size of batch', async () => {
    store.answers.sweep = [() => 3, () => 2]
    expect(await sessions.cleanup({ batchSize: 3 })).toBe(5)
    expect(store.calls.map((call) => call.args[0])).toEqual([{ limit: 3 }, { limit: 3 }])
  })

  it('that failed is no last cleanup', async () => {
    store.answers.sweep = [fail('STORE_UNAVAILABLE')]
    await expect(sessions.cleanup()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect((await sessions.getStats()).lastCleanupAt).toBeNull()
  })

  it('in the background comes at the interval, from then on', async () => {
    sessions.startCleanup('10s', { batchSize: 5 })
    await vi.advanceTimersByTimeAsync(9999)
    expect(store.calls).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(store.only.args[0]).toEqual({ limit: 5 })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(store.calls).toHaveLength(3)
    sessions.stopCleanup()
    sessions.stopCleanup()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(store.calls).toHaveLength(3)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes every hour by default', async () => {
    sessions.startCleanup()
    await vi.advanceTimersByTimeAsync(3_599_999)
    expect(store.calls).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(store.only.args[0]).toEqual({ limit: 100 })
    sessions.stopCleanup()
  })

  it('started twice has one timer, the later one', async () => {
    sessions.startCleanup('1s')
    sessions.startCleanup('10s')
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(9000)
    expect(store.calls).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1000)
    expect(store.calls).toHaveLength(1)
    sessions.stopCleanup()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is left running by a second start that is refused', () => {
    sessions.startCleanup('1s')
    expect(() => sessions.startCleanup('soon')).toThrow()
    expect(vi.getTimerCount()).toBe(1)
    sessions.stopCleanup()
  })

  it('is not overtaken by the next round', async () => {
    let finish = (_: number) => {}
    store.answers.sweep = [() => new Promise<number>((resolve) => (finish = resolve))]
    sessions.startCleanup('1s')
    await vi.advanceTimersByTimeAsync(5000)
    expect(store.calls).toHaveLength(1)
    finish(0)
    await vi.advanceTimersByTimeAsync(1000)
    expect(store.calls).toHaveLength(2)
    sessions.stopCleanup()
  })

  it('does not wait longer than a timer can: a longer interval would fire at once', async () => {
    sessions.startCleanup('8760h')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(store.calls).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(2 ** 31)
    expect(store.calls).toHaveLength(1)
    sessions.stopCleanup()
  })

  describe('in the background', () => {
    const events: StoreEvent[] = []
    beforeEach(() => {
      events.length = 0
    })

    it('tells what it did and what it failed to do, and goes on', async () => {
      const own = new SessionManager({ store, onEvent: (event) => events.push(event) })
      store.answers.sweep = [
        () => 3,
        fail('STORE_UNAVAILABLE'),
        () => {
          throw new TypeError('x')
        },
        () => 0,
      ]
      own.startCleanup('1s')
      await vi.advanceTimersByTimeAsync(4000)
      own.stopCleanup()
      expect(events).toEqual([
        { type: 'cleanup', store: 'fake', detail: { deleted: 3 } },
        { type: 'cleanup-failed', store: 'fake', detail: { code: 'STORE_UNAVAILABLE' } },
        { type: 'cleanup-failed', store: 'fake', detail: { code: 'UNKNOWN' } },
        { type: 'cleanup', store: 'fake', detail: { deleted: 0 } },
      ])
    })

    it('survives a hook that throws', async () => {
      const own = new SessionManager({
        store,
        onEvent: (event) => {
          events.push(event)
          throw new Error('in the hook')
        },
      })
      store.answers.sweep = [() => 0, fail('STORE_UNAVAILABLE'), () => 0]
      own.startCleanup('1s')
      await vi.advanceTimersByTimeAsync(3000)
      own.stopCleanup()
      expect(events.map((event) => event.type)).toEqual(['cleanup', 'cleanup-failed', 'cleanup'])
    })

    it('survives a hook that rejects', async () => {
      const unhandled = vi.fn()
      process.on('unhandledRejection', unhandled)
      const own = new SessionManager({
        store,
        onEvent: async () => {
          throw new Error('in the hook')
        },
      })
      own.startCleanup('1s')
      await vi.advanceTimersByTimeAsync(1000)
      own.stopCleanup()
      vi.useRealTimers()
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', unhandled)
      expect(unhandled).not.toHaveBeenCalled()
    })
  })

  describe('and close', () => {
    it('waits for the round that is running, then closes the store', async () => {
      let finish = (_: number) => {}
      store.answers.sweep = [() => new Promise<number>((resolve) => (finish = resolve))]
      sessions.startCleanup('1s')
      await vi.advanceTimersByTimeAsync(1000)
      const closing = sessions.close()
      await vi.advanceTimersByTimeAsync(5000)
      expect(store.calls.map((call) => call.method)).toEqual(['sweep'])
      finish(0)
      await closing
      expect(store.calls.map((call) => call.method)).toEqual(['sweep', 'close'])
      expect(vi.getTimerCount()).toBe(0)
    })

    it('is not kept by a round that fails', async () => {
      sessions.startCleanup('1s')
      store.answers.sweep = [fail('STORE_UNAVAILABLE')]
      vi.advanceTimersByTime(1000)
      await sessions.close()
      expect(store.calls.map((call) => call.method)).toEqual(['sweep', 'close'])
    })

    it('comes with `await using`', async () => {
      {
        await using own = new SessionManager({ store })
        own.startCleanup('1s')
      }
      expect(store.only.method).toBe('close')
      expect(vi.getTimerCount()).toBe(0)
    })
  })
})

describe('leaseSession', () => {
  it('is extended and released by the token it holds, with the owner', async () => {
    const lease = vi.fn(async (_id: string, request: { ttlMs: number }) => ({
      token: 't',
      expiresAt: request.ttlMs,
    }))
    const own = new SessionManager({ store: Object.assign(store, { lease }) as SessionStore })
    const held = await own.forUser('u').leaseSession('s', '1m')
    expect(held).toMatchObject({ token: 't', expiresAt: 60_000 })
    const later = await held?.extend('2m', { signal })
    expect(later?.expiresAt).toBe(120_000)
    expect(await later?.release()).toBe(true)
    expect(lease.mock.calls).toEqual([
      ['s', { ttlMs: 60_000 }, { if: { userId: 'u' } }],
      ['s', { ttlMs: 120_000, token: 't' }, { signal, if: { userId: 'u' } }],
      ['s', { ttlMs: 0, token: 't' }, { if: { userId: 'u' } }],
    ])
  })

  it('is null while another holds it, and tells when it was lost', async () => {
    const answers = [null, { token: 't', expiresAt: 1 }, null, null]
    const lease = async () => answers.shift()
    const own = new SessionManager({ store: Object.assign(store, { lease }) as unknown as SessionStore })
    expect(await own.leaseSession('s', 5)).toBeNull()
    const held = await own.leaseSession('s', 5)
    expect(await held?.extend(5)).toBeNull()
    expect(await held?.release()).toBe(false)
  })
})

describe('health', () => {
  it("is the store's", async () => {
    const error = new SessError('STORE_UNAVAILABLE', 'down')
    store.answers.health = [() => ({ ok: false, latencyMs: 3, error })]
    expect(await sessions.health()).toEqual({ ok: false, latencyMs: 3, error })
  })
})
