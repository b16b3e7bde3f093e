import type { StoreEvent } from '@sess/core'
import type { MysqlServer } from '@sess/servers'
import { generateMySQLDrizzleJson, generateMySQLMigration } from 'drizzle-kit/api'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/mysql2'
import { describe, expect, test } from 'vitest'
import { sessTables } from '../src/index.ts'
import { message, range, session, useServer } from './fixture.ts'
import { lookAt, newPrefix, tablesUnder } from './harness.ts'

const { server, address, query, open } = await useServer()

describe.skipIf(server === undefined)('tables', () => {
  const looked = server as MysqlServer
  const names = (prefix: string) =>
    ['context', 'garbage', 'messages', 'schema', 'sessions'].map((table) => prefix + table)
  /** All that a server tells of tables' columns and keys, without their prefix. */
  const shapeOf = async (prefix: string) => {
    const told = (rows: readonly object[]) => JSON.stringify(rows).replaceAll(prefix, '').split('},')
    const mine = 'TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, ?) = ?'
    const columns = await query(
      `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, ORDINAL_POSITION
      FROM information_schema.COLUMNS WHERE ${mine} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
      [prefix.length, prefix],
    )
    const keys = await query(
      `SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SEQ_IN_INDEX
      FROM information_schema.STATISTICS WHERE ${mine} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
      [prefix.length, prefix],
    )
    return [...told(columns), ...told(keys)]
  }
  /** The tables as drizzle-kit makes them of the schema. */
  const makeByKit = async (prefix: string) => {
    const [none, all] = [
      await generateMySQLDrizzleJson({}),
      await generateMySQLDrizzleJson(sessTables(prefix)),
    ]
    for (const sql of await generateMySQLMigration(none, all)) await query(sql)
  }

  test('are made on first use, and it is told once', async () => {
    const events: StoreEvent[] = []
    const onEvent = (event: StoreEvent) => void events.push(event)
    const tablePrefix = newPrefix()
    const store = open({ ...address(), onEvent }, tablePrefix)
    expect(await tablesUnder(looked, tablePrefix)).toEqual([])
    await Promise.all([store.count('u'), store.count('u')])
    await open({ ...address(), onEvent }, tablePrefix).count('u')
    expect(await tablesUnder(looked, tablePrefix)).toEqual(names(tablePrefix))
    expect(events).toEqual([{ type: 'migrated', store: 'mysql', detail: { version: 1 } }])
  })

  test('are those of the Drizzle schema, column by column and key by key', async () => {
    const [ours, theirs] = [newPrefix(), newPrefix()]
    await open(address(), ours).count('u')
    await makeByKit(theirs)
    expect(await shapeOf(theirs)).toEqual(await shapeOf(ours))
  })

  test('are made once by twenty stores that begin at the same time', async () => {
    const tablePrefix = newPrefix()
    const stores = range(20).map(() => open({ ...address(), maxOpenConns: 2 }, tablePrefix))
    await Promise.all(stores.map((store, i) => store.create(session({ id: `s${i}` }))))
    expect(await stores[0]?.count('u')).toBe(20)
    expect(await query(`SELECT version FROM ${tablePrefix}schema`)).toEqual([{ version: 1 }])
  })

  test("'check' makes nothing, and takes those that it finds, whoever made them", async () => {
    const tablePrefix = newPrefix()
    const store = open({ ...address(), migrate: 'check' }, tablePrefix)
    await expect(store.count('u')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`${tablePrefix}sessions`),
    })
    expect(await tablesUnder(looked, tablePrefix)).toEqual([])
    await makeByKit(tablePrefix)
    expect(await store.count('u')).toBe(0)
  })

  test("'off' does not look", async () => {
    const tablePrefix = newPrefix()
    const store = open({ ...address(), migrate: 'off' }, tablePrefix)
    await expect(store.count('u')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('migrate'),
    })
    await makeByKit(tablePrefix)
    await query(`INSERT INTO ${tablePrefix}schema VALUES (99)`)
    expect(await store.count('u')).toBe(0)
  })

  test.each([
    ['messages', 'MODIFY content longtext CHARACTER SET latin1 NOT NULL'],
    ['messages', 'MODIFY content mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL'],
    ['sessions', 'MODIFY user_id varchar(255)'],
    ['sessions', 'DROP COLUMN context_bytes'],
    ['sessions', 'ENGINE=MyISAM'],
    ['P_messages', 'DROP KEY P_messages_id'],
    ['P_sessions', 'DROP KEY P_sessions_id, ADD KEY P_sessions_id (id)'],
  ])('that are not as they should be are refused: %s %s', async (table, alteration) => {
    const tablePrefix = newPrefix()
    await open(address(), tablePrefix).count('u')
    const name = tablePrefix + table.replace('P_', '')
    await query(`ALTER TABLE ${name} ${alteration.replaceAll('P_', tablePrefix)}`)
    for (const migrate of ['auto', 'check'] as const)
      await expect(open({ ...address(), migrate }, tablePrefix).count('u')).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(name),
      })
  })

  test('may have columns and keys of yours beside ours', async () => {
    const tablePrefix = newPrefix()
    await open(address(), tablePrefix).count('u')
    await query(`ALTER TABLE ${tablePrefix}messages ADD tokens int, ADD KEY (role)`)
    const store = open(address(), tablePrefix)
    const { id } = await store.create(session({ messages: [message()] }))
    expect((await store.commit(id, { append: [message()] })).lastSeq).toBe(2)
  })

  test('are read through Drizzle as what they hold', async () => {
    const tablePrefix = newPrefix()
    const store = open(address(), tablePrefix)
    const { id, createdAt } = await store.create(session({ userId: 'é ', messages: [message('hi')] }))
    const { sessions, messages } = sessTables(tablePrefix)
    const rows = await drizzle(lookAt(looked))
      .select({
        user: sessions.userId,
        at: sessions.createdAt,
        active: sessions.isActive,
        content: messages.content,
      })
      .from(sessions)
      .innerJoin(messages, eq(messages.incarnation, sessions.incarnation))
      .where(eq(sessions.id, id))
    expect(rows).toEqual([{ user: 'é ', at: createdAt, active: true, content: '"hi"' }])
  })
})
