import { setImmediate } from 'node:timers/promises'
import type { SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, it } from 'vitest'
import { type RewrapProgress, rewrap, withEncryption } from '../src/index.ts'
import { rawKey } from './keys.ts'
import { FULL, messagesOf, newMessage, newSession, replaced } from './rig.ts'
import { rotateUnderFire } from './rotation.ts'

const OLD = rawKey('old', 1)
const NEW = rawKey('new', 2)
const BOTH = [NEW, OLD]

async function filled(count: number): Promise<SessionStore> {
  const inner = createMemoryStore({ maxSessions: 100_000 })
  const store = withEncryption(inner, { keys: [OLD] })
  for (let i = 0; i < count; i++) await store.create(newSession(`s${i}`, { userId: `u${i % 10}`, ...FULL }))
  return inner
}

describe('rewrap', () => {
  it('wraps every data key by the first key, and the others may go', async () => {
    const inner = await filled(50)
    const before = await inner.load('s7', { messages: { last: 9 } })
    const pages: RewrapProgress[] = []
    const done = await rewrap(inner, { keys: BOTH, onProgress: (progress) => pages.push(progress) })
    expect(done).toEqual({ walked: 50, rewrapped: 50, plain: 0, cursor: null })
    expect(pages.map(({ walked }) => walked)).toEqual([16, 32, 48, 50])
    const store = withEncryption(inner, { keys: [NEW] })
    for (let i = 0; i < 50; i++) expect(await messagesOf(store, `s${i}`)).toHaveLength(2)
    const after = await inner.load('s7', { messages: { last: 9 } })
    expect(after.messages).toEqual(before.messages)
    const { version, metadata: _, ...rest } = before.session
    expect(after.session).toMatchObject({ ...rest, version: version + 1 })
    expect(await rewrap(inner, { keys: BOTH })).toMatchObject({ walked: 50, rewrapped: 0 })
  })

  it('goes on where a run before was ended', async () => {
    const inner = await filled(50)
    const controller = new AbortController()
    let seen: RewrapProgress | undefined
    const ended = rewrap(inner, {
      keys: BOTH,
      signal: controller.signal,
      onProgress: (progress) => {
        seen = progress
        controller.abort(new Error('ended'))
      },
    })
    await expect(ended).rejects.toThrow('ended')
    expect(seen).toMatchObject({ walked: 16, rewrapped: 16 })
    const cursor = seen?.cursor as string
    expect(await rewrap(inner, { keys: BOTH, cursor })).toMatchObject({ walked: 34, rewrapped: 34 })
    expect(await rewrap(inner, { keys: BOTH })).toMatchObject({ walked: 50, rewrapped: 0 })
  })

  it('writes few sessions at once, since those who use the store wait behind them', async () => {
    const inner = await filled(50)
    let underWay = 0
    let most = 0
    const slow = replaced(inner, {
      commit: async (...call) => {
        most = Math.max(most, ++underWay)
        await setImmediate()
        underWay--
        return inner.commit(...call)
      },
    })
    await rewrap(slow, { keys: BOTH })
    expect(most).toBe(16)
  })

  it('stops at a session whose key is not given, and names it', async () => {
    const inner = await filled(1)
    await expect(rewrap(inner, { keys: [NEW] })).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
      message: expect.stringContaining("'old'"),
    })
  })

  it('is taken up by a process that has the data key in memory', async () => {
    const inner = await filled(1)
    const store = withEncryption(inner, { keys: BOTH })
    await store.load('s0')
    await rewrap(inner, { keys: BOTH })
    await store.commit('s0', { append: [newMessage('m3')] })
    expect(await messagesOf(withEncryption(inner, { keys: [NEW] }), 's0')).toHaveLength(3)
  })

  it('catches a session that others write before each of its own writes', async () => {
    const inner = await filled(1)
    const rival = withEncryption(inner, { keys: BOTH })
    let commits = 0
    const busy = replaced(inner, {
      commit: async (id, change, options) => {
        await rival.commit('s0', { append: [newMessage(`w${++commits}`)] })
        return inner.commit(id, change, options)
      },
    })
    expect(await rewrap(busy, { keys: BOTH })).toMatchObject({ rewrapped: 1 })
    expect(await messagesOf(withEncryption(inner, { keys: [NEW] }), 's0')).toHaveLength(2 + commits)
  })

  it('under concurrent writers loses nothing', async () => {
    const inner = createMemoryStore()
    const result = await rotateUnderFire(() => inner, inner, { sessions: 1000, writers: 8 })
    expect(result.lost).toEqual([])
    expect(result.written).toBeGreaterThan(100)
    expect(result.left).toBe(0)
  })
})
