import type { SessionStore } from '@sess/core'
import { startRedis } from '@sess/servers'
import { describe, expect, type TestContext, test } from 'vitest'
import { errorOf, expectLog, lend, message, newSession, storeOn } from './faults.ts'

describe('SIGSTOP of the server', { timeout: 30_000 }, () => {
  test('ends each call at its timeout, and what was appended then is stored once', async (context) => {
    const { server, store } = await paused(context, '700ms')
    const ids = Array.from({ length: 20 }, (_, i) => `m${i}`)
    const calls = [
      ...ids.map((id) => store.commit('s', { append: [message(id)] })),
      store.commit('s', { set: [['k', 1]] }),
      store.commit('s', { cut: { newest: 1 } }, { if: { lastSeq: 99 } }),
      store.create(newSession('other', { messages: [message('first')] })),
      store.delete('gone'),
      store.load('s'),
      store.count('nobody'),
    ]
    // The server stands until all have ended: nothing but its timeout ends one.
    const errors = await Promise.all(calls.map(errorOf))
    for (const error of errors) expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'unknown' })
    for (const [i, id] of ids.entries()) expect(errors[i]).toMatchObject({ messageIds: [id] })
    expect(errors[22]).toMatchObject({ messageIds: ['first'] })

    server.resume()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    const repeated = await Promise.all(ids.map((id) => store.commit('s', { append: [message(id)] })))
    expect(new Set(repeated.map(({ messages }) => messages[0]?.seq)).size).toBe(20)
    const messages = await expectLog(store, 's')
    expect(messages.map(({ id }) => id).sort()).toEqual(['m', ...ids].sort())
  })

  test('a call that was never sent says so, and is not sent after its end', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const first = storeOn({ url: server.url })
    await first.create(newSession('s'))
    server.pause()
    const store = storeOn({ url: server.url, timeout: '300ms' })
    const error = await errorOf(store.commit('s', { append: [message('m')] }))
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none' })
    server.resume()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    expect(await expectLog(store, 's')).toEqual([])
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
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
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
    expect(ended).toEqual([...ids, 'close'])
    const messages = await expectLog(storeOn({ url: server.url }), 's')
    expect(messages.map(({ id }) => id)).toEqual(['m', ...ids])
  })

  test('close() ends though the server still stands', async (context) => {
    const { server, store } = await paused(context, '300ms')
    const late = errorOf(store.commit('s', { append: [message('n')] }))
    await store.close()
    expect(await late).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['n'] })
    server.resume()
  })
})

/** A server that stands, and a store that is connected to it, with a session `s` of one message. */
async function paused(context: TestContext, timeout: string) {
  const server = await lend(context, () => startRedis({ flavour: 'redis' }))
  const store: SessionStore = storeOn({ url: server.url, timeout })
  await store.create(newSession('s', { messages: [message('m')] }))
  server.pause()
  return { server, store }
}
