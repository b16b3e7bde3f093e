import { newSessionId } from '@sess/core'
import { startMysql, startProxy } from '@sess/servers'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  type Acknowledged,
  append,
  clientOf,
  expectKept,
  expectLog,
  lend,
  message,
  newSession,
  range,
  retries,
  rowsOf,
  storeOn,
  strangers,
  through,
} from './faults.ts'

// The store repeats by itself what was lost: no call of these tests fails, so that nothing here repeats one.
describe('of all replies one in ten is cut, after the server did what it answers', {
  timeout: 60_000,
}, () => {
  test('500 appends, one after another and 16 at once: all there once, in order', async (context) => {
    const { proxy, store, events } = await behindCuts(context)
    for (const session of ['one', 'many']) await store.create(newSession(session))
    const acknowledged: { [session: string]: Acknowledged } = { one: new Map(), many: new Map() }
    const write = async (session: string, i: number) =>
      expect(await append(store, session, `m${i}`, acknowledged[session] as Acknowledged)).toBeUndefined()
    for (const i of range(100)) await write('one', i)
    await Promise.all(
      range(16).map(async (w) => {
        for (let i = w; i < 400; i += 16) await write('many', i)
      }),
    )
    proxy.forwardReplies()
    for (const [session, size] of [
      ['one', 100],
      ['many', 400],
    ] as const) {
      const seen = acknowledged[session] as Acknowledged
      expect(seen.size).toBe(size)
      expect(strangers(await expectKept(store, session, seen), seen)).toEqual([])
    }
    expect((await expectLog(store, 'one')).map(({ id }) => id)).toEqual(range(100).map((i) => `m${i}`))
    expect(proxy.cuts).toBeGreaterThan(50)
    expect(events.count).toBeGreaterThan(20)
  })

  test('creates, deletes, unconditional sets and lifetimes: each as if nothing were lost', async (context) => {
    const { proxy, store } = await behindCuts(context)
    const ids = range(16).map(() => newSessionId('u'))
    for (const [i, id] of ids.entries()) {
      // With messages a transaction, without a statement that stands alone.
      const messages = i % 3 === 0 ? [message('first')] : []
      const created = await store.create(newSession(id, { userId: 'u', messages }))
      expect(created).toMatchObject({ id, version: 1, lastSeq: messages.length })
      await store.commit(id, { set: [['k', i]] })
      await store.commit(id, { session: { metadata: { title: id }, ttlMs: 3_600_000 } })
      if (i % 2 === 0) expect(await store.delete(id)).toBe(true)
    }
    expect(proxy.cuts).toBeGreaterThan(10)
    proxy.forwardReplies()
    const { sessions } = await store.list({ userId: 'u', limit: 100 })
    expect(sessions.map(({ id }) => id).sort()).toEqual(ids.filter((_, i) => i % 2 === 1).sort())
    expect(await store.count('u')).toBe(8)
    for (const { id } of sessions) {
      const { session, context: entries } = await store.load(id, { context: true })
      expect(entries).toEqual([['k', ids.indexOf(id)]])
      expect(session).toMatchObject({ metadata: { title: id }, ttlMs: 3_600_000 })
    }
    await expect(store.create(newSession(ids[1] as string, { userId: 'u' }))).rejects.toMatchObject({
      code: 'SESSION_EXISTS',
    })
  })

  test('whole turns: append and set, applied once and together', async (context) => {
    const { proxy, store } = await behindCuts(context)
    await store.create(newSession('s'))
    for (const i of range(25)) {
      const turn = range(4).map((m) => message(`t${i}-${m}`))
      const { messages, version } = await store.commit('s', { append: turn, set: [['turns', i + 1]] })
      expect(messages.map(({ seq }) => seq)).toEqual(range(4).map((m) => 4 * i + m + 1))
      expect(version).toBe(i + 2)
    }
    expect(proxy.cuts).toBeGreaterThan(5)
    proxy.forwardReplies()
    expect(await expectLog(store, 's')).toHaveLength(100)
    const { session, context: entries } = await store.load('s', { context: true })
    expect(entries).toEqual([['turns', 25]])
    expect(session.version).toBe(26)
  })

  test('what is not safe to repeat is not repeated: it was applied once, or not at all', async (context) => {
    const { server, proxy, store } = await behindCuts(context)
    const look = clientOf(server)
    await store.create(newSession('s', { messages: range(200).map((i) => message(`m${i}`)) }))
    let lost = 0
    let left = 200
    for (const _ of range(50)) {
      let outcome = 'done'
      try {
        await store.commit('s', { cut: { newest: 1 } })
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
        outcome = (error as { outcome: string }).outcome
      }
      // Waits for what the server may still be about.
      const [row] = await rowsOf(
        look,
        "SELECT message_count AS count FROM sess_sessions WHERE id = 's' LOCK IN SHARE MODE",
      )
      const gone = left - Number(row?.count)
      if (outcome === 'unknown') expect([0, 1]).toContain(gone)
      else expect(gone).toBe(outcome === 'done' ? 1 : 0)
      left -= gone
      if (outcome === 'unknown') lost++
    }
    expect(lost).toBeGreaterThan(0)
    proxy.forwardReplies()
    expect(await expectLogOf(store)).toHaveLength(left)
  })
})

/** The seqs of what is left, from 1 on; a cut uses up seqs after them. */
async function expectLogOf(store: ReturnType<typeof storeOn>) {
  const { messages = [], session } = await store.load('s', { messages: { last: 200 } })
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1))
  expect(session).toMatchObject({ messageCount: messages.length, lastSeq: 400 - messages.length })
  return messages
}

/** A store behind a proxy that cuts one chunk of replies in ten, and tells of its retries. */
async function behindCuts(context: TestContext) {
  const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
  const proxy = await lend(context, () => startProxy(server))
  const events = retries()
  // Nothing here ends by its timeout, however slow the machine is.
  const store = storeOn({ ...through(proxy, server), timeout: '30s', onEvent: events.onEvent })
  proxy.cutReplies({ probability: 0.1 })
  return { server, proxy, store, events }
}
