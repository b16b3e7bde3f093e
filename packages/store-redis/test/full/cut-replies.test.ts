import { type NewMessage, newSessionId } from '@sess/core'
import { startProxy, startRedis } from '@sess/servers'
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
  storeOn,
  strangers,
} from './faults.ts'

// The store repeats by itself what was lost: no call of these tests fails, so that nothing here repeats one.
describe('of all replies one in ten is cut, after the server applied what it answers', {
  timeout: 60_000,
}, () => {
  test('500 appends, one after another and 16 at once: all there once, in order', async (context) => {
    const { proxy, store, events } = await behindCuts(context)
    for (const session of ['one', 'many']) await store.create(newSession(session))
    const acknowledged: { [session: string]: Acknowledged } = { one: new Map(), many: new Map() }
    const write = async (session: string, i: number) =>
      expect(await append(store, session, `m${i}`, acknowledged[session] as Acknowledged)).toBeUndefined()
    for (let i = 0; i < 250; i++) await write('one', i)
    await Promise.all(
      range(16).map(async (w) => {
        for (let i = w; i < 250; i += 16) await write('many', i)
      }),
    )
    const [cuts, retries] = [proxy.cuts, events.filter((type) => type === 'retry').length]
    proxy.forwardReplies()
    for (const session of ['one', 'many']) {
      const seen = acknowledged[session] as Acknowledged
      expect(seen.size).toBe(250)
      expect(strangers(await expectKept(store, session, seen), seen)).toEqual([])
    }
    expect((await expectLog(store, 'one')).map(({ id }) => id)).toEqual(range(250).map((i) => `m${i}`))
    expect(cuts).toBeGreaterThan(20)
    expect(retries).toBeGreaterThan(20)
  })

  test('creates, deletes, unconditional sets and lifetimes: each as if nothing were lost', async (context) => {
    const { proxy, store } = await behindCuts(context)
    // Of a session that lies elsewhere than its user's index, a delete whose answer was lost leaves an entry there
    // that counts until a list removes it.
    const ids = range(60).map((i) => (i % 3 === 0 ? `s${i}` : newSessionId('u')))
    for (const i of range(60)) {
      const id = ids[i] as string
      const created = await store.create(newSession(id, { userId: 'u', messages: [message('first')] }))
      expect(created).toMatchObject({ id, version: 1, lastSeq: 1 })
      await store.commit(id, { set: [['k', i]] })
      await store.commit(id, { session: { metadata: { title: id }, ttlMs: 3_600_000 } })
      if (i % 2 === 0) expect(await store.delete(id)).toBe(true)
    }
    expect(proxy.cuts).toBeGreaterThan(10)
    proxy.forwardReplies()
    const { sessions } = await store.list({ userId: 'u', limit: 100 })
    expect(sessions.map(({ id }) => id).sort()).toEqual(ids.filter((_, i) => i % 2 === 1).sort())
    expect(await store.count('u')).toBeGreaterThanOrEqual(30)
    expect(await store.count('u')).toBeLessThanOrEqual(40)
    for (const { id } of sessions) {
      const { session, context: entries } = await store.load(id, { context: true })
      expect(entries).toEqual([['k', ids.indexOf(id)]])
      expect(session).toMatchObject({ metadata: { title: id }, ttlMs: 3_600_000, messageCount: 1 })
    }
    await expect(store.create(newSession(ids[1] as string, { userId: 'u' }))).rejects.toMatchObject({
      code: 'SESSION_EXISTS',
    })
  })

  test('whole turns: append and set, applied once and together', async (context) => {
    const { proxy, store } = await behindCuts(context)
    await store.create(newSession('s'))
    for (const i of range(150)) {
      const turn = range(4).map((m): NewMessage => message(`t${i}-${m}`))
      const { messages, version } = await store.commit('s', { append: turn, set: [['turns', i + 1]] })
      expect(messages.map(({ seq }) => seq)).toEqual(range(4).map((m) => 4 * i + m + 1))
      expect(version).toBe(i + 2)
    }
    expect(proxy.cuts).toBeGreaterThan(5)
    proxy.forwardReplies()
    expect(await expectLog(store, 's')).toHaveLength(600)
    const { session, context: entries } = await store.load('s', { context: true })
    expect(entries).toEqual([['turns', 150]])
    expect(session.version).toBe(151)
  })

  test('what is not safe to repeat is not repeated: it was applied once, or not at all', async (context) => {
    const { server, proxy, store } = await behindCuts(context)
    await store.create(newSession('s', { messages: range(200).map((i) => message(`m${i}`)) }))
    const redis = clientOf(server)
    let lost = 0
    for (const _ of range(100)) {
      const before = (await recordOf(redis)).count
      try {
        await store.commit('s', { cut: { newest: 1 } })
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
        const { outcome } = error as { outcome: string }
        if (outcome === 'unknown') lost++
        expect(before - (await recordOf(redis)).count).toBeLessThanOrEqual(outcome === 'unknown' ? 1 : 0)
        continue
      }
      expect(before - (await recordOf(redis)).count).toBe(1)
    }
    expect(lost).toBeGreaterThan(0)
    proxy.forwardReplies()
  })
})

/** A store behind a proxy that cuts one chunk of replies in ten, and tells of its retries. */
async function behindCuts(context: TestContext) {
  const server = await lend(context, () => startRedis({ flavour: 'redis' }))
  const proxy = await lend(context, () => startProxy(server))
  const events: string[] = []
  const store = storeOn({
    url: `redis://${proxy.host}:${proxy.port}`,
    // Nothing here ends by its timeout, however slow the machine is.
    timeout: '30s',
    onEvent: ({ type }) => events.push(type),
  })
  proxy.cutReplies({ probability: 0.1 })
  return { server, proxy, store, events }
}

/** Past the store: how many messages the server holds. */
async function recordOf(redis: ReturnType<typeof clientOf>): Promise<{ count: number }> {
  const [key = ''] = await redis.keys('sess:*:l:s')
  // Behind them the list has the record.
  return { count: (await redis.llen(key)) - 1 }
}
