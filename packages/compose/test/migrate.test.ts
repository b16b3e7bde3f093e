import type { SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, test } from 'vitest'
import { compare, type Difference, type MigrateProgress, migrate, withDualWrite } from '../src/index.ts'
import { idsOf, message, messages, newSession, recorder, switched } from './rig.ts'

async function differences(a: SessionStore, b: SessionStore): Promise<Difference[]> {
  const found: Difference[] = []
  for await (const one of compare(a, b)) found.push(one)
  return found
}

/** Stores whose clocks are far apart, so that a time that is not copied shows. */
async function rig() {
  let now = 1_700_000_000_000
  const from = createMemoryStore({ now: () => now })
  const to = createMemoryStore()
  await from.create(newSession('plain', { userId: null }))
  await from.create(
    newSession('full', {
      metadata: { a: 'b' },
      ttlMs: 1e12,
      sliding: true,
      maxMessages: 10,
      overflow: 'drop-oldest',
      context: [
        ['k', { v: [] }],
        ['sess:key', 1],
      ],
      messages: [{ ...message('digested'), digest: 'd' }, ...messages(8)],
    }),
  )
  now += 1000
  await from.commit('full', { cut: { newest: 2 }, append: messages(5, 'later') })
  await from.commit('full', { amend: [{ id: 'm3', content: 'amended' }] })
  await from.commit('full', { session: { isActive: false } })
  await from.create(newSession('expired', { ttlMs: 1 }))
  await from.create(newSession('long', { messages: messages(1000) }))
  for (const prefix of ['n', 'o', 'p'])
    await from.commit('long', { append: messages(700, prefix), set: manyKeys(prefix) })
  now += 1000
  return { from, to }
}

function manyKeys(prefix: string) {
  return Array.from({ length: 500 }, (_, i) => [`${prefix}${i}`, i] as const)
}

describe('migrate and compare', () => {
  test('sessions come over to the letter: seqs, versions, times, reserved keys, what is closed or over its cap', async () => {
    const { from, to } = await rig()
    const progress: MigrateProgress[] = []
    const migrated = await migrate(from, to, { onProgress: (one) => progress.push(one) })
    expect(migrated).toEqual({ sessions: 3, copied: 3, removed: 0, passes: 2 })
    expect(progress.at(-1)).toMatchObject({ phase: 'verify', pass: 2, sessions: 3 })
    for (const id of ['plain', 'full', 'long']) {
      const want = { context: true, messages: { last: 1000 } } as const
      expect(await to.load(id, want)).toEqual(await from.load(id, want))
      expect(await idsOf(to, id)).toEqual(await idsOf(from, id))
    }
    expect(await differences(from, to)).toEqual([])
    await expect(to.load('expired')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('compare tells what is missing, extra and different, and in what', async () => {
    const { from, to } = await rig()
    await migrate(from, to)
    await from.create(newSession('missing'))
    await to.create(newSession('extra'))
    await to.commit('full', { set: [['k', { v: [1] }]] })
    const { version, updatedAt, expiresAt } = (await from.load('full')).session
    const stamp = { version: version + 1, lastSeq: 20, updatedAt, expiresAt }
    await from.commit('full', { amend: [{ id: 'm3', content: 'again' }] }, { stamp })
    const found = await differences(from, to)
    expect(found.sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1))).toEqual([
      { sessionId: 'extra', kind: 'extra', parts: [] },
      { sessionId: 'full', kind: 'different', parts: ['session', 'messages', 'context'] },
      { sessionId: 'missing', kind: 'missing', parts: [] },
    ])
  })

  test('called again it copies what changed alone, replaces what was half done and removes what is gone', async () => {
    const { from, to } = await rig()
    await migrate(from, to)
    await from.commit('full', { set: [['k', 2]] })
    await from.delete('plain')
    await from.create(newSession('new'))
    // As one that was killed left it: the copy of a long session is not at its version.
    await to.delete('long')
    await to.create(newSession('long', { messages: messages(10) }))
    expect(await migrate(from, to)).toMatchObject({ sessions: 3, copied: 3, removed: 1 })
    expect(await differences(from, to)).toEqual([])
    // A copy that shows the right version and is not right is found by its hash.
    const { session, messages: log = [] } = await from.load('new', { messages: { last: 1 } })
    await to.delete('new')
    const { id, createdAt, version, lastSeq, updatedAt, expiresAt } = session
    const stamp = { createdAt, version, lastSeq, updatedAt, expiresAt }
    await to.create(newSession(id, { context: [['not', 'so']], messages: log }), { stamp })
    expect(await migrate(from, to)).toMatchObject({ copied: 1, removed: 0 })
    expect(await differences(from, to)).toEqual([])
  })

  test('an abort ends it with the reason, and it can be called again', async () => {
    const { from, to } = await rig()
    const stop = new AbortController()
    const migration = migrate(from, to, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(migration).rejects.toThrow('enough')
    await migrate(from, to)
    expect(await differences(from, to)).toEqual([])
  })

  test('writers behind withDualWrite never end it, and both stores end the same', async () => {
    const { from, to } = await rig()
    const both = withDualWrite(from, to)
    let isOver = false
    let writes = 0
    const writer = async (name: string) => {
      for (let n = 0; !isOver; n++, writes++) {
        await both.commit('long', { append: [message(`${name}${n}`)], set: [[name, n]] })
        await both.create(newSession(`${name}${n}`))
        await both.commit(`${name}${n}`, { session: { metadata: { n: `${n}` } } })
        if (n % 3 === 0) await both.commit('long', { cut: { newest: 1 } })
        if (n % 2 === 0) await both.delete(`${name}${n}`)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const writers = Promise.all(['a', 'b', 'c'].map(writer))
    await migrate(from, to)
    const before = writes
    await expect.poll(() => writes).toBeGreaterThan(before + 20)
    isOver = true
    await writers
    expect(await differences(from, to)).toEqual([])
  })

  test('one that writes past the wrapper all the time is told of', async () => {
    const { from, to } = await rig()
    const onProgress = () => void from.commit('plain', { set: [['k', Math.random()]] })
    await expect(migrate(from, to, { onProgress })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('withDualWrite'),
    })
  })

  test('stores that are none, or one, are CONFIG_INVALID', async () => {
    const store = createMemoryStore()
    await expect(migrate(store, store)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(differences(store, {} as never)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('withDualWrite', () => {
  test('a second store that is out fails no call, is told of, and catches up with the next write', async () => {
    const events = recorder()
    const from = createMemoryStore()
    const second = createMemoryStore()
    const to = switched(second)
    const both = withDualWrite(from, to.store, { onEvent: events.onEvent })
    await both.create(newSession('s'))
    to.state.isOut = true
    await both.commit('s', { append: [message('a')] })
    await both.create(newSession('t'))
    await both.delete('t')
    expect(events.of('behind').map(({ sessionId }) => sessionId)).toEqual(['s', 't', 't'])
    to.state.isOut = false
    await both.commit('s', { append: [message('b')] })
    expect(await differences(from, second)).toEqual([])
    // A repeat of what was applied and not copied is copied.
    to.state.isOut = true
    await both.commit('s', { append: [message('c')] })
    to.state.isOut = false
    expect(await both.commit('s', { append: [message('c')] })).toMatchObject({ replayed: true })
    expect(await differences(from, second)).toEqual([])
  })

  test('all parts of a commit reach the second store, and a first store that is out fails the call', async () => {
    const inner = createMemoryStore()
    const from = switched(inner)
    const to = createMemoryStore()
    const both = withDualWrite(from.store, to)
    await both.create(newSession('s', { maxMessages: 4, overflow: 'drop-oldest', messages: messages(4) }))
    await both.commit('s', {
      cut: { newest: 1 },
      amend: [{ id: 'm1', metadata: { a: 1 } }],
      append: messages(3, 'n'),
      set: [['k', 1]],
      session: { ttlMs: 1e9, sliding: true, userId: 'other' },
    })
    await both.commit('s', { unset: { prefix: 'k' } })
    await both.commit('s', { cut: { afterSeq: 0 } })
    expect(await differences(inner, to)).toEqual([])
    from.state.isOut = true
    await expect(both.commit('s', {})).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await differences(inner, to)).toEqual([])
  })
})
