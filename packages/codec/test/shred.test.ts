import { SessionManager } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { rewrap, shred } from '../src/index.ts'
import { rawKey } from './keys.ts'
import { FULL, messagesOf, newMessage, newSession, replaced, rig } from './rig.ts'

const FAILED = { code: 'DECRYPTION_FAILED' }

describe('a shredded session', () => {
  it('is unreadable with all keys, also to a process that had its data key', async () => {
    const { inner, store, open } = rig({ keys: [rawKey('a', 1), rawKey('b', 2)] })
    await store.create(newSession('s', FULL))
    const stored = await inner.load('s', { messages: { last: 9 }, context: true })
    await shred(inner, 's')
    for (const reader of [store, open(), open({ allowPlain: true })]) {
      await expect(messagesOf(reader, 's')).rejects.toMatchObject(FAILED)
      await expect(reader.load('s', { context: true })).rejects.toMatchObject(FAILED)
      expect((await reader.load('s')).session.metadata).toEqual({})
      expect((await reader.list({ userId: 'u', limit: 5 })).sessions).toMatchObject([
        { id: 's', metadata: {} },
      ])
      expect((await reader.load('s', { context: { prefix: 'sess:', limit: 9 } })).context).toEqual([])
    }
    const wrapped = stored.session.metadata['sess:key'] as string
    expect(JSON.stringify(await inner.load('s', { messages: { last: 9 }, context: true }))).not.toContain(
      wrapped,
    )
  })

  it('takes no more writes, from whoever had its data key', async () => {
    const { inner, store, open } = rig()
    await store.create(newSession('s', FULL))
    await shred(inner, 's')
    await expect(store.commit('s', { append: [newMessage('m3')] })).rejects.toMatchObject({
      code: 'SESSION_CLOSED',
    })
    const changes = [
      { set: [['k', 1]] as const },
      { amend: [{ id: 'm1', content: 'x' }] },
      { session: { metadata: { a: '1' } } },
      { session: { isActive: true } },
      { append: [newMessage('m3')], set: [['k', 1]] as const },
      { cut: { newest: 1 } },
      { unset: ['sess:shredded'] },
      { unset: { prefix: 'sess:' } },
    ]
    for (const change of changes)
      for (const writer of [store, open(), open({ allowPlain: true })])
        await expect(writer.commit('s', change)).rejects.toMatchObject(FAILED)
    const stamp = { version: 9, lastSeq: 9, updatedAt: Date.now() + 1000, expiresAt: null }
    const copied = store.commit('s', { append: [{ ...newMessage('m3'), seq: 9 }] }, { stamp })
    await expect(copied).rejects.toMatchObject(FAILED)
    expect(await messagesOf(inner, 's')).toHaveLength(2)
    expect(await store.delete('s')).toBe(true)
    await store.create(newSession('s', FULL))
    expect(await messagesOf(open(), 's')).toHaveLength(2)
  })

  it('is not brought back by a rewrap that had read it before', async () => {
    const { inner, store, open } = rig({ keys: [rawKey('old', 1)] })
    await store.create(newSession('s', FULL))
    const slow = replaced(inner, {
      list: async (...args) => {
        const page = await inner.list(...args)
        await shred(inner, 's')
        return page
      },
    })
    const keys = [rawKey('new', 2), rawKey('old', 1)]
    expect(await rewrap(slow, { keys })).toMatchObject({ walked: 1, rewrapped: 0 })
    await expect(messagesOf(open({ keys }), 's')).rejects.toMatchObject(FAILED)
  })

  it('is not brought back by a rewrap that others kept from it for long', async () => {
    const { inner, store } = rig({ keys: [rawKey('old', 1)] })
    await store.create(newSession('s', FULL))
    let commits = 0
    const busy = replaced(inner, {
      commit: async (id, change, options) => {
        if (++commits < 4) await store.commit('s', { append: [newMessage(`w${commits}`)] })
        else if (commits === 4) await shred(inner, 's')
        return inner.commit(id, change, options)
      },
    })
    expect(await rewrap(busy, { keys: [rawKey('new', 2), rawKey('old', 1)] })).toMatchObject({ rewrapped: 0 })
    expect(commits).toBe(4)
    expect((await inner.load('s')).session.metadata['sess:key']).toBe('sess:k1:')
  })

  it('leaves the others of its user readable', async () => {
    const { inner, store } = rig()
    const sessions = new SessionManager({ store })
    await sessions.createSession('u', { id: 'gone', metadata: { title: 'a' } })
    await sessions.createSession('u', { id: 'kept', metadata: { title: 'b' } })
    await shred(inner, 'gone')
    const { sessions: listed } = await sessions.listSessions('u')
    expect(new Map(listed.map(({ id, metadata }) => [id, metadata]))).toEqual(
      new Map([
        ['gone', {}],
        ['kept', { title: 'b' }],
      ]),
    )
  })

  it('must be there', async () => {
    await expect(shred(rig().inner, 'nowhere')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })
})
