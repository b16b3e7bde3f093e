import { startMysql } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  type Acknowledged,
  append,
  clientOf,
  committing,
  connectionsOf,
  endOf,
  expectKept,
  holdCommits,
  lend,
  message,
  newSession,
  newUser,
  range,
  startLoad,
  storeOn,
  strangers,
} from './faults.ts'

describe('KILL CONNECTION', { timeout: 60_000 }, () => {
  test.for(['mariadb', 'mysql'] as const)(
    '%s, of all of a store under load, again and again: no append fails, all are there once, in order',
    async (flavour, context) => {
      const server = await lend(context, () => startMysql({ flavour }))
      const look = clientOf(server)
      const store = storeOn({ ...(await newUser(server, 'app')), timeout: '30s' })
      for (const session of ['s', 't']) await store.create(newSession(session))
      const writers = range(16).map((w) => ({ store, session: w % 2 === 0 ? 's' : 't' }))
      const load = startLoad(writers, async (through, session, id, acknowledged) => {
        // Every other one of `s` in a transaction of its own.
        const more = id.endsWith('1') && session === 's' ? { set: [[id, true]] as const } : {}
        expect(await append(through, session, id, acknowledged, more)).toBeUndefined()
      })
      let killed = 0
      for (let round = 0; round < 10; round++) {
        await load.more(30)
        for (const id of await connectionsOf(look, 'app'))
          killed += await look.query(`KILL CONNECTION ${id}`).then(
            () => 1,
            // It has ended by itself.
            () => 0,
          )
      }
      await load.stop()
      expect(killed).toBeGreaterThan(20)
      for (const session of ['s', 't']) {
        const acknowledged = load.acknowledged.get(session) as Acknowledged
        expect(strangers(await expectKept(store, session, acknowledged), acknowledged)).toEqual([])
      }
    },
  )

  test.for(['mariadb', 'mysql'] as const)(
    '%s, under commits that are not safe to repeat: each is applied once, or not at all where it says so',
    async (flavour, context) => {
      const server = await lend(context, () => startMysql({ flavour }))
      const look = clientOf(server)
      const store = storeOn({ ...(await newUser(server, 'app')), timeout: '30s' })
      const sessions = range(8).map((i) => `s${i}`)
      const messages = range(500).map((i) => message(`m${i}`))
      for (const id of sessions) await store.create(newSession(id, { messages }))
      let isOver = false
      const cutting = sessions.map(async (id) => {
        const ends: { [outcome: string]: number } = { done: 0, none: 0, unknown: 0 }
        while (!isOver && (ends.done ?? 0) < 400) {
          const end = await endOf(store.commit(id, { cut: { newest: 1 } }))
          const outcome = end === 'done' ? end : end[1]
          if (end !== 'done') expect(end[0]).toBe('STORE_UNAVAILABLE')
          ends[outcome] = (ends[outcome] ?? 0) + 1
        }
        return ends
      })
      for (let round = 0; round < 20; round++)
        for (const id of await connectionsOf(look, 'app'))
          await look.query(`KILL CONNECTION ${id}`).catch(() => undefined)
      isOver = true
      for (const [i, { done = 0, unknown = 0 }] of (await Promise.all(cutting)).entries()) {
        const { session } = await store.load(sessions[i] as string)
        expect(500 - session.messageCount).toBeGreaterThanOrEqual(done)
        expect(500 - session.messageCount).toBeLessThanOrEqual(done + unknown)
      }
    },
  )

  test('of one whose COMMIT waits: an append is done on another, once; what is not safe to repeat is told', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
    const look = clientOf(server)
    const store = storeOn({ ...(await newUser(server, 'app')), timeout: '20s' })
    const messages = range(3).map((i) => message(`m${i}`))
    for (const id of ['s', 't']) await store.create(newSession(id, { messages }))
    const release = await holdCommits(look)
    const cut = endOf(store.commit('s', { cut: { newest: 1 } }))
    const appended = store.commit('t', { append: [message('n')] })
    await expect.poll(async () => (await committing(look)).length).toBe(2)
    const before = await committing(look)
    for (const id of before) await look.query(`KILL CONNECTION ${id}`)
    // The server breaks the connection off without a word.
    expect(await cut).toEqual(['STORE_UNAVAILABLE', 'unknown'])
    await expect.poll(async () => (await committing(look)).some((id) => !before.includes(id))).toBe(true)
    await release()
    expect((await appended).messages).toMatchObject([{ id: 'n', seq: 4 }])
    expect((await store.load('t')).session).toMatchObject({ messageCount: 4, version: 2 })
    expect((await store.load('s')).session.messageCount).toBeGreaterThanOrEqual(2)
  })
})
