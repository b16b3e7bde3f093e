import { describe, expect, test } from 'vitest'
import { abortable, ownChange, ownOptions, ownSession } from '../src/store.ts'

describe('what a caller passed, as one’s own', () => {
  test('a change, its options and a session stay as they were, whatever the caller does with what it passed', () => {
    const message = { id: 'm', role: 'user', content: { text: ['a'] }, metadata: { k: 'v' } }
    const change = {
      append: [message],
      amend: [{ id: 'n', content: { text: 'b' } }],
      set: [['k', { v: 1 }]] as [string, { v: number }][],
      unset: ['u'],
      cut: { newest: 1 },
      session: { metadata: { title: 't' } },
    }
    const options = { if: { absent: ['k'] }, limits: { contextBytes: 1 } }
    const mine = [ownChange(change), ownOptions(options)]
    const before = JSON.stringify(mine)
    message.content.text.push('more')
    message.metadata.k = 'w'
    change.append.push(message)
    if (change.amend[0]) change.amend[0].content.text = 'c'
    if (change.set[0]) change.set[0][1].v = 2
    change.unset.push('v')
    change.cut.newest = 2
    change.session.metadata.title = 'other'
    options.if.absent.push('l')
    options.limits.contextBytes = 2
    expect(JSON.stringify(mine)).toBe(before)
    expect(JSON.parse(before)).toEqual([
      {
        append: [{ id: 'm', role: 'user', content: { text: ['a'] }, metadata: { k: 'v' } }],
        amend: [{ id: 'n', content: { text: 'b' } }],
        set: [['k', { v: 1 }]],
        unset: ['u'],
        cut: { newest: 1 },
        session: { metadata: { title: 't' } },
      },
      { if: { absent: ['k'] }, limits: { contextBytes: 1 } },
    ])
  })

  test('a session too; its frozen parts are not copied', () => {
    const content = Object.freeze({ text: 'a' })
    const metadata = { title: 't' }
    const session = {
      ...{ id: 's', userId: null, metadata, ttlMs: null, sliding: false, maxMessages: null },
      ...{ overflow: 'reject' as const, isActive: true },
      messages: [{ id: 'm', role: 'user', content, metadata: {} }],
      context: [['k', content]] as [string, typeof content][],
    }
    const mine = ownSession(session)
    metadata.title = 'other'
    session.messages.pop()
    expect(mine.metadata).toEqual({ title: 't' })
    expect(mine.messages[0]?.content).toBe(content)
    expect(mine.context[0]?.[1]).toBe(content)
  })
})

describe('abortable', () => {
  test('gives what the work gives, or the reason of a signal that comes first', async () => {
    const never = new Promise<never>(() => {})
    const reason = new Error('enough')
    const controller = new AbortController()
    expect(await abortable(Promise.resolve(1), undefined)).toBe(1)
    expect(await abortable(Promise.resolve(1), controller.signal)).toBe(1)
    await expect(abortable(Promise.reject(reason), controller.signal)).rejects.toBe(reason)
    const waiting = abortable(never, controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(abortable(never, controller.signal)).rejects.toBe(reason)
  })
})
