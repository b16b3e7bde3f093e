import { isSessError, type SessionStore, type StoreEvent } from '@sess/core'
import type { MysqlServer } from '@sess/servers'
import { drizzle } from 'drizzle-orm/mysql2'
import { createPool } from 'mysql2'
import type { RowDataPacket } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { createMysqlStore, type MysqlStoreOptions } from '../src/index.ts'
import { message, range, session, useServer } from './fixture.ts'
import { lookAt, newPrefix, takeAll } from './harness.ts'

const { server, address, query, open, counted } = await useServer()

describe('options', () => {
  test.each([
    [{ tablePrefix: '' }],
    [{ tablePrefix: 'a`b' }],
    [{ migrate: 'maybe' }],
    [{ timeout: 0 }],
    [{ maxOpenConns: 0 }],
    [{ maxIdleConns: 1.5 }],
    [{ connMaxLifetime: 'soon' }],
    [{ connectTimeout: -1 }],
    [{ url: 'nonsense' }],
    [{ url: 'mysql://h/db', host: 'h' }],
    [{ pool: {}, db: {} }],
    [{ pool: { query() {} } }],
  ])('%j are refused', (options) => {
    expect(() => createMysqlStore(options as unknown as MysqlStoreOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  test('nothing connects, and nothing keeps the process alive, before the first use', async () => {
    await createMysqlStore({ host: 'nowhere.invalid' }).close()
  })
})

describe.skipIf(server === undefined)('with a server', () => {
  const looked = server as MysqlServer
  /** Connections of the user that tests give to a store alone. */
  const connections = async (user: string) =>
    (await query('SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ? ORDER BY ID', [user])).map(
      ({ ID }) => Number(ID),
    )
  let users = 0
  /** A user of the database, told apart from all others. */
  const newUser = async (rights = 'ALL') => {
    const user = `user${++users}`
    await query(`CREATE USER ${user}@'%' IDENTIFIED BY 'secret'`)
    await query(`GRANT ${rights} ON ${looked.database}.* TO ${user}@'%'`)
    return { ...address(), user, password: 'secret' }
  }
  const busy = (store: SessionStore, calls: number) => Promise.all(range(calls).map(() => store.count('u')))

  describe('connects', () => {
    test.each<[string, (user: Awaited<ReturnType<typeof newUser>>) => MysqlStoreOptions]>([
      [
        'by a URL',
        ({ user, host, port, database }) => ({ url: `mysql://${user}:secret@${host}:${port}/${database}` }),
      ],
      [
        'by a URL and a password',
        ({ user, host, port, database }) => ({
          url: `mysql://${user}@${host}:${port}/${database}`,
          password: 'secret',
        }),
      ],
      [
        'as Go writes it',
        ({ user, host, port, database }) => ({
          url: `${user}:secret@tcp(${host}:${port})/${database}?parseTime=true`,
        }),
      ],
      [
        'through a socket',
        ({ user, database }) => ({ socketPath: looked.socket ?? '', user, password: 'secret', database }),
      ],
      [
        'through a socket, as Go writes it',
        ({ user, database }) => ({ url: `${user}:secret@unix(${looked.socket})/${database}` }),
      ],
    ])('%s', async (_, optionsFor) => {
      // A user of no host in particular may come through the socket too.
      const store = open(optionsFor(await newUser()))
      expect(await store.count('u')).toBe(0)
    })

    test('to no more connections than maxOpenConns, and keeps maxIdleConns of them', async () => {
      for (const maxOpenConns of [1, 3, 6]) {
        const options = await newUser()
        const store = open({ ...options, maxOpenConns, maxIdleConns: 1 })
        await store.create(session({ id: 's' }))
        await Promise.all([
          busy(store, 40),
          ...range(40).map(() => store.commit('s', { append: [message()] })),
          ...range(10).map((i) => store.commit('s', { set: [[`k${i}`, i]] })),
        ])
        const all = await connections(options.user)
        expect(all.length).toBeGreaterThan(maxOpenConns === 1 ? 0 : 1)
        expect(all.length).toBeLessThanOrEqual(maxOpenConns)
        await expect.poll(async () => (await connections(options.user)).length).toBe(1)
      }
    })

    test('anew where a connection is older than connMaxLifetime, or went without work for connMaxIdleTime', async () => {
      for (const limit of [{ connMaxLifetime: 1 }, { connMaxIdleTime: 1 }, {}]) {
        const options = await newUser()
        const store = open({ ...options, maxOpenConns: 1, ...limit })
        await store.count('u')
        const before = await connections(options.user)
        await expect.poll(() => Date.now()).toBeGreaterThan(Date.now() + 2)
        await store.count('u')
        if (Object.keys(limit).length > 0)
          await expect.poll(() => connections(options.user)).not.toEqual(before)
        else expect(await connections(options.user)).toEqual(before)
      }
    })

    test('strictly, in utf8mb4 and read committed, whatever the server is set to', async () => {
      const pool = lookAt(looked)
      const [before] = await pool.query<RowDataPacket[]>(
        'SELECT @@GLOBAL.sql_mode AS mode, @@GLOBAL.character_set_client AS charset',
      )
      await pool.query("SET GLOBAL sql_mode = '', GLOBAL init_connect = 'SET NAMES latin1'")
      try {
        const options = await newUser()
        const store = open(options)
        const { id } = await store.create(session({ userId: 'é😀' }))
        await store.commit(id, { append: [message('é😀')] })
        expect((await store.load(id, { messages: { last: 1 } })).messages?.[0]?.content).toBe('é😀')
      } finally {
        await pool.query("SET GLOBAL sql_mode = ?, GLOBAL init_connect = ''", [before[0]?.mode])
      }
    })

    test('to none that it has not closed after a close', async () => {
      const options = await newUser()
      const store = open(options)
      await busy(store, 20)
      await store.close()
      await expect.poll(() => connections(options.user)).toEqual([])
    })
  })

  describe('with connections of the application', () => {
    test('leaves them open, and as they were', async () => {
      const pool = createPool({ ...address(), connectionLimit: 1 }).promise()
      const state = async () =>
        (
          await pool.query(
            'SELECT CONNECTION_ID(), @@autocommit, @@sql_mode, @@tx_isolation, @@innodb_lock_wait_timeout, @@in_transaction',
          )
        )[0]
      await pool.query("SET SESSION sql_mode = 'ANSI_QUOTES', SESSION innodb_lock_wait_timeout = 7")
      const before = await state()
      for (const options of [{ pool }, { pool: pool.pool }, { db: drizzle(pool) }]) {
        const store = open(options)
        const { id } = await store.create(session({ messages: [message()] }))
        await store.commit(id, { append: [message()] })
        await store.commit(id, { append: [message()], set: [['k', 1]] })
        await store.commit(id, { append: [message()] }, { if: { version: 9 } }).catch(() => undefined)
        await store.delete(id)
        await store.close()
        expect(await state()).toEqual(before)
      }
      await pool.end()
    })

    test.each([
      ['in another charset', { charset: 'latin1' }, 'SELECT 1', 'utf8mb4'],
      ['without autocommit', {}, 'SET SESSION autocommit = 0', 'autocommit'],
    ])('%s, refuses them', async (_, options, sql, told) => {
      const pool = createPool({ ...address(), ...options, connectionLimit: 1 }).promise()
      await pool.query(sql)
      await expect(open({ pool }).count('u')).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(told),
      })
      await pool.end()
    })
  })

  describe('errors', () => {
    const failure = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        (error: unknown) => (isSessError(error) ? [error.code, error.outcome] : error),
      )

    test('of a wrong password, a database that is not there and rights that are lacking', async () => {
      const options = await newUser()
      const wrong = await open({ ...options, password: 'wrong-secret' })
        .count('u')
        .catch((error: Error) => error)
      expect(wrong).toMatchObject({ code: 'CONFIG_INVALID' })
      expect(String(wrong)).not.toContain('secret')
      expect(await failure(open({ ...address(), database: 'nowhere' }).count('u'))).toEqual([
        'CONFIG_INVALID',
        'none',
      ])
      const reader = await newUser('SELECT')
      expect(await failure(open(reader).count('u'))).toEqual(['CONFIG_INVALID', 'none'])
    })

    test('of a server that is not there', async () => {
      const store = open({ ...address(), port: 1 })
      expect(await failure(store.count('u'))).toEqual(['STORE_UNAVAILABLE', 'none'])
      expect(await failure(store.commit('s', { append: [message()] }))).toEqual(['STORE_UNAVAILABLE', 'none'])
    })

    test('of a server that became read-only, and none once it takes writes again', async () => {
      const store = open({ ...(await newUser()), timeout: '1s' })
      const { id } = await store.create(session())
      await query('SET GLOBAL read_only = 1')
      try {
        for (const change of [{ append: [message()] }, { set: [['k', 1]] as const }]) {
          const error = await store.commit(id, change).catch((error: Error) => error)
          expect(error).toMatchObject({
            code: 'STORE_UNAVAILABLE',
            outcome: 'none',
            message: expect.stringContaining('read-only'),
          })
        }
        expect((await store.load(id)).session.version).toBe(1)
      } finally {
        await query('SET GLOBAL read_only = 0')
      }
      expect((await store.commit(id, { append: [message()] })).lastSeq).toBe(1)
    })

    test('of a server that takes no more connections, until it does', async () => {
      const events: StoreEvent[] = []
      const store = open({ ...(await newUser()), onEvent: (event) => void events.push(event) })
      const other = createPool({ ...(await newUser()), connectionLimit: 1 }).promise()
      await other.query('SELECT 1')
      await query('SET GLOBAL max_connections = 10')
      const rest = createPool({ ...(await newUser()), connectionLimit: 20 }).promise()
      try {
        const taken = await takeAll(rest)
        expect(taken.length).toBeLessThan(10)
        const call = store.count('u')
        await expect.poll(() => events.some(({ type }) => type === 'retry')).toBe(true)
        for (const one of taken) one.destroy()
        expect(await call).toBe(0)
      } finally {
        await query('SET GLOBAL max_connections = 151')
        await rest.end()
        await other.end()
      }
    })

    test('of a message that is larger than the server takes', async () => {
      const [before] = await query('SELECT @@GLOBAL.max_allowed_packet AS bytes')
      await query('SET GLOBAL max_allowed_packet = 1048576')
      try {
        const store = open()
        const { id } = await store.create(session())
        const error = await store
          .commit(id, { append: [message('x'.repeat(2_000_000))] })
          .catch((error: Error) => error)
        expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', outcome: 'none' })
        expect((await store.commit(id, { append: [message()] })).lastSeq).toBe(1)
      } finally {
        await query(`SET GLOBAL max_allowed_packet = ${before?.bytes}`)
      }
    })

    test('of another transaction that won: the call is tried again', async () => {
      const tablePrefix = newPrefix()
      const events: StoreEvent[] = []
      const store = open({ ...address(), onEvent: (event) => void events.push(event) }, tablePrefix)
      for (const id of ['a', 'b', 'c']) await store.create(session({ id, ttlMs: 1e9 }))
      await query(`UPDATE ${tablePrefix}sessions SET expires_at = 1 WHERE id <> 'c'`)
      const other = await lookAt(looked).getConnection()
      const hold = (id: string) =>
        other.query(`UPDATE ${tablePrefix}sessions SET metadata = '{"x":"y"}' WHERE id = ?`, [id])
      const waiting = async () =>
        (await query("SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'")).length
      try {
        await other.query('START TRANSACTION')
        for (const id of ['c', 'b']) await hold(id)
        const call = store.sweep({ limit: 10 })
        // The server tells anew only what was not asked for in the last 0.1 s.
        await expect.poll(waiting, { interval: 200 }).toBe(1)
        // It has changed more than the sweep, which is therefore the one that the server gives up.
        await hold('a')
        await expect
          .poll(() => events)
          .toContainEqual({ type: 'retry', store: 'mysql', detail: { operation: 'sweep' } })
        await other.query('ROLLBACK')
        expect(await call).toBe(2)
      } finally {
        other.release()
      }
    })

    test('of a message in the way: tried again, and damage where it stays', async () => {
      const tablePrefix = newPrefix()
      const store = open(address(), tablePrefix)
      const { id } = await store.create(session())
      // As on a node of Galera, where what another one commits does not wait for the session. A transaction does not
      // take back what is written to such a table.
      await query(`CREATE TABLE ${tablePrefix}way (refusals INT) ENGINE = MyISAM`)
      await query(`INSERT INTO ${tablePrefix}way VALUES (3)`)
      await query(`CREATE TRIGGER ${tablePrefix}way BEFORE INSERT ON ${tablePrefix}messages FOR EACH ROW
        IF (SELECT refusals FROM ${tablePrefix}way) > 0 THEN
          UPDATE ${tablePrefix}way SET refusals = refusals - 1;
          SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1062;
        END IF`)
      expect(await store.commit(id, { append: [message()] })).toMatchObject({ lastSeq: 1, replayed: false })
      await query(`UPDATE ${tablePrefix}way SET refusals = 1000`)
      const damaged = { code: 'CORRUPT_DATA', outcome: 'none', sessionId: id }
      await expect(store.commit(id, { append: [message()] })).rejects.toMatchObject(damaged)
      await query(`DROP TRIGGER ${tablePrefix}way`)
      expect((await store.commit(id, { append: [message()] })).lastSeq).toBe(2)
    })

    test('of connections that the server ends: the call is done on another', async () => {
      const options = await newUser()
      const store = open(options)
      const { id } = await store.create(session())
      for (let i = 1; i <= 5; i++) {
        for (const connection of await connections(options.user)) await query(`KILL ${connection}`)
        expect((await store.commit(id, { append: [message()] })).lastSeq).toBe(i)
        expect((await store.load(id)).session.messageCount).toBe(i)
      }
    })
  })

  describe('what goes is gone', () => {
    const left = async (prefix: string) => {
      const tables = ['sessions', 'messages', 'context', 'garbage']
      return Promise.all(
        tables.map(async (table) =>
          Number((await query(`SELECT COUNT(*) AS n FROM ${prefix}${table}`))[0]?.n),
        ),
      )
    }
    const long = async (store: SessionStore, id: string, fields = {}) => {
      await store.create(
        session({ id, context: [['k', 1]], messages: range(1000).map(() => message()), ...fields }),
      )
      for (let i = 0; i < 2; i++) await store.commit(id, { append: range(750).map(() => message()) })
    }

    test('a long session, deleted, swept or cut whole', async () => {
      const tablePrefix = newPrefix()
      const store = open(address(), tablePrefix)
      await long(store, 'deleted')
      await long(store, 'swept', { ttlMs: 1e9 })
      await long(store, 'cut')
      expect(await left(tablePrefix)).toEqual([3, 7500, 3, 0])
      await query(`UPDATE ${tablePrefix}sessions SET expires_at = 1 WHERE id = 'swept'`)
      expect([await store.delete('deleted'), await store.sweep({ limit: 10 })]).toEqual([true, 1])
      const { removedCount, lastSeq } = await store.commit('cut', {
        cut: { afterSeq: 0 },
        append: [message()],
      })
      expect([removedCount, lastSeq]).toEqual([2500, 2502])
      expect(await left(tablePrefix)).toEqual([1, 1, 1, 0])
      expect((await store.load('cut', { context: true })).context).toEqual([['k', 1]])
    })

    test('a session whose messages cannot go yet is deleted nevertheless, and they go with the next sweep', async () => {
      const tablePrefix = newPrefix()
      const store = open({ ...address(), timeout: '1s' }, tablePrefix)
      const { id } = await store.create(session({ messages: [message()] }))
      const holder = await lookAt(looked).getConnection()
      try {
        await holder.query('START TRANSACTION')
        await holder.query(`SELECT 1 FROM ${tablePrefix}messages FOR UPDATE`)
        expect(await store.delete(id)).toBe(true)
        expect(await left(tablePrefix)).toEqual([0, 1, 0, 1])
        expect(await store.delete(id)).toBe(false)
        await holder.query('ROLLBACK')
        expect(await store.sweep({ limit: 10 })).toBe(0)
        expect(await left(tablePrefix)).toEqual([0, 0, 0, 0])
      } finally {
        holder.release()
      }
    })

    test('what a crash left of a deleted session goes with the next sweep, and no other', async () => {
      const tablePrefix = newPrefix()
      const store = open(address(), tablePrefix)
      await long(store, 'gone')
      await long(store, 'kept')
      // As if the process had ended after the first step of a delete.
      await query(
        `INSERT INTO ${tablePrefix}garbage SELECT incarnation FROM ${tablePrefix}sessions WHERE id = 'gone'`,
      )
      await query(`DELETE FROM ${tablePrefix}sessions WHERE id = 'gone'`)
      await store.create(session({ id: 'gone' }))
      expect((await store.load('gone', { messages: { last: 5 } })).messages).toEqual([])
      expect(await store.sweep({ limit: 10 })).toBe(0)
      expect(await left(tablePrefix)).toEqual([2, 2500, 1, 0])
    })
  })

  describe('reads no more than is asked for', () => {
    /** Rows that the server read for some work. */
    const rowsRead = async (work: () => Promise<unknown>) => {
      const names = ['key', 'next', 'prev', 'first', 'last', 'rnd', 'rnd_next'].map(
        (name) => `Handler_read_${name}`,
      )
      const all = await counted(names, work)
      return all.reduce((sum, count) => sum + count, 0)
    }

    test('a page of a long session, a short list among many sessions, a count', async () => {
      const store = open()
      const { id } = await store.create(session({ id: 'long', userId: 'other' }))
      for (let i = 0; i < 5; i++) await store.commit(id, { append: range(1000).map(() => message()) })
      for (let i = 0; i < 500; i++) await store.create(session({ id: `s${i}` }))
      const overhead = await rowsRead(async () => undefined)
      const read = async (work: () => Promise<unknown>) => (await rowsRead(work)) - overhead
      for (const window of [{ last: 50 }, { afterSeq: 2500, limit: 50 }, { beforeSeq: 2500, limit: 50 }])
        expect(await read(() => store.load(id, { messages: window }))).toBeLessThan(800)
      expect(await read(() => store.load(id, { messages: { ids: ['nowhere'] } }))).toBeLessThan(20)
      const { nextCursor } = await store.list({ userId: 'u', limit: 20 })
      for (const cursor of [{}, { cursor: nextCursor ?? '' }]) {
        expect(await read(() => store.list({ userId: 'u', limit: 20, ...cursor }))).toBeLessThan(60)
        expect(await read(() => store.list({ all: true, limit: 20 }))).toBeLessThan(60)
      }
      expect(await read(() => store.commit(id, { append: [message()] }))).toBeLessThan(20)
      expect(
        await read(() => store.commit(id, { cut: { newest: 1 }, append: [message()], set: [['k', 1]] })),
      ).toBeLessThan(40)
    })
  })
})
