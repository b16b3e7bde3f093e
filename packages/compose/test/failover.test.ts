import type { SessionStore, StoreEvent } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type FailoverOptions, fileJournal, storeJournal, withFailover } from '../src/index.ts'
import { newFile } from './files.ts'
import { gate, idsOf, message, messages, newSession, recorder, switched } from './rig.ts'

const PROBES = { firstProbe: 5, lastProbe: 20 } as const
const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' }

/** A memory for a primary that is taken away, and one beside it. */
function rig(options: FailoverOptions = {}, inner = createMemoryStore(), fallback = createMemoryStore()) {
  const events = recorder()
  const { store: primary, state } = switched(inner)
  const onEvent = (event: StoreEvent) => {
    events.onEvent(event)
    options.onEvent?.(event)
  }
  const store = withFailover(primary, fallback, { ...PROBES, ...options, onEvent })
  onTestFinished(() => store.close())
  return { inner, fallback, store, state, events }
}

function accepting(more: Partial<FailoverOptions> = {}) {
  return rig({ ...more, writes: 'accept', journal: fileJournal(newFile()) } as FailoverOptions)
}

/** Waits until the fallback has the session as the primary has it. */
async function warmed({ inner, fallback }: { inner: SessionStore; fallback: SessionStore }, id: string) {
  const want = { context: true, messages: { last: 1000 } } as const
  const expected = await inner.load(id, want)
  await expect.poll(() => fallback.load(id, want).catch(() => undefined)).toEqual(expected)
}

describe('withFailover, writes refused', () => {
  test('recent sessions are read from the fallback, with an event each, until the primary is back', async () => {
    const all = rig()
    const { store, state, events } = all
    await store.create(newSession('s', { context: [['k', 1]], messages: messages(3) }))
    await store.commit('s', { append: [message('a')], set: [['k', 2]] })
    await warmed(all, 's')
    state.isOut = true
    const want = { context: true, messages: { last: 2 } } as const
    const stale = await store.load('s', want)
    expect([stale.messages?.map(({ id }) => id), stale.context]).toEqual([['m2', 'a'], [['k', 2]]])
    expect(events.of('stale-read')).toEqual([{ type: 'stale-read', store: 'failover', sessionId: 's' }])
    const foreign = store.load('s', want, { if: { userId: 'other' } })
    await expect(foreign).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.load('never seen')).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.commit('s', { append: [message('b')] })).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.create(newSession('t'))).rejects.toMatchObject(UNAVAILABLE)
    await expect(store.list({ userId: 'u', limit: 5 })).rejects.toMatchObject(UNAVAILABLE)
    expect([store.state, events.of('primary-out').length]).toEqual(['out', 1])
    // Out, the primary is not asked but by probes.
    state.calls.length = 0
    await store.load('s')
    expect(state.calls).toEqual([])
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    expect(events.of('primary-back')).toHaveLength(1)
    await store.commit('s', { append: [message('b')] })
  })

  test('calls that fail while it is probed keep a primary out no longer than until the next probe', async () => {
    const { store, state, events } = rig()
    // A lost connection: what was under way fails at once, and the next one is well.
    state.late = []
    const ends = await Promise.allSettled(Array.from({ length: 16 }, () => store.count('u')))
    expect(ends.map(({ status }) => status)).toEqual(Array(16).fill('rejected'))
    state.late = undefined
    await expect.poll(() => store.state).toBe('primary')
    expect([events.of('primary-out').length, events.of('primary-back').length]).toEqual([1, 1])
    expect(await store.count('u')).toBe(0)
  })

  test('a primary that goes out again while its recovery ends is probed again', async () => {
    // One of so many steps after the probe is the last of the recovery.
    for (let steps = 0; steps < 40; steps++) {
      const over = gate()
      const fail = async () => {
        for (let step = 0; step < steps; step++) await undefined
        await all.store.count('u').catch(over.open)
      }
      const onEvent = ({ type }: StoreEvent) => {
        if (type === 'primary-back' && all.events.of(type).length === 1) void fail()
      }
      const all = rig({ failures: 1, onEvent })
      all.state.late = []
      await expect(all.store.count('u')).rejects.toMatchObject(UNAVAILABLE)
      await over.promise
      all.state.late = undefined
      await expect.poll(() => all.store.state, { interval: 1 }).toBe('primary')
    }
  })

  test('the primary is out after so many failures in a row, and not sooner', async () => {
    const { store, state } = rig({ failures: 3 })
    await store.create(newSession('s'))
    const fail = async (times: number) => {
      state.isOut = true
      for (let i = 0; i < times; i++)
        await expect(store.commit('s', { append: [message('a')] })).rejects.toMatchObject(UNAVAILABLE)
      state.isOut = false
    }
    for (let i = 0; i < 2; i++) {
      await fail(2)
      expect(store.state).toBe('primary')
      await store.load('s')
    }
    await fail(3)
    expect(store.state).toBe('out')
    await expect.poll(() => store.state).toBe('primary')
    await fail(2)
    expect(store.state).toBe('primary')
  })

  test('a clock that is set back keeps no primary out', async () => {
    const { store, state } = rig()
    state.isOut = true
    while (store.state !== 'out') await expect(store.load('s')).rejects.toMatchObject(UNAVAILABLE)
    const now = Date.now
    vi.spyOn(Date, 'now').mockImplementation(() => now() - 86_400_000)
    onTestFinished(() => void vi.restoreAllMocks())
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
  })

  test('what was read is warm too, what was deleted is not, and no more than so many are kept', async () => {
    const all = rig({ warmSessions: 2, warmMessages: 3 })
    const { inner, store, fallback } = all
    for (const id of ['a', 'b', 'c', 'long']) await inner.create(newSession(id, { messages: messages(3) }))
    await inner.commit('long', { append: [message('one more')] })
    for (const id of ['a', 'b']) {
      await store.load(id)
      await warmed(all, id)
    }
    await store.load('c')
    await warmed(all, 'c')
    const kept = async () => (await fallback.list({ all: true, limit: 9 })).sessions.map(({ id }) => id)
    await expect.poll(kept).toEqual(['b', 'c'])
    await store.delete('b')
    await expect.poll(kept).toEqual(['c'])
    await store.load('long')
    await store.commit('c', { append: [message('one more')] })
    await store.load('a')
    await warmed(all, 'a')
    expect(await kept()).not.toContain('long')
  })

  test('a copy that grows too long is kept no more', async () => {
    const all = rig({ warmMessages: 3 })
    await all.store.create(newSession('s', { messages: messages(3) }))
    await warmed(all, 's')
    await all.store.commit('s', { append: [message('one more')] })
    const kept = async () => (await all.fallback.list({ all: true, limit: 9 })).sessions.length
    await expect.poll(kept).toBe(0)
  })

  test('a sweep deletes expired copies too, which a fallback need not do by itself', async () => {
    const fallback = switched(createMemoryStore())
    const { store, state } = rig({}, createMemoryStore(), fallback.store)
    await store.sweep({ limit: 10 })
    expect(fallback.state.calls).toEqual(['sweep'])
    fallback.state.isOut = true
    expect(await store.sweep({ limit: 10 })).toBe(0)
    fallback.state.calls.length = 0
    state.isOut = true
    await expect(store.sweep({ limit: 10 })).rejects.toMatchObject(UNAVAILABLE)
    expect(fallback.state.calls).toEqual([])
  })

  test('a copy that another process outdated is replaced, one that is older than what was seen is not shown', async () => {
    const all = rig()
    const { inner, store, state, fallback } = all
    await store.create(newSession('s'))
    await warmed(all, 's')
    await inner.commit('s', { append: [message('elsewhere')] })
    await store.commit('s', { append: [message('here')] })
    await warmed(all, 's')
    await fallback.delete('s')
    await fallback.create(newSession('s'))
    state.isOut = true
    await expect(store.load('s')).rejects.toMatchObject(UNAVAILABLE)
  })

  test('options that are none are CONFIG_INVALID', () => {
    const [a, b] = [createMemoryStore(), createMemoryStore()]
    const journal = fileJournal(newFile())
    const wrong: [object, RegExp][] = [
      [{ writes: 'perhaps' }, /writes must be/],
      [{ writes: 'accept' }, /a journal is needed/],
      [{ journal }, /a journal is needed/],
      [{ writes: 'accept', journal: {} }, /fileJournal or storeJournal/],
      [{ warmSessions: 0 }, /warmSessions must be a whole number/],
      [{ failures: 0.5 }, /failures must be a whole number/],
      [{ firstProbe: 'soon' }, /firstProbe must be a positive duration/],
      [{ firstProbe: '2s', lastProbe: '1s' }, /lastProbe must not be shorter/],
    ]
    for (const [options, why] of wrong)
      expect(() => withFailover(a, b, options)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(why) }),
      )
    expect(() => withFailover(a, a)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => fileJournal('')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

describe('withFailover, writes accepted', () => {
  test('writes of every kind go back as they were acknowledged, and the primary leads again', async () => {
    const all = accepting()
    const { inner, store, state, events } = all
    await store.create(newSession('s', { context: [['k', 1]], messages: messages(3) }))
    await store.create(newSession('gone'))
    for (const id of ['s', 'gone']) await warmed(all, id)
    state.isOut = true
    const {
      messages: [first],
    } = await store.commit('s', { append: [message('a')], set: [['k', 2]] })
    expect(first?.seq).toBe(4)
    await store.commit('s', { cut: { newest: 1 }, amend: [{ id: 'm1', content: 'amended' }] })
    await store.commit('s', { unset: ['k'], session: { metadata: { a: 'b' }, userId: 'other' } })
    expect((await store.commit('s', {})).changed).toBe(false)
    const last = await store.commit('s', { append: messages(2, 'z') })
    expect(last.messages.map(({ seq }) => seq)).toEqual([6, 7])
    await store.create(newSession('new', { messages: messages(2) }))
    await store.commit('new', { append: [message('a')] })
    expect([await store.delete('gone'), await store.delete('gone')]).toEqual([true, false])
    await expect(store.load('gone')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await expect(store.commit('gone', { append: [message('a')] })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    })
    await store.create(newSession('gone', { messages: [message('anew')] }))
    const want = { context: true, messages: { last: 10 } } as const
    const ids = ['s', 'new', 'gone']
    const acknowledged = await Promise.all(ids.map((id) => store.load(id, want)))
    expect(events.of('stale-read')).toEqual([])
    await expect(store.commit('s', {}, { if: { version: 1 } })).rejects.toMatchObject({ code: 'CONFLICT' })

    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    expect(await Promise.all(ids.map((id) => inner.load(id, want)))).toEqual(acknowledged)
    expect(events.of('diverted').map(({ sessionId }) => sessionId)).toEqual(['s', 'new', 'gone'])
    expect(
      events
        .of('returned')
        .map(({ sessionId }) => sessionId)
        .sort(),
    ).toEqual(['gone', 'new', 's'])
    expect((await store.commit('s', { append: [message('later')] })).lastSeq).toBe(8)
    expect((await inner.load('s')).session.lastSeq).toBe(8)
  })

  test('what the primary applied, and nobody was told, is there once', async () => {
    // Its clock is ahead, so that its own time of such a write is later than the one that was acknowledged.
    const ahead = createMemoryStore({ now: () => Date.now() + 60_000 })
    const all = rig({ writes: 'accept', journal: fileJournal(newFile()) }, ahead)
    const { inner, store, state } = all
    for (const id of ['append', 'set', 'cut', 'delete']) {
      await store.create(newSession(id, { messages: messages(3) }))
      await warmed(all, id)
    }
    state.isUnsure = true
    await store.commit('append', { append: [message('a')] })
    await store.commit('set', { set: [['k', 1]] })
    await store.commit('cut', { cut: { newest: 1 } })
    await store.delete('delete')
    await store.create(newSession('create', { messages: [message('first')] }))
    state.isUnsure = false
    state.isOut = true
    for (const id of ['append', 'set', 'cut', 'create']) await store.commit(id, { append: [message('next')] })
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    expect(await store.parked()).toEqual([])
    expect(await idsOf(inner, 'append')).toEqual(['m0', 'm1', 'm2', 'a', 'next'])
    expect(await idsOf(inner, 'set')).toEqual(['m0', 'm1', 'm2', 'next'])
    expect(await idsOf(inner, 'cut')).toEqual(['m0', 'm1', 'next'])
    expect(await idsOf(inner, 'create')).toEqual(['first', 'next'])
    await expect(inner.load('delete')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  test('what arrives at the primary late changes nothing that was acknowledged since', async () => {
    const all = accepting()
    const { inner, store, state } = all
    await store.create(newSession('s', { messages: messages(3) }))
    await store.create(newSession('t'))
    for (const id of ['s', 't']) await warmed(all, id)
    // Others may write in between: the condition is not the caller's.
    await inner.commit('s', { set: [['k', 0]] })
    await store.commit('s', { set: [['k', 0.5]] })
    await warmed(all, 's')
    const late: (() => Promise<unknown>)[] = []
    state.late = late
    await store.commit('s', { set: [['k', 1]] })
    await store.delete('t')
    state.late = undefined
    state.isOut = true
    await store.commit('s', { set: [['k', 2]] })
    await store.commit('s', { cut: { newest: 1 }, append: [message('last')] })
    await store.create(newSession('t', { messages: [message('anew')] }))
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    const want = { context: true, messages: { last: 9 } } as const
    const before = await Promise.all(['s', 't'].map((id) => inner.load(id, want)))
    expect(late.length).toBeGreaterThanOrEqual(2)
    await Promise.allSettled(late.map((arrive) => arrive()))
    expect(await Promise.all(['s', 't'].map((id) => inner.load(id, want)))).toEqual(before)
    expect(before[0]?.context).toEqual([['k', 2]])
  })

  test('a refusal of the fallback does not hide that the primary may have applied it', async () => {
    const all = accepting()
    const { inner, store, state, fallback } = all
    await store.create(newSession('s'))
    await warmed(all, 's')
    await fallback.commit('s', { session: { isActive: false } })
    state.isUnsure = true
    const commit = store.commit('s', { append: [message('a')] })
    await expect(commit).rejects.toMatchObject({ ...UNAVAILABLE, outcome: 'unknown' })
    expect(await idsOf(inner, 's')).toEqual(['a'])
    state.isUnsure = false
    state.isOut = true
    await expect(store.commit('s', { append: [message('a')] })).rejects.toMatchObject({
      code: 'SESSION_CLOSED',
    })
  })

  test('probes that fail count too: they begin with the first write that was accepted', async () => {
    const all = accepting()
    const { store, state, events } = all
    await store.create(newSession('s'))
    await warmed(all, 's')
    state.isOut = true
    await store.commit('s', { append: [message('a')] })
    expect(store.state).toBe('returning')
    await expect.poll(() => store.state).toBe('out')
    expect(events.of('primary-out')).toHaveLength(1)
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
  })

  test('a session that the primary moved on with is parked, with both copies, until it is resolved', async () => {
    for (const keep of ['primary', 'fallback'] as const) {
      const all = accepting()
      const { inner, store, state, events } = all
      await store.create(newSession('s', { messages: messages(2) }))
      await warmed(all, 's')
      state.isOut = true
      await store.commit('s', { append: [message('ours')] })
      await inner.commit('s', { append: [message('theirs')] })
      state.isOut = false
      await expect.poll(() => store.state).toBe('primary')
      await expect.poll(() => events.of('parked').length).toBe(1)
      const [event] = events.of('parked')
      expect(event).toMatchObject({ sessionId: 's', detail: { reason: 'it was written to' } })
      const [parked] = await store.parked()
      expect(parked).toMatchObject({
        sessionId: 's',
        writes: [{ kind: 'commit', change: { append: [{ id: 'ours', seq: 3 }] } }],
        copy: { messages: [{ id: 'm0' }, { id: 'm1' }, { id: 'ours', seq: 3 }] },
      })
      expect(await idsOf(store, 's')).toEqual(['m0', 'm1', 'theirs'])
      await store.resolve('s', keep)
      expect(await idsOf(inner, 's')).toEqual(['m0', 'm1', keep === 'primary' ? 'theirs' : 'ours'])
      expect(await store.parked()).toEqual([])
      await expect(store.resolve('s', keep)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
      await store.commit('s', { append: [message('later')] })
    }
  })

  test('one that writes to the primary in the middle of a replay parks the session as well', async () => {
    const all = accepting()
    const { inner, store, state } = all
    await store.create(newSession('s'))
    await warmed(all, 's')
    state.isOut = true
    await store.commit('s', { append: [message('ours')] })
    const load = inner.load.bind(inner)
    vi.spyOn(inner, 'load').mockImplementationOnce(async (...args) => {
      const loaded = await load(...args)
      await inner.commit('s', { append: [message('theirs')] })
      return loaded
    })
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    expect(await store.parked()).toMatchObject([{ sessionId: 's', reason: 'it was written to' }])
    expect(await idsOf(inner, 's')).toEqual(['theirs'])
  })

  test('a replay that ended before it was noted is not made again', async () => {
    const all = accepting()
    const { inner, store, state } = all
    for (const id of ['deleted', 'gone on']) {
      await store.create(newSession(id))
      await warmed(all, id)
    }
    state.isOut = true
    await store.commit('deleted', { append: [message('a')] })
    await store.delete('deleted')
    for (const id of ['a', 'b']) await store.commit('gone on', { append: [message(id)] })
    await inner.delete('deleted')
    // The same writes, and one of another process after them.
    for (const id of ['a', 'b', 'theirs']) await inner.commit('gone on', { append: [message(id)] })
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    expect(await store.parked()).toEqual([])
    expect(await idsOf(inner, 'gone on')).toEqual(['a', 'b', 'theirs'])
  })

  test('a session that was deleted, or made anew, on the primary is parked', async () => {
    const all = accepting()
    const { inner, store, state } = all
    for (const id of ['deleted', 'anew', 'taken']) {
      if (id !== 'taken') await store.create(newSession(id))
      if (id !== 'taken') await warmed(all, id)
    }
    state.isOut = true
    for (const id of ['deleted', 'anew']) await store.commit(id, { append: [message('a')] })
    await store.create(newSession('taken'))
    await inner.delete('deleted')
    await inner.delete('anew')
    const { createdAt } = (await store.load('anew')).session
    await expect.poll(() => Date.now()).toBeGreaterThan(createdAt)
    for (const id of ['anew', 'taken']) await inner.create(newSession(id, { metadata: { of: 'another' } }))
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    const parked = await store.parked()
    expect(Object.fromEntries(parked.map(({ sessionId, reason }) => [sessionId, reason]))).toEqual({
      deleted: 'it was deleted, or has expired',
      anew: 'it was made anew',
      taken: 'another was created',
    })
    await store.resolve('deleted', 'fallback')
    expect(await idsOf(inner, 'deleted')).toEqual(['a'])
  })

  test('a session that the fallback does not have, or has too old, takes no writes', async () => {
    const all = accepting()
    const { inner, store, state, fallback } = all
    await inner.create(newSession('never seen'))
    await store.create(newSession('old'))
    await warmed(all, 'old')
    const { session } = await fallback.load('old')
    await store.commit('old', { append: [message('a')] })
    await warmed(all, 'old')
    await fallback.delete('old')
    await fallback.create(newSession('old'), { stamp: { ...session, version: 1 } } as never).catch(() => {})
    state.isOut = true
    for (const id of ['never seen', 'old']) {
      await expect(store.commit(id, { append: [message('b')] })).rejects.toMatchObject(UNAVAILABLE)
      await expect(store.delete(id)).rejects.toMatchObject(UNAVAILABLE)
    }
  })

  test('a new process goes on with the journal of the old one, with what was parked too', async () => {
    const [path, journalStore] = [newFile(), createMemoryStore()]
    const journals = [() => fileJournal(path), () => storeJournal(keptOpen(journalStore), 'the journal')]
    for (const open of journals) {
      const inner = keptOpen(createMemoryStore())
      const fallback = createMemoryStore()
      const first = rig({ writes: 'accept', journal: open() }, inner, fallback)
      for (const id of ['s', 'parked']) {
        await first.store.create(newSession(id))
        await warmed(first, id)
      }
      first.state.isOut = true
      for (const id of ['s', 'parked']) await first.store.commit(id, { append: messages(2, 'a') })
      await inner.commit('parked', { append: [message('theirs')] })
      await first.store.close()
      const second = rig({ writes: 'accept', journal: open() }, inner)
      expect(await second.store.parked()).toEqual([])
      await expect.poll(() => second.store.state).toBe('primary')
      expect(await idsOf(second.inner, 's')).toEqual(['a0', 'a1'])
      // The fallback's memory went with the process: what was acknowledged is in the journal.
      expect(await second.store.parked()).toMatchObject([{ sessionId: 'parked', copy: null, writes: [{}] }])
      await expect(second.store.resolve('parked', 'fallback')).rejects.toMatchObject({ code: 'CONFLICT' })
      const parked = await second.store.parked()
      await second.store.close()
      const third = rig({ writes: 'accept', journal: open() }, inner)
      expect(await third.store.parked()).toEqual(parked)
      await third.store.close()
    }
  })

  test('a write that the journal cannot note is not acknowledged, and nothing is written on top of it', async () => {
    const journal = storeJournal(createMemoryStore(), 'journal')
    let isFull = false
    const failing = {
      ...journal,
      append: (record: Parameters<typeof journal.append>[0]) =>
        isFull ? Promise.reject(new Error('no space left')) : journal.append(record),
    }
    const all = rig({ writes: 'accept', journal: failing })
    const { inner, store, state } = all
    for (const id of ['first', 'later']) {
      await store.create(newSession(id))
      await warmed(all, id)
    }
    state.isOut = true
    await store.commit('later', { append: [message('a')] })
    isFull = true
    for (const id of ['first', 'later'])
      await expect(store.commit(id, { append: [message('lost')] })).rejects.toMatchObject({
        ...UNAVAILABLE,
        messageIds: expect.toSatisfy((ids?: string[]) => ids === undefined || ids[0] === 'lost'),
      })
    isFull = false
    await expect(store.commit('later', { append: [message('b')] })).rejects.toMatchObject(UNAVAILABLE)
    state.isOut = false
    await expect.poll(() => store.state).toBe('primary')
    expect([await idsOf(inner, 'first'), await idsOf(inner, 'later')]).toEqual([[], ['a']])
    expect(await store.parked()).toEqual([])
    await store.commit('later', { append: [message('b')] })
    expect(await idsOf(store, 'later')).toEqual(['a', 'b'])
  })

  test('an abort ends a write that waits for its turn, and does not take it', async () => {
    const all = accepting()
    const { store, inner } = all
    await store.create(newSession('s'))
    const stop = new AbortController()
    const first = store.commit('s', { append: [message('a')] })
    const second = store.commit('s', { append: [message('b')] }, { signal: stop.signal })
    stop.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    await first
    await store.commit('s', { append: [message('c')] })
    expect(await idsOf(inner, 's')).toEqual(['a', 'c'])
  })
})

/** A store that outlives who closes it. */
function keptOpen(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member)
      if (member === 'close') return async () => {}
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
