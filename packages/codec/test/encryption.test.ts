import { isSessError, type JsonObject, SessionManager } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it } from 'vitest'
import { withEncryption } from '../src/index.ts'
import { KEYS, rawKey } from './keys.ts'
import { counted, FULL, messagesOf, newMessage, newSession, replaced, rig } from './rig.ts'

const FAILED = { code: 'DECRYPTION_FAILED' }

describe('what is stored', () => {
  it('holds nothing of what was written, but what the README names', async () => {
    const { inner, store } = rig()
    const secret = 'kept-from-all'
    await store.create(
      newSession('s', {
        metadata: { title: secret },
        context: [['k', { a: secret }]],
        messages: [{ ...newMessage('m1', secret), metadata: { m: secret }, digest: secret }],
      }),
    )
    await store.commit('s', {
      append: [newMessage('m2', [secret])],
      amend: [{ id: 'm1', content: `${secret} anew`, digest: `${secret} too` }],
      set: [['l', secret]],
      session: { metadata: { more: secret } },
    })
    const all = await inner.load('s', { messages: { last: 10 }, context: true })
    expect(JSON.stringify(all)).not.toContain(secret)
    const opened = await store.load('s', { messages: { last: 10 }, context: true })
    expect(JSON.stringify(opened).split(secret)).toHaveLength(1 + 8)
  })

  it('differs each time, also for the same text', async () => {
    const { inner, store } = rig()
    await store.create(
      newSession('s', { messages: ['a', 'b'].map((id) => ({ ...newMessage(id, 'same'), metadata: {} })) }),
    )
    const [a, b] = await messagesOf(inner, 's')
    expect(a?.content).not.toEqual(b?.content)
    expect(a?.digest).toMatch(/^.{43}$/)
    expect(a?.digest).not.toBe(b?.digest)
  })
})

describe('an append', () => {
  it('is one call to the store for a session that this process made or read', async () => {
    const { store: inner, calls } = counted(createMemoryStore())
    const one = withEncryption(inner, { keys: KEYS })
    await one.create(newSession('s'))
    await one.commit('s', { append: [newMessage('a')] })
    expect(calls.splice(0)).toEqual(['create', 'commit'])
    const other = withEncryption(inner, { keys: KEYS })
    await other.commit('s', { append: [newMessage('b')], set: [['k', 1]] })
    expect(calls.splice(0)).toEqual(['load', 'commit'])
    await other.commit('s', {
      append: [newMessage('c')],
      set: [
        ['k', 1],
        ['l', 2],
      ],
    })
    expect(calls.splice(0)).toEqual(['commit'])
    const third = withEncryption(inner, { keys: KEYS })
    await third.load('s')
    await third.commit('s', { append: [newMessage('d')] })
    expect(calls).toEqual(['load', 'commit'])
  })

  it('goes on after its session was deleted and made anew elsewhere, under the new key', async () => {
    let now = 1000
    const inner = createMemoryStore({ now: () => now })
    const [here, there] = [withEncryption(inner, { keys: KEYS }), withEncryption(inner, { keys: KEYS })]
    await here.create(newSession('s', FULL))
    now++
    await there.delete('s')
    await there.create(newSession('s', { messages: [newMessage('first')] }))
    for (const change of [{ append: [newMessage('second')] }, { set: [['k', 1]] as const }])
      await here.commit('s', change)
    await expect(
      here.commit('s', { append: [newMessage('third')] }, { if: { createdAt: 1000 } }),
    ).rejects.toMatchObject({ code: 'CONFLICT', current: { createdAt: 1001 } })
    expect((await messagesOf(there, 's')).map(({ id }) => id)).toEqual(['first', 'second'])
  })

  it('meets no session that was made in the millisecond in which its own was deleted', async () => {
    const inner = createMemoryStore()
    const [here, there] = [withEncryption(inner, { keys: KEYS }), withEncryption(inner, { keys: KEYS })]
    for (let round = 0; round < 50; round++) {
      await here.create(newSession('s'))
      if (round % 2) await there.delete('s')
      else await there.deleteUser?.('u')
      await there.create(newSession('s', { messages: [newMessage('first')] }))
      expect((await here.commit('s', { append: [newMessage('first')] })).replayed).toBe(true)
      await here.commit('s', { append: [newMessage('second')] })
      expect((await messagesOf(there, 's')).map(({ id }) => id)).toEqual(['first', 'second'])
      await here.delete('s')
    }
  })

  it('under way shares nothing with what the caller goes on changing, though it asks for the key first', async () => {
    const { store, open } = rig()
    await store.create(newSession('s'))
    const message = { ...newMessage('m'), content: { list: [1] } }
    const call = open().commit('s', { append: [message] })
    message.content.list.push(2)
    await call
    expect((await messagesOf(store, 's'))[0]?.content).toEqual({ list: [1] })
  })

  it('of a message that was amended to the same content is a repeat', async () => {
    const { store } = rig()
    await store.create(newSession('s', { messages: [newMessage('m', 'draft')] }))
    await store.commit('s', { amend: [{ id: 'm', content: 'final' }] })
    const again = await store.commit('s', { append: [newMessage('m', 'final')] })
    expect(again).toMatchObject({ replayed: true, messages: [{ content: 'final', metadata: { of: 'm' } }] })
    await expect(store.commit('s', { append: [newMessage('m', 'draft')] })).rejects.toMatchObject({
      code: 'CONFLICT',
      current: { messages: [{ content: 'final' }] },
    })
  })
})

describe('a digest of the caller’s own', () => {
  it('comes back as it was given last, whichever part it came with', async () => {
    const { store } = rig()
    const digestOf = async () => (await messagesOf(store, 's'))[0]?.digest
    await store.create(newSession('s', { messages: [{ ...newMessage('m'), digest: 'first' }] }))
    expect(await digestOf()).toBe('first')
    await store.commit('s', { amend: [{ id: 'm', metadata: { a: 1 }, digest: 'second' }] })
    expect(await digestOf()).toBe('second')
    await store.commit('s', { amend: [{ id: 'm', content: 'x', digest: 'third' }] })
    expect(await digestOf()).toBe('third')
    await store.commit('s', { amend: [{ id: 'm', content: 'y' }] })
    expect(await digestOf()).toBe(undefined)
    await store.commit('s', { amend: [{ id: 'm', metadata: {} }] })
    expect(await digestOf()).toBe(undefined)
  })
})

describe('a ciphertext in another place', () => {
  const places = ['content', 'metadata'] as const

  it.each(places)('does not open as the %s of another message', async (field) => {
    const { inner, store } = rig()
    await store.create(newSession('s', FULL))
    const [first] = await messagesOf(inner, 's')
    await inner.commit('s', { amend: [{ id: 'm2', [field]: first?.[field] as JsonObject }] })
    await expect(messagesOf(store, 's')).rejects.toMatchObject(FAILED)
  })

  it('does not open as another field', async () => {
    const { inner, store } = rig()
    await store.create(newSession('s', FULL))
    const stored = await inner.load('s', { messages: { last: 9 }, context: true })
    const [content, context] = [stored.messages?.[0]?.content as JsonObject, stored.context?.[0]?.[1]]
    const moves = [
      { amend: [{ id: 'm1', metadata: content }] },
      { amend: [{ id: 'm1', content: { sess: context as string } }] },
      { set: [['key', content.sess as string]] as const },
      { set: [['key', stored.session.metadata.title as string]] as const },
      { session: { metadata: { title: context as string } } },
    ]
    for (const change of moves) {
      const copy = createMemoryStore()
      const { metadata } = stored.session
      await copy.create(
        newSession('s', {
          metadata,
          context: stored.context ?? [],
          messages: stored.messages?.map(plain) ?? [],
        }),
      )
      const there = withEncryption(copy, { keys: KEYS })
      const all = () => there.load('s', { messages: { last: 9 }, context: true })
      expect((await all()).context).toEqual(FULL.context)
      await copy.commit('s', change)
      await expect(all()).rejects.toMatchObject(FAILED)
    }
  })

  it('does not open under another key of the context or metadata', async () => {
    const { inner, store } = rig()
    await store.create(
      newSession('s', {
        metadata: { a: '1', b: '2' },
        context: [
          ['a', 1],
          ['b', 2],
        ],
      }),
    )
    const { session, context } = await inner.load('s', { context: true })
    await inner.commit('s', { set: [['b', context?.[0]?.[1] as string]] })
    await expect(store.load('s', { context: true })).rejects.toMatchObject(FAILED)
    expect((await store.load('s')).session.metadata).toEqual({ a: '1', b: '2' })
    await inner.commit('s', { session: { metadata: { b: session.metadata.a as string } } })
    await expect(store.load('s')).rejects.toMatchObject(FAILED)
    await expect(store.list({ userId: 'u', limit: 5 })).rejects.toMatchObject(FAILED)
  })

  it('does not open in another session, with or without the data key that comes with it', async () => {
    const { inner, store } = rig()
    await store.create(newSession('from', FULL))
    await store.create(newSession('to', { messages: [newMessage('m1', 'other')] }))
    const { session, messages } = await inner.load('from', { messages: { last: 1 } })
    await inner.commit('to', { append: [plain(messages?.[0] as never)] })
    await expect(messagesOf(store, 'to')).rejects.toMatchObject(FAILED)
    await inner.commit('to', { session: { metadata: session.metadata } })
    await expect(messagesOf(store, 'to')).rejects.toMatchObject(FAILED)
  })

  it('does not open in a later session of the same id', async () => {
    const { inner, store } = rig()
    await store.create(newSession('s', FULL))
    const [old] = await messagesOf(inner, 's')
    await store.delete('s')
    await store.create(newSession('s'))
    await inner.commit('s', { append: [plain(old as never)] })
    await expect(messagesOf(store, 's')).rejects.toMatchObject(FAILED)
  })
})

describe('a key', () => {
  it('that is missing or wrong is DECRYPTION_FAILED, names its id, and hides nothing in silence', async () => {
    const { store, open } = rig({ keys: [rawKey('2025', 1)] })
    await store.create(newSession('s', FULL))
    for (const keys of [[rawKey('2026', 1)], [rawKey('2025', 2)]]) {
      const other = open({ keys })
      const calls = [
        () => other.load('s'),
        () => other.load('s', { messages: { last: 5 } }),
        () => other.list({ userId: 'u', limit: 5 }),
        () => other.commit('s', { append: [newMessage('m3')] }),
      ]
      for (const call of calls) {
        const error = await call().catch((caught: unknown) => caught)
        expect(error).toMatchObject(FAILED)
        expect((error as Error).message).toContain("'2025'")
        expect((error as Error).message).toContain("'s'")
      }
    }
    expect(await messagesOf(store, 's')).toHaveLength(2)
  })

  it('of several is found by its id, and the first writes', async () => {
    const { inner, store, open } = rig({ keys: [rawKey('old', 1)] })
    await store.create(newSession('a', FULL))
    const both = open({ keys: [rawKey('new', 2), rawKey('old', 1)] })
    await both.create(newSession('b', FULL))
    expect(await messagesOf(both, 'a')).toHaveLength(2)
    expect(await messagesOf(open({ keys: [rawKey('new', 2)] }), 'b')).toHaveLength(2)
    expect((await inner.load('b')).session.metadata['sess:key']).toMatch(/^sess:k1:new:/)
  })

  it('comes as bytes, base64 or base64url, and is the same', async () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => 255 - i * 3)
    const { store, open } = rig({ keys: [{ id: 'k', key: bytes }] })
    await store.create(newSession('s', FULL))
    for (const form of ['base64', 'base64url'] as const) {
      const text = Buffer.from(bytes).toString(form)
      expect(await messagesOf(open({ keys: [{ id: 'k', key: text }] }), 's')).toHaveLength(2)
      expect(await messagesOf(open({ keys: [{ id: 'k', key: `${text}\n` }] }), 's')).toHaveLength(2)
    }
  })

  it('is made of a passphrase and a salt, the same in each process', async () => {
    const { store, open } = rig({ keys: [{ id: 'p', passphrase: 'correct horse battery staple' }] })
    await store.create(newSession('s', FULL))
    const same = { id: 'p', passphrase: 'correct horse battery staple' }
    expect(await messagesOf(open({ keys: [same] }), 's')).toHaveLength(2)
    for (const other of [
      { ...same, salt: 'other' },
      { ...same, passphrase: 'incorrect horse' },
    ])
      await expect(messagesOf(open({ keys: [other] }), 's')).rejects.toMatchObject(FAILED)
  })

  it('in a service is asked once for a session, as long as the data key stays in memory', async () => {
    const asked: string[] = []
    const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x55)
    const service = {
      id: 'kms',
      wrap: async (bytes: Uint8Array, { sessionId }: { sessionId: string }) => {
        asked.push(`wrap ${sessionId}`)
        return flip(bytes)
      },
      unwrap: async (bytes: Uint8Array, { sessionId }: { sessionId: string }) => {
        asked.push(`unwrap ${sessionId}`)
        return flip(bytes)
      },
    }
    const { store, open } = rig({ keys: [service], cachedKeys: 2 })
    for (const id of ['a', 'b', 'c']) await store.create(newSession(id, FULL))
    expect(asked.splice(0)).toEqual(['wrap a', 'wrap b', 'wrap c'])
    for (const id of ['b', 'c', 'b', 'c', 'a', 'a', 'c']) await store.load(id)
    expect(asked.splice(0)).toEqual(['unwrap a'])
    const other = open({ cachedKeys: 10 })
    await Promise.all([1, 2, 3].map(() => messagesOf(other, 'a')))
    expect(asked).toEqual(['unwrap a'])
  })

  it('in a service that fails is told as such, and an abort ends the wait for one that hangs', async () => {
    const cause = new Error('denied')
    const fails = async () => Promise.reject(cause)
    const wrap = async (bytes: Uint8Array) => bytes
    const { store, open } = rig({ keys: [{ id: 'kms', wrap, unwrap: fails }] })
    await store.create(newSession('s', FULL))
    await expect(open().load('s')).rejects.toMatchObject({ ...FAILED, cause })
    const dead = open({ keys: [{ id: 'kms', wrap: fails, unwrap: fails }] })
    await expect(dead.create(newSession('t'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', cause })
    const hangs = () => new Promise<Uint8Array>(() => {})
    const controller = new AbortController()
    const waiting = open({ keys: [{ id: 'kms', wrap, unwrap: hangs }] }).load('s', undefined, {
      signal: controller.signal,
    })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it.each([
    [{ keys: [] }, /keys must be a list/],
    [{ keys: [{ id: 'a b', key: 'x' }] }, /id of a key/],
    [{ keys: [rawKey('a'), rawKey('a', 2)] }, /same id/],
    [{ keys: [{ id: 'a', key: 'too short' }] }, /32 bytes/],
    [{ keys: [{ id: 'a', key: new Uint8Array(16) }] }, /32 bytes/],
    [{ keys: [{ id: 'a' }] }, /one of key, passphrase/],
    [
      { keys: [{ id: 'a', key: new Uint8Array(32), passphrase: 'both of the two' }] },
      /one of key, passphrase/,
    ],
    [{ keys: [{ id: 'a', passphrase: 'short' }] }, /12 characters/],
    [{ keys: [{ id: 'a', wrap: async () => new Uint8Array() }] }, /functions/],
    [{ keys: KEYS, allowPlain: 'yes' }, /allowPlain/],
    [{ keys: KEYS, cachedKeys: 0 }, /cachedKeys/],
    [undefined, /keys must be a list/],
  ])('or an option that is none is CONFIG_INVALID: %j', (options, why) => {
    const make = () => withEncryption(createMemoryStore(), options as never)
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(make).toThrow(why)
    expect(make).toThrow(/^withEncryption: /)
  })
})

describe('a key of the encryption itself', () => {
  it('is hidden, and refused to callers', async () => {
    const { store } = rig()
    const made = await store.create(newSession('s', { metadata: { a: '1' } }))
    const { session } = await store.commit('s', { session: { metadata: { b: '2' } } })
    const listed = (await store.list({ all: true, limit: 5 })).sessions[0]
    expect([made.metadata, session?.metadata, listed?.metadata]).toEqual([
      { a: '1' },
      { a: '1', b: '2' },
      { a: '1', b: '2' },
    ])
    const metadata = { 'sess:key': 'x' }
    for (const call of [
      store.create(newSession('t', { metadata })),
      store.commit('s', { session: { metadata } }),
      store.commit('s', { session: { metadata: { 'sess:key': null } } }),
      store.create(newSession('t', { context: [['sess:shredded', 1]] })),
      store.commit('s', { set: [['sess:shredded', 1]] }),
    ])
      await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('limits', () => {
  it('are the caller’s, up to the last byte of what was written', async () => {
    const sessions = new SessionManager({ store: rig().store })
    const content = 'x'.repeat(1024 * 1024 - 4)
    const { id } = await sessions.createSession('u', { metadata: { a: 'x'.repeat(64 * 1024 - 3) } })
    await sessions.addMessage(id, { role: 'user', content })
    await sessions.setContext(id, 'k', 'x'.repeat(1024 * 1024 - 3))
    await sessions.setContext(id, 'k', 'y'.repeat(1024 * 1024 - 3))
    await expect(sessions.setContext(id, 'l', 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(sessions.updateSession(id, { metadata: { b: '' } })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    await sessions.updateSession(id, { metadata: { a: null, b: 'short' } })
    expect(await sessions.getContext(id, 'k')).toHaveLength(1024 * 1024 - 3)
  })

  it('that are small are held to the byte, also where one key makes room for another', async () => {
    const { store } = rig()
    const context = [
      ['a', 1],
      ['b', 1],
      ['sess:c', 1],
    ] as const
    await store.create(newSession('s', { context, metadata: { a: '', b: '' } }))
    const options = { limits: { contextBytes: 20, metadataBytes: 10 } }
    const grown = { set: [['a', 'x'.repeat(18)]], unset: ['b', 'sess:c'] } as const
    const over = { code: 'LIMIT_EXCEEDED' }
    await expect(store.commit('s', grown, options)).rejects.toMatchObject(over)
    const patch = { session: { metadata: { a: '123456789', b: null } } }
    await expect(store.commit('s', patch, options)).rejects.toMatchObject(over)
    // A prefix leaves reserved keys where they are, and they count.
    const wide = { unset: { prefix: '' }, set: [['a', 'x'.repeat(12)]] } as const
    await expect(store.commit('s', wide, options)).rejects.toMatchObject(over)
    await store.commit('s', { ...grown, set: [['a', 'x'.repeat(17)]] }, options)
    expect((await store.load('s', { context: true })).context).toEqual([['a', 'x'.repeat(17)]])
    await store.commit('s', { session: { metadata: { a: '1234567', b: null } } }, options)
    // What does not hold is told before what is too large.
    const refused = store.commit('s', { ...grown, unset: [] }, { ...options, if: { lastSeq: 7 } })
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('are judged again when somebody writes between the look and the commit', async () => {
    const { inner, open } = rig()
    const rival = open()
    let races = 3
    const racing = replaced(inner, {
      load: async (...args) => {
        const loaded = await inner.load(...args)
        if (args[1]?.context === true && races-- > 0) await rival.commit('s', { set: [[`r${races}`, 1]] })
        return loaded
      },
    })
    await rival.create(newSession('s'))
    const store = withEncryption(racing, { keys: KEYS })
    const options = { limits: { contextBytes: 20 } }
    const set = [
      ['a', 1],
      ['b', 2],
    ] as const
    await store.commit('s', { set }, options)
    const { context } = await store.load('s', { context: { prefix: '', limit: 9 } })
    expect(context?.map(([key]) => key)).toEqual(['a', 'b', 'r0', 'r1', 'r2'])
    races = 2
    await expect(
      store.commit(
        's',
        {
          set: [
            ['c', 1],
            ['d', '12345'],
          ],
        },
        options,
      ),
    ).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })
})

/** A stored message as it may be written again. */
function plain({
  seq: _,
  version: __,
  ...message
}: { seq: number; version: number } & ReturnType<typeof newMessage>) {
  return message
}

it('tells a lost key from a lost session', async () => {
  const { store } = rig()
  const error = await store.load('nowhere').catch((caught: unknown) => caught)
  expect(isSessError(error, 'SESSION_NOT_FOUND')).toBe(true)
})
