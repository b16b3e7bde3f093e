import { startMysql } from '@sess/servers'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  append,
  clientOf,
  committing,
  connectionsOf,
  errorOf,
  expectKept,
  expectLog,
  holdCommits,
  lend,
  message,
  newSession,
  newUser,
  range,
  startLoad,
  storeOn,
} from './faults.ts'

describe('SIGSTOP of the server', { timeout: 30_000 }, () => {
  test('ends each call at its timeout, and nothing of it is done', async (context) => {
    const { server, look, store, before } = await paused(context, '1s')
    const ids = range(20).map((i) => `m${i}`)
    const calls = [
      ...ids.map((id) => store.commit('s', { append: [message(id)] })),
      store.commit('s', { set: [['k', 1]] }),
      store.commit('s', { cut: { newest: 1 } }, { if: { lastSeq: 1 } }),
      store.create(newSession('other', { messages: [message('first')] })),
      store.delete('s'),
      store.load('s'),
      store.count('nobody'),
    ]
    // The server stands until all have ended: nothing but its timeout ends one.
    for (const error of await Promise.all(calls.map(errorOf)))
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none' })

    server.resume()
    // It does what it was sent meanwhile, and takes it back.
    const remaining = async () => (await connectionsOf(look, 'app')).filter((id) => before.includes(id))
    await expect.poll(remaining).toEqual([])
    expect(await expectLog(store, 's')).toHaveLength(1)
    expect(await store.load('s', { context: true })).toMatchObject({ session: { version: 1 }, context: [] })
    await expect(store.load('other')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    const repeated = await Promise.all(ids.map((id) => store.commit('s', { append: [message(id)] })))
    expect(new Set(repeated.map(({ messages }) => messages[0]?.seq)).size).toBe(20)
    expect((await expectLog(store, 's')).map(({ id }) => id).sort()).toEqual(['m', ...ids].sort())
  })

  test('under load, longer than the timeout: all that was acknowledged is kept', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
    const store = storeOn({ url: server.url, timeout: '1s' })
    await store.create(newSession('s'))
    let failures = 0
    const writers = range(16).map(() => ({ store, session: 's' }))
    const load = startLoad(writers, async (through, session, id, acknowledged) => {
      while ((await append(through, session, id, acknowledged)) !== undefined) failures++
    })
    await load.more(200)
    server.pause()
    await expect.poll(() => failures).toBeGreaterThanOrEqual(16)
    server.resume()
    await load.more(200)
    await load.stop()
    const acknowledged = load.acknowledged.get('s') ?? new Map()
    expect(await expectKept(store, 's', acknowledged)).toHaveLength(acknowledged.size)
  })

  test('a commit that it was about may have been applied: what is safe is repeated, the rest is told', async (context) => {
    const { look, store } = await connected(context, '1s')
    await store.create(newSession('t', { messages: [message('m')] }))
    const release = await holdCommits(look)
    const calls = [
      store.commit('s', { append: [message('n')] }),
      store.commit('t', { cut: { newest: 1 } }),
    ].map(errorOf)
    await expect.poll(async () => (await committing(look)).length).toBe(2)
    expect(await Promise.all(calls)).toMatchObject([
      { code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['n'] },
      { code: 'STORE_UNAVAILABLE', outcome: 'unknown' },
    ])
    await release()
    await expect.poll(async () => (await committing(look)).length).toBe(0)
    // Both were.
    expect(await store.commit('s', { append: [message('n')] })).toMatchObject({ replayed: true })
    expect(await expectLog(store, 's')).toHaveLength(2)
    expect((await store.load('t')).session).toMatchObject({ messageCount: 0, version: 2 })
  })

  test('an abort settles at once, with the reason of its signal', async (context) => {
    const { server, store } = await paused(context, '20s')
    const controller = new AbortController()
    const { signal } = controller
    const calls = [
      store.commit('s', { append: [message('n')] }, { signal }),
      store.load('s', {}, { signal }),
      store.list({ userId: 'u', limit: 10 }, { signal }),
    ]
    const reason = new Error('the user left')
    const ends = calls.map(errorOf)
    controller.abort(reason)
    // Long before the timeout and while the server stands: settled by nothing but the abort.
    expect(await Promise.all(ends)).toEqual([reason, reason, reason])
    server.resume()
    expect(await errorOf(store.commit('s', { append: [message('n')] }))).toBeUndefined()
    expect(await expectLog(store, 's')).toHaveLength(2)
  })

  test('close() waits for what is in flight', async (context) => {
    const { server, store } = await paused(context, '20s')
    const ended: string[] = []
    const ids = ['a', 'b', 'c']
    const appends = ids.map((id) =>
      store.commit('s', { append: [message(id)] }).then(() => {
        ended.push(id)
      }),
    )
    const closed = store.close().then(() => {
      ended.push('close')
    })
    await expect(store.load('s')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(ended).toEqual([])
    server.resume()
    await Promise.all([...appends, closed])
    expect(ended.at(-1)).toBe('close')
    const messages = await expectLog(storeOn({ url: server.url }), 's')
    expect(messages.map(({ id }) => id)).toEqual(['m', ...ids])
  })

  test('close() ends though the server still stands', async (context) => {
    const { server, store } = await paused(context, '1s')
    const late = errorOf(store.commit('s', { append: [message('n')] }))
    await store.close()
    expect(await late).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none' })
    server.resume()
  })
})

/** A server, and a store that is connected to it as `app`, with a session `s` of one message. */
async function connected(context: TestContext, timeout: string) {
  const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
  const look = clientOf(server)
  const store = storeOn({ ...(await newUser(server, 'app')), timeout })
  await store.create(newSession('s', { messages: [message('m')] }))
  return { server, look, store }
}

/** The same, and the server stands. */
async function paused(context: TestContext, timeout: string) {
  const all = await connected(context, timeout)
  const before = await connectionsOf(all.look, 'app')
  all.server.pause()
  return { ...all, before }
}
