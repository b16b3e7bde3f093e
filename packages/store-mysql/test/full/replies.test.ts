import type { SessionStore } from '@sess/core'
import { type MysqlServer, startMysql } from '@sess/servers'
import { createPool, type Pool } from 'mysql2/promise'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { takeAll } from '../harness.ts'
import {
  append,
  clientOf,
  connectionsOf,
  endOf,
  errorOf,
  expectKept,
  expectLog,
  lend,
  message,
  newSession,
  newUser,
  range,
  retries,
  rowsOf,
  startLoad,
  storeOn,
} from './faults.ts'

// What passes by itself is repeated until the timeout, what does not is told at once.
const LONG = '10m'

const flavours = ['mariadb', 'mysql'] as const

describe('what real servers refuse', { timeout: 60_000 }, () => {
  test.for(flavours)(
    '%s, read-only: unavailable, nothing applied, and reads go on; under load none fails that lasts until it ends',
    async (flavour, context) => {
      const { server, look } = await started(context, flavour)
      const user = await newUser(server, 'app')
      const store = storeOn({ ...user, timeout: '1s' })
      await store.create(newSession('s', { messages: [message('m')] }))
      // MySQL's keeps out those too whom the usual one lets pass, and only the usual one ends both.
      const turn = (to: 0 | 1) =>
        look.query(`SET GLOBAL ${flavour === 'mysql' && to === 1 ? 'super_read_only' : 'read_only'} = ${to}`)
      await turn(1)
      const calls = [
        () => store.commit('s', { append: [message('n')] }),
        () => store.commit('s', { cut: { newest: 1 } }),
        () => store.create(newSession('t')),
        () => store.delete('s'),
      ]
      // One that its deadline meets while the server has it, as on a slow machine, may have been applied for all that
      // the store knows: then another tells.
      const refusal = { code: 'STORE_UNAVAILABLE', outcome: 'none', cause: { errno: 1290 } }
      await Promise.all(calls.map((call) => expect.poll(() => errorOf(call())).toMatchObject(refusal)))
      expect(await expectLog(store, 's')).toHaveLength(1)
      await turn(0)
      await store.commit('s', { append: [message('n')] })

      const events = retries()
      const waiting = storeOn({ ...user, timeout: LONG, onEvent: events.onEvent })
      await waiting.create(newSession('load'))
      const writers = range(8).map(() => ({ store: waiting, session: 'load' }))
      const load = startLoad(writers, async (through, session, id, acknowledged) => {
        const more = id.endsWith('1') ? { set: [[id, true]] as const } : {}
        expect(await append(through, session, id, acknowledged, more)).toBeUndefined()
      })
      await load.more(50)
      await turn(1)
      const before = events.count
      await expect.poll(() => events.count).toBeGreaterThan(before + 20)
      await turn(0)
      await load.more(50)
      await load.stop()
      const acknowledged = load.acknowledged.get('load') ?? new Map()
      expect(await expectKept(store, 'load', acknowledged)).toHaveLength(acknowledged.size)
    },
  )

  test.for(flavours)(
    '%s, 1213, met another transaction that won: tried again, applied once, the commit that is not repeatable too',
    async (flavour, context) => {
      const { server, look } = await started(context, flavour)
      const events = retries()
      const store = storeOn({ ...(await newUser(server, 'app')), timeout: '30s', onEvent: events.onEvent })
      for (const change of [
        { append: [message('n')] },
        { append: [message('n')], set: [['k', 1]] as const },
        { cut: { newest: 1 } },
      ]) {
        await store.create(newSession('s', { messages: [message('m')] }))
        const isShared = change.append !== undefined && change.set === undefined
        const before = events.count
        const done = await meet(look, () => store.commit('s', change))
        expect(done).toMatchObject({ version: 2, replayed: false })
        // A lane's failure is tried again alone, which is no retry yet.
        if (!isShared) expect(events.count).toBeGreaterThan(before)
        const { session } = await store.load('s')
        expect(session).toMatchObject({ version: 2, messageCount: change.append === undefined ? 0 : 2 })
        await store.delete('s')
      }
    },
  )

  test.for(flavours)(
    '%s, 1205, another holds the session: tried again until it lets go, or the timeout',
    async (flavour, context) => {
      const { server, look } = await started(context, flavour)
      const user = await newUser(server, 'app')
      const events = retries()
      const store = storeOn({ ...user, timeout: LONG, onEvent: events.onEvent })
      await store.create(newSession('s', { messages: [message('m')] }))
      const letGo = await hold(look, 's')
      // Neither may be sent again where it may have been applied.
      const calls = [
        store.commit('s', { cut: { newest: 1 } }),
        store.commit('s', { set: [['k', 1]] }, { if: { lastSeq: 1 } }),
      ]
      const brief = storeOn({ ...user, timeout: '2500ms' })
      expect(await errorOf(brief.commit('s', { append: [message('n')] }))).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        outcome: 'none',
      })
      await expect.poll(() => events.count).toBeGreaterThanOrEqual(2)
      await letGo()
      const ends = await Promise.all(calls.map(endOf))
      const { session } = await store.load('s')
      // Of the two the cut may have come first, and then the condition fails.
      expect(ends[0]).toBe('done')
      expect(session).toMatchObject({ messageCount: 0, version: ends[1] === 'done' ? 3 : 2 })
      if (ends[1] !== 'done') expect(ends[1]).toEqual(['CONFLICT', 'none'])
    },
  )

  test.for(flavours)(
    '%s, 1040, no more connections: tried again until there is one, or the timeout',
    async (flavour, context) => {
      const { server, look } = await started(context, flavour)
      const user = await newUser(server, 'app')
      const setUp = storeOn(user)
      await setUp.create(newSession('s'))
      await setUp.close()
      await expect.poll(() => connectionsOf(look, 'app')).toEqual([])
      await look.query('SET GLOBAL max_connections = 10')
      const rest = createPool({ ...(await newUser(server, 'rest')), connectionLimit: 20 })
      onTestFinished(() => rest.end())
      const taken = await takeAll(rest)
      expect(taken.length).toBeLessThan(10)
      const brief = storeOn({ ...user, migrate: 'off', timeout: '500ms' })
      const refusal = { code: 'STORE_UNAVAILABLE', outcome: 'none', cause: { errno: 1040 } }
      const calls = [() => brief.load('s'), () => brief.commit('s', { append: [message('m')] })]
      // A slow machine may not even be refused in that time.
      await Promise.all(calls.map((call) => expect.poll(() => errorOf(call())).toMatchObject(refusal)))
      const events = retries()
      const waiting = storeOn({ ...user, timeout: LONG, onEvent: events.onEvent })
      const call = waiting.commit('s', { append: [message('m')] })
      await expect.poll(() => events.count).toBeGreaterThan(2)
      for (const one of taken) one.destroy()
      expect((await call).lastSeq).toBe(1)
      expect(await expectLog(waiting, 's')).toHaveLength(1)
    },
  )

  test.for(flavours)(
    '%s, max_allowed_packet: what is larger is refused at once, and nothing of it is done',
    async (flavour, context) => {
      const { server, look } = await started(context, flavour)
      await look.query('SET GLOBAL max_allowed_packet = 1048576')
      const store = storeOn({ ...(await newUser(server, 'app')), timeout: LONG })
      await store.create(newSession('s', { messages: [message('m')] }))
      const large = 'é'.repeat(700_000)
      const calls = [
        store.commit('s', { append: [message('n'), { ...message('o'), content: large }] }),
        store.commit('s', { append: [message('n')], set: [['k', large]] }),
        store.create(newSession('t', { messages: [{ ...message('o'), content: large }] })),
      ]
      for (const end of await Promise.all(calls.map(endOf))) expect(end).toEqual(['LIMIT_EXCEEDED', 'none'])
      expect(await expectLog(store, 's')).toHaveLength(1)
      await expect(store.load('t')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
      // Small enough, though not by the length of the text.
      const content = 'x'.repeat(1_000_000)
      await store.commit('s', { append: [{ ...message('o'), content }] })
      expect((await store.load('s', { messages: { last: 1 } })).messages).toMatchObject([{ content }])
    },
  )

  test.for(flavours)(
    '%s, access and what is not there: the configuration is wrong, at once',
    async (flavour, context) => {
      const { server, look } = await started(context, flavour)
      const user = await newUser(server, 'app')
      const reader = await newUser(server, 'reader', 'SELECT')
      await storeOn(user).create(newSession('s'))
      await look.query('CREATE DATABASE bare')
      await look.query("GRANT ALL ON bare.* TO app@'%'")
      const bare = { ...user, database: 'bare' }
      const expected: [errno: number, () => Promise<unknown>][] = [
        [1045, () => storeOn({ ...user, password: 'wrong-secret', timeout: LONG }).load('s')],
        [1044, () => storeOn({ ...user, database: 'nowhere', timeout: LONG }).load('s')],
        [1049, () => storeOn({ ...nameless(server), database: 'nowhere', timeout: LONG }).load('s')],
        [1142, () => storeOn({ ...reader, timeout: LONG }).commit('s', { append: [message('m')] })],
        [1142, () => storeOn({ ...reader, tablePrefix: 'other_', timeout: LONG }).load('s')],
        [1146, () => storeOn({ ...bare, migrate: 'off', timeout: LONG }).load('s')],
        [
          1146,
          () => storeOn({ ...bare, migrate: 'off', timeout: LONG }).commit('s', { append: [message('m')] }),
        ],
        [1146, () => storeOn({ ...bare, migrate: 'off', timeout: LONG }).create(newSession('s'))],
      ]
      for (const [errno, call] of expected) {
        const error = await errorOf(call())
        expect(error).toMatchObject({ code: 'CONFIG_INVALID', outcome: 'none', cause: { errno } })
        expect(String(error)).not.toContain('secret')
      }
      expect(await endOf(storeOn({ ...bare, migrate: 'check' }).load('s'))).toEqual([
        'CONFIG_INVALID',
        'none',
      ])
      // A table that goes while the store works, and comes back.
      const store: SessionStore = storeOn({ ...user, timeout: LONG })
      await store.commit('s', { append: [message('m')] })
      await look.query('RENAME TABLE sess_messages TO away')
      expect(await endOf(store.commit('s', { append: [message('n')] }))).toEqual(['CONFIG_INVALID', 'none'])
      await look.query('RENAME TABLE away TO sess_messages')
      await store.commit('s', { append: [message('n')] })
      expect(await expectLog(store, 's')).toHaveLength(2)
    },
  )
})

async function started(context: TestContext, flavour: (typeof flavours)[number]) {
  const server = await lend(context, () => startMysql({ flavour }))
  return { server, look: clientOf(server) }
}

function nameless({ host, port, user, password }: MysqlServer) {
  return { host, port, user, password }
}

/** Holds a session until what it answers is called. */
async function hold(look: Pool, id: string): Promise<() => Promise<void>> {
  const connection = await look.getConnection()
  await connection.query('START TRANSACTION')
  await connection.query('SELECT 1 FROM sess_sessions WHERE id = ? FOR UPDATE', [id])
  return async () => {
    await connection.query('ROLLBACK')
    connection.release()
  }
}

/**
 * Lets a call deadlock with another transaction, which has changed more and therefore wins, and goes away when the
 * call was tried again.
 */
async function meet<T>(look: Pool, call: () => Promise<T>): Promise<T> {
  const connection = await look.getConnection()
  const [row] = await rowsOf(look, "SELECT incarnation FROM sess_sessions WHERE id = 's'")
  const waits = async () =>
    Number((await rowsOf(look, "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"))[0]?.Value)
  await connection.query('START TRANSACTION')
  // The place of the message that is there, and of the next.
  await connection.query('UPDATE sess_messages SET version = version + 1')
  for (const seq of range(40))
    await connection.query(
      `INSERT INTO sess_messages (incarnation, seq, id, role, created_at, version, bytes, content, metadata)
        VALUES (?, ?, ?, 'user', 1, 1, 2, '""', '{}')`,
      [row?.incarnation, seq + 2, `other${seq}`],
    )
  const called = call()
  called.catch(() => {})
  await expect.poll(waits).toBe(1)
  await connection.query("UPDATE sess_sessions SET is_active = 0 WHERE id = 's'")
  // It got what the call held: that was given up. Now the call waits again, from the beginning.
  await expect.poll(waits).toBe(1)
  await connection.query('ROLLBACK')
  connection.release()
  return called
}
