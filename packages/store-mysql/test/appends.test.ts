import { isSessError, type StoreEvent } from '@sess/core'
import type { MysqlServer } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import { message, range, session, useServer } from './fixture.ts'
import { lookAt, newPrefix } from './harness.ts'

const { server, address, query, open, counted } = await useServer()

describe.skipIf(server === undefined)('appends', () => {
  /** What some work sends: prepared statements, commits, and beginnings of transactions. */
  const trips = (work: () => Promise<unknown>) =>
    counted(['Com_stmt_execute', 'Com_commit', 'Com_begin'], work)

  test('one to a session that this process knows is an update, an insert and a commit', async () => {
    const store = open()
    const { id } = await store.create(session())
    await store.commit(id, { append: [message()] })
    expect(await trips(() => store.commit(id, { append: [message()] }))).toEqual([2, 1, 0])
    const { session: now } = await store.load(id)
    expect([now.lastSeq, now.messageCount, now.version]).toEqual([2, 2, 3])
  })

  test('one to any other session is read first', async () => {
    const tablePrefix = newPrefix()
    const { id } = await open(address(), tablePrefix).create(session())
    const store = open(address(), tablePrefix)
    // A connection asks what the server takes before its first use.
    const { id: other } = await store.create(session())
    await store.commit(other, { append: [message()] })
    expect(await trips(() => store.commit(id, { append: [message()] }))).toEqual([3, 1, 0])
    expect(await trips(() => store.load(id, { messages: { last: 50 }, context: true }))).toEqual([1, 0, 0])
  })

  test('those that wait at the same time share transactions', async () => {
    const store = open()
    const ids = range(40).map((i) => `s${i}`)
    for (const id of ids) await store.create(session({ id }))
    const [, commits = 0] = await trips(() =>
      Promise.all(ids.map((id) => store.commit(id, { append: [message(), message()] }))),
    )
    expect(commits).toBeLessThan(10)
    for (const id of ids) {
      const { session: now, messages } = await store.load(id, { messages: { last: 5 } })
      expect([now.lastSeq, now.version, messages?.map(({ seq }) => seq)]).toEqual([2, 2, [1, 2]])
    }
  })

  test('one that fails, and one that is aborted, leave those alone that it shares a transaction with', async () => {
    const store = open()
    const ids = range(20).map((i) => `s${i}`)
    const taken = message('there')
    for (const id of ids) await store.create(session({ id, messages: id === 's3' ? [taken] : [] }))
    await store.commit('s5', { session: { isActive: false } })
    const controller = new AbortController()
    const calls = ids.map((id) =>
      store.commit(
        id === 's7' ? 'nowhere' : id,
        { append: [id === 's3' ? { ...taken, content: 'other' } : message()] },
        id === 's9' ? { signal: controller.signal } : {},
      ),
    )
    controller.abort(new Error('enough'))
    const ends = await Promise.allSettled(calls)
    const codes = ends.map((end) =>
      end.status === 'fulfilled' ? 'done' : (end.reason.code ?? end.reason.message),
    )
    const expected = ids.map(() => 'done')
    expected[3] = 'CONFLICT'
    expected[5] = 'SESSION_CLOSED'
    expected[7] = 'SESSION_NOT_FOUND'
    expected[9] = 'enough'
    expect(codes).toEqual(expected)
    for (const id of ids.filter((_, i) => expected[i] === 'done'))
      expect((await store.load(id)).session.lastSeq).toBe(1)
  })

  test('one that is told not to be done, since its time is over, is not done with those that go on', async () => {
    const timeout = '1s'
    const store = open({ ...address(), timeout })
    const { id } = await store.create(session())
    await store.commit(id, { append: [message()] })
    const blocker = await lookAt(server as MysqlServer).getConnection()
    const table = (await query('SHOW TABLES')).flatMap(Object.values).filter((name) => /sessions$/.test(name))
    await blocker.query('START TRANSACTION')
    for (const name of table) await blocker.query(`SELECT * FROM ${name} WHERE id = ? FOR UPDATE`, [id])
    const [first, early, late] = [message(), message(), message()]
    const told = (one: typeof first) =>
      store.commit(id, { append: [one] }).then(
        () => 'done',
        (error: { outcome: string }) => error.outcome,
      )
    // The first keeps its session's lane until its time is over; then the two go on together, and one ends before the other.
    const pause = () => new Promise((resolve) => setTimeout(resolve, 300))
    const ends = [told(first)]
    await pause()
    ends.push(told(early))
    await pause()
    const last = told(late)
    expect(await Promise.all(ends)).toEqual(['none', 'none'])
    await blocker.query('COMMIT')
    blocker.release()
    // On a machine that is busy its time may be over too.
    const expected = (await last) === 'done' ? [late.id] : []
    const { messages } = await store.load(id, { messages: { last: 9 } })
    expect(messages?.slice(1).map((one) => one.id)).toEqual(expected)
  })

  test('of the same messages at once, each is there once', async () => {
    const store = open()
    const { id } = await store.create(session())
    const sent = range(10).map(() => message())
    const done = await Promise.all([...sent, ...sent].map((one) => store.commit(id, { append: [one] })))
    expect(done.filter(({ replayed }) => replayed)).toHaveLength(10)
    const { messages } = await store.load(id, { messages: { last: 100 } })
    expect(messages?.map(({ seq }) => seq)).toEqual(range(10).map((i) => i + 1))
  })

  test('three stores on the same sessions at once: nothing lost, no gap, conditions hold', async () => {
    const tablePrefix = newPrefix()
    const stores = [open(address(), tablePrefix), open(address(), tablePrefix), open(address(), tablePrefix)]
    const ids = range(8).map((i) => `s${i}`)
    for (const id of ids) await stores[0]?.create(session({ id }))
    let won = 0
    await Promise.all(
      range(600).map(async (i) => {
        const store = stores[i % 3]
        const id = ids[(i * 5) % 8] as string
        if (i % 10 > 0) return store?.commit(id, { append: [message()] })
        // Not plain: in a transaction of its own.
        return store?.commit(id, { append: [message()], set: [[`k${i}`, i]] })
      }),
    )
    for (const id of ids) {
      const [a, b] = await Promise.allSettled(
        stores.slice(0, 2).map((store) => store.commit(id, { append: [message()] }, { if: { lastSeq: 75 } })),
      )
      won += [a, b].filter((end) => end?.status === 'fulfilled').length
      const { session: now, messages } = (await stores[2]?.load(id, { messages: { last: 1000 } })) ?? {}
      expect([now?.lastSeq, now?.messageCount, now?.version]).toEqual([76, 76, 77])
      expect(messages?.map(({ seq }) => seq)).toEqual(range(76).map((i) => i + 1))
    }
    expect(won).toBe(8)
  })

  test('a sliding lifetime moves alike whether the session is known or read', async () => {
    const tablePrefix = newPrefix()
    const [one, other] = [open(address(), tablePrefix), open(address(), tablePrefix)]
    const { id } = await one.create(session({ ttlMs: 60_000, sliding: true }))
    for (const store of [one, one, other, one, other, other]) {
      const { expiresAt, updatedAt, messages } = await store.commit(id, { append: [message()] })
      expect(expiresAt).toBe(updatedAt + 60_000)
      expect(messages[0]?.createdAt).toBe(updatedAt)
      const { session: stored, messages: last } = await other.load(id, { messages: { last: 1 } })
      expect([stored.expiresAt, stored.updatedAt, last]).toEqual([expiresAt, updatedAt, messages])
    }
  })

  test('what is known and no longer so is found out: deleted, expired, made anew, closed, cut', async () => {
    const tablePrefix = newPrefix()
    const [store, other] = [open(address(), tablePrefix), open(address(), tablePrefix)]
    const append = (id: string) =>
      store.commit(id, { append: [message()] }).then(
        ({ lastSeq }) => lastSeq,
        (error) => error.code,
      )
    for (const id of ['deleted', 'expired', 'anew', 'closed', 'cut']) {
      await store.create(session({ id }))
      expect([await append(id), await append(id)]).toEqual([1, 2])
    }
    await other.delete('deleted')
    await query(`UPDATE ${tablePrefix}sessions SET expires_at = 1 WHERE id = 'expired'`)
    await other.delete('anew')
    await other.create(session({ id: 'anew' }))
    await other.commit('closed', { session: { isActive: false } })
    await other.commit('cut', { cut: { newest: 1 } })
    expect(await append('deleted')).toBe('SESSION_NOT_FOUND')
    expect(await append('expired')).toBe('SESSION_EXPIRED')
    expect(await append('anew')).toBe(1)
    expect(await append('closed')).toBe('SESSION_CLOSED')
    expect(await append('cut')).toBe(4)
  })

  test('a call that waits for a session that another transaction holds ends in its time, and nothing of it is done', async () => {
    const tablePrefix = newPrefix()
    const store = open({ ...address(), timeout: '1s' }, tablePrefix)
    const [held, free] = [await store.create(session()), await store.create(session())]
    const holder = await lookAt(server as MysqlServer).getConnection()
    try {
      await holder.query('START TRANSACTION')
      await holder.query(`SELECT 1 FROM ${tablePrefix}sessions WHERE id = ? FOR UPDATE`, [held.id])
      const call = store.commit(held.id, { append: [message()] })
      expect((await store.commit(free.id, { append: [message()] })).lastSeq).toBe(1)
      const error = await call.catch((error: unknown) => error)
      expect(isSessError(error, 'STORE_UNAVAILABLE') && error.outcome).toBe('none')
      await holder.query('ROLLBACK')
      const { messages } = await store.commit(held.id, { append: [message()] })
      expect(messages[0]?.seq).toBe(1)
    } finally {
      holder.release()
    }
  })

  test('a call whose session is held for longer than a lane waits is done alone, and leaves the lane to others', async () => {
    const tablePrefix = newPrefix()
    const events: StoreEvent[] = []
    const store = open({ ...address(), onEvent: (event) => void events.push(event) }, tablePrefix)
    const { id } = await store.create(session())
    const others = await Promise.all(range(4).map(() => store.create(session())))
    const holder = await lookAt(server as MysqlServer).getConnection()
    try {
      await holder.query('START TRANSACTION')
      await holder.query(`SELECT 1 FROM ${tablePrefix}sessions WHERE id = ? FOR UPDATE`, [id])
      const calls = range(3).map(() => store.commit(id, { append: [message()] }))
      const retry = { type: 'retry', store: 'mysql', detail: { operation: 'commit' } }
      await expect.poll(() => events).toContainEqual(retry)
      for (const other of others)
        expect((await store.commit(other.id, { append: [message()] })).lastSeq).toBe(1)
      await holder.query('ROLLBACK')
      const seqs = (await Promise.all(calls)).map(({ lastSeq }) => lastSeq)
      expect(seqs.sort()).toEqual([1, 2, 3])
    } finally {
      holder.release()
    }
  })
})
