import type { StoreEvent } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { rewrap, withEncryption } from '../src/index.ts'
import { KEYS, rawKey } from './keys.ts'
import { FULL, messagesOf, newMessage, newSession, replaced, rig } from './rig.ts'

describe('data that was written without encryption', () => {
  it('is refused, wherever it lies', async () => {
    const { inner, store } = rig()
    await inner.create(newSession('plain', FULL))
    const failed = { code: 'DECRYPTION_FAILED', message: expect.stringContaining('allowPlain') }
    await expect(store.load('plain')).rejects.toMatchObject(failed)
    await expect(store.commit('plain', { append: [newMessage('m3')] })).rejects.toMatchObject(failed)
    await expect(store.list({ userId: 'u', limit: 5 })).rejects.toMatchObject(failed)
    await inner.delete('plain')
    await inner.create(newSession('empty'))
    await expect(store.load('empty')).rejects.toMatchObject(failed)
    await expect(store.list({ userId: 'u', limit: 5 })).rejects.toMatchObject(failed)
    await inner.delete('empty')

    await store.create(newSession('s', FULL))
    const all = () => store.load('s', { messages: { last: 9 }, context: true })
    const puts = [
      { append: [newMessage('put')] },
      { amend: [{ id: 'm1', content: 'put' }] },
      { amend: [{ id: 'm1', metadata: { put: true } }] },
      { set: [['put', 'put']] as const },
      { session: { metadata: { put: 'put' } } },
    ]
    for (const change of puts) {
      await store.delete('s')
      await store.create(newSession('s', FULL))
      await all()
      await inner.commit('s', change)
      await expect(all()).rejects.toMatchObject(failed)
    }
  })

  it('is read with allowPlain, beside what is encrypted, and gets its key with the first write', async () => {
    const events: StoreEvent[] = []
    const { inner, store } = rig({ allowPlain: true, onEvent: (event) => events.push(event) })
    await inner.create(newSession('s', FULL))
    const before = await inner.load('s', { messages: { last: 9 }, context: true })
    expect(await store.load('s', { messages: { last: 9 }, context: true })).toEqual(before)

    const done = await store.commit('s', { append: [newMessage('m3', 'hidden')] })
    expect(done).toMatchObject({ version: 2, lastSeq: 3 })
    expect(done).not.toHaveProperty('session')
    expect(events).toEqual([{ type: 'key-given', store: 'encryption', sessionId: 's' }])
    await store.commit('s', { amend: [{ id: 'm1', content: 'hidden' }], set: [['more', 'hidden']] })
    const stored = await inner.load('s', { messages: { last: 9 }, context: true })
    expect(JSON.stringify(stored)).not.toContain('hidden')
    const { messages, context, session } = await store.load('s', { messages: { last: 9 }, context: true })
    expect(messages?.map(({ content }) => content)).toEqual([
      'hidden',
      ['parts', { of: 'the second' }],
      'hidden',
    ])
    expect(messages?.map(({ metadata }) => metadata)).toEqual([{ of: 'm1' }, { of: 'm2' }, { of: 'm3' }])
    expect(context).toEqual([
      ['key', { secret: 'the value' }],
      ['more', 'hidden'],
    ])
    expect(session.metadata).toEqual({ title: 'the title' })
    expect(events).toHaveLength(1)
  })

  it('gets no key where nothing is encrypted, and its messages are opened as they are', async () => {
    const { inner, store, open } = rig({ allowPlain: true })
    await inner.create(newSession('s', FULL))
    expect(await store.commit('s', { cut: { afterSeq: 9 } })).toMatchObject({ changed: false, version: 1 })
    const { removed } = await store.commit('s', { cut: { newest: 1 }, session: { isActive: true } })
    expect(removed).toMatchObject([{ id: 'm2', content: ['parts', { of: 'the second' }] }])
    await store.commit('s', { unset: ['key'], session: { ttlMs: 1e6 } })
    expect((await inner.load('s')).session.metadata).toEqual({ title: 'the title' })
    // A key that was not stored is no key.
    await store.commit('s', { set: [['x', 1]] })
    expect((await open().load('s', { context: true })).context).toEqual([['x', 1]])
  })

  it('is known again when its append is repeated', async () => {
    const { inner, store, open } = rig({ allowPlain: true })
    await inner.create(newSession('s', FULL))
    const batch = FULL.messages ?? []
    for (let i = 0; i < 2; i++) {
      const again = await store.commit('s', { append: batch, set: [['x', 1]] })
      expect([again.replayed, again.messages.map(({ content }) => content)]).toEqual([
        true,
        batch.map(({ content }) => content),
      ])
    }
    // Nothing was applied, the key neither.
    expect((await inner.load('s')).session).toMatchObject({ version: 1, metadata: { title: 'the title' } })
    await expect(store.commit('s', { append: [newMessage('m1', 'other')] })).rejects.toMatchObject({
      code: 'CONFLICT',
      current: { messages: [{ content: 'content of m1' }] },
    })
    await store.commit('s', { set: [['x', 1]] })
    expect((await open().load('s', { context: { keys: ['x'] } })).context).toEqual([['x', 1]])
  })

  it('gets one first key, whoever writes at once, and nothing that is acknowledged is lost', async () => {
    for (let round = 0; round < 20; round++) {
      const { inner, open } = rig({ allowPlain: true })
      await inner.create(newSession('s', FULL))
      const writers = Array.from({ length: 8 }, () => open())
      await Promise.all(
        writers.map((writer, w) =>
          writer.commit('s', w % 2 ? { append: [newMessage(`w${w}`)] } : { set: [[`k${w}`, w]] }),
        ),
      )
      const reader = open()
      expect((await messagesOf(reader, 's')).map(({ content }) => content)).toHaveLength(2 + 4)
      expect((await reader.load('s', { context: true })).context).toHaveLength(1 + 4)
    }
  })

  it('gets its first key also from a commit on a condition, which is told what does not hold', async () => {
    const { inner, open } = rig({ allowPlain: true })
    await inner.create(newSession('s', FULL))
    const missed = open().commit('s', { append: [newMessage('no')] }, { if: { version: 7 } })
    await expect(missed).rejects.toMatchObject({ code: 'CONFLICT', current: { version: 1 } })
    const error = await missed.catch((caught) => caught)
    expect(error.current).toEqual({ version: 1, lastSeq: 2, createdAt: expect.any(Number) })
    await open().commit('s', { append: [newMessage('yes')] }, { if: { version: 1, lastSeq: 2 } })
    expect(await messagesOf(open(), 's')).toHaveLength(3)
  })

  it('keeps the key that another process gave it between the look and the commit', async () => {
    const { inner, open } = rig({ allowPlain: true })
    const rival = open()
    await inner.create(newSession('s', FULL))
    const slow = replaced(inner, {
      load: async (...args) => {
        const loaded = await inner.load(...args)
        if (loaded.session.version === 1) await rival.commit('s', { append: [newMessage('theirs')] })
        return loaded
      },
    })
    const store = withEncryption(slow, { keys: KEYS, allowPlain: true })
    await store.commit('s', { append: [newMessage('ours')] }, { if: { version: 2 } }).catch((error) => {
      expect(error).toMatchObject({ code: 'CONFLICT' })
    })
    const ids = (await messagesOf(open(), 's')).map(({ id }) => id)
    expect(ids.slice(0, 3)).toEqual(['m1', 'm2', 'theirs'])
  })

  it('is counted by rewrap, and left as it is', async () => {
    const { inner } = rig()
    await inner.create(newSession('s', FULL))
    expect(await rewrap(inner, { keys: [rawKey('new')] })).toEqual({
      walked: 1,
      rewrapped: 0,
      plain: 1,
      cursor: null,
    })
  })

  it('that is encrypted is still not readable without its key', async () => {
    const { inner, store } = rig({ allowPlain: true })
    await store.create(newSession('s', FULL))
    await inner.commit('s', { session: { metadata: { 'sess:key': null } } })
    await expect(messagesOf(store, 's')).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
    const other = withEncryption(inner, { keys: [rawKey('other')], allowPlain: true })
    await expect(messagesOf(other, 's')).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
  })
})
