import type { SessionManager } from '@sess/core'
import { type MysqlServer, orSkip, startMysql } from '@sess/servers'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, describe, expect, test } from 'vitest'
import { NOTHING, open } from './open.ts'
import { describeTls } from './tls.ts'
import { file, ways } from './ways.ts'

const server = (await orSkip(() => startMysql({ flavour: 'mariadb' }))) as MysqlServer
const look =
  server &&
  (await createConnection({
    ...{ host: server.host, port: server.port, user: server.user, password: server.password },
    database: server.database,
  }))
afterAll(async () => {
  await look?.end()
  await server?.stop()
})
const query = async (sql: string) => (await look.query<RowDataPacket[]>(sql))[0]

let names = 0
/** An account of a test's own, by which its connections are known, and a database beside. */
async function account(password = 'hunter2') {
  const name = `t${++names}`
  await query(`CREATE DATABASE ${name}`)
  await query(`CREATE USER ${name}@'%' IDENTIFIED BY '${password}'`)
  await query(`GRANT ALL ON *.* TO ${name}@'%'`)
  const connections = async () => {
    const rows = await query(`SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = '${name}'`)
    return rows.map(({ id }) => Number(id)).sort((a, b) => a - b)
  }
  const section = { host: server.host, port: server.port, username: name, password, database: name }
  const at = (more: object = {}) => ({ store: { type: 'mysql', mysql: { ...section, ...more } } })
  return { name, connections, section, at }
}

/** Without what a test gives another way. */
function without(section: object, ...left: string[]) {
  return {
    type: 'mysql',
    mysql: Object.fromEntries(Object.entries(section).filter(([name]) => !left.includes(name))),
  }
}
const tablesIn = async (database: string) =>
  (await query(`SHOW TABLES IN ${database}`)).map((row) => String(Object.values(row)[0])).sort()
const works = async (manager: SessionManager) => (await manager.health()).ok
const errorOf = async (manager: SessionManager) => String((await manager.health()).error?.cause)

describe.skipIf(server === undefined)('on MySQL', () => {
  test.each(ways({ 'store.type': 'mysql' }))('store.type: mysql %s: sessions are there', async (_, way) => {
    const { name, section } = await account()
    const manager = await open(way, { store: { mysql: section } })
    const { id } = await manager.createSession('u')
    expect(await query(`SELECT id FROM ${name}.sessions_sessions`)).toEqual([{ id: Buffer.from(id) }])
  })

  describe('the server', async () => {
    const own = server && (await account())
    const { name, section } = own ?? {
      name: '',
      section: { host: '', port: 0, username: '', password: '', database: '' },
    }

    test.each(ways({ 'store.mysql.host': section.host }))('host %s', async (_, way) => {
      expect(await works(await open(way, { store: without(section, 'host') }))).toBe(true)
    })
    test.each(ways({ 'store.mysql.port': section.port }))('port %s', async (_, way) => {
      expect(await works(await open(way, { store: without(section, 'port') }))).toBe(true)
    })
    test('localhost and 3306 by default', async () => {
      const manager = await open(NOTHING, { store: without(section, 'host', 'port') })
      // Somebody may have a server there, which will not know us.
      expect(await errorOf(manager)).toMatch(/ECONNREFUSED (127\.0\.0\.1|::1):3306|Access denied/)
      const other = await open(NOTHING, { store: without(section, 'port') })
      expect(await errorOf(other)).toMatch(/ECONNREFUSED 127\.0\.0\.1:3306|Access denied/)
    })
    test.each(ways({ 'store.mysql.username': name }))('username %s', async (_, way) => {
      expect(await works(await open(way, { store: without(section, 'username') }))).toBe(true)
    })
    test.each(ways({ 'store.mysql.password': 'hunter2' }))('password %s', async (_, way) => {
      expect(await works(await open(way, { store: without(section, 'password') }))).toBe(true)
    })
    test('neither by default', async () => {
      expect(await works(await open(NOTHING, { store: without(section, 'username') }))).toBe(false)
      expect(await errorOf(await open(NOTHING, { store: without(section, 'password') }))).toMatch(
        /using password: NO/,
      )
    })
    test.each(ways({ 'store.mysql.database': name }))('database %s', async (_, way) => {
      const manager = await open(way, { store: without(section, 'database') })
      await manager.createSession('u')
      expect(await tablesIn(name)).toContain('sessions_sessions')
    })
    test('database: sessions by default', async () => {
      await query('CREATE DATABASE sessions')
      const manager = await open(NOTHING, { store: without(section, 'database') })
      await manager.createSession('u')
      expect(await tablesIn('sessions')).toContain('sessions_sessions')
    })

    const go = `${name}:hunter2@tcp(${section.host}:${section.port})/${name}`
    const url = `mysql://${name}:hunter2@${section.host}:${section.port}/${name}`
    test.each([...ways({ 'store.mysql.dsn': go }), ...ways({ 'store.mysql.dsn': url })])(
      'dsn %s: says it all, whatever else is said',
      async (_, way) => {
        const elsewhere = { host: 'nowhere.invalid', port: 1, username: 'nobody', database: 'none' }
        expect(await works(await open(way, { store: { type: 'mysql', mysql: elsewhere } }))).toBe(true)
      },
    )
    test('dsn: by a file that a variable names, and a password that is given apart', async () => {
      const dsn = url.replace('hunter2', 'wrong')
      const env = {
        SESSION_MYSQL_DSN_FILE: file(`${dsn}\n`, 'dsn'),
        SESSION_MYSQL_PASSWORD_FILE: file('hunter2\n', 'password'),
      }
      expect(await works(await open(() => ({ env }), { store: { type: 'mysql' } }))).toBe(true)
    })
  })

  test.each([
    ...ways({ 'store.mysql.table_name': 'talks' }).map(([way, load]) => ['talks', way, load] as const),
    ['sessions', 'by default', NOTHING] as const,
  ])('table_name: %s begins all, %s', async (prefix, _, way) => {
    const { name, at } = await account()
    await (await open(way, at())).createSession('u')
    const parts = ['context', 'garbage', 'messages', 'schema', 'sessions']
    expect(await tablesIn(name)).toEqual(parts.map((part) => `${prefix}_${part}`))
  })

  /** Many calls at once. */
  const burst = async (manager: SessionManager) => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => manager.createSession('u')))
    await Promise.all(ids.map(({ id }) => manager.getSession(id)))
    await Promise.all(ids.map(({ id }) => manager.addMessage(id, { role: 'user', content: 'x' })))
  }

  test.each([
    ...ways({ 'store.mysql.max_open_conns': 4 }).map(([name, way]) => [4, name, way] as const),
    [10, 'by default', NOTHING] as const,
  ])('max_open_conns: %i connections at once and no more, %s', async (most, _, way) => {
    const { at, connections } = await account()
    // All that are opened stay, and can be counted.
    const manager = await open(way, at({ max_idle_conns: 100 }))
    await manager.createSession('u')
    await burst(manager)
    const { length } = await connections()
    // Of those that are kept for appends, one may have done them all.
    expect(length).toBeLessThanOrEqual(most)
    expect(length).toBeGreaterThanOrEqual(most - 1)
  })

  test.each([
    ...ways({ 'store.mysql.max_idle_conns': 3 }).map(([name, way]) => [3, name, way] as const),
    [5, 'by default', NOTHING] as const,
  ])('max_idle_conns: %i of them stay without work, %s', async (most, _, way) => {
    const { at, connections } = await account()
    const manager = await open(way, at({ max_open_conns: 20 }))
    await burst(manager)
    expect((await connections()).length).toBeGreaterThan(most)
    await expect.poll(async () => (await connections()).length).toBeLessThanOrEqual(most)
    expect((await connections()).length).toBeGreaterThanOrEqual(most - 1)
  })

  test.each(ways({ 'store.mysql.conn_max_lifetime': '1ms' }))(
    'conn_max_lifetime %s: an old connection is replaced before it is used',
    async (_, way) => {
      const { at, connections } = await account()
      const manager = await open(way, at())
      await manager.countUserSessions('u')
      const before = await connections()
      await expect
        .poll(async () => {
          await manager.countUserSessions('u')
          return (await connections()).filter((id) => before.includes(id))
        })
        .toEqual([])
    },
  )

  test.each(ways({ 'store.mysql.conn_max_idle_time': '1ms' }))(
    'conn_max_idle_time %s: a connection without work is closed',
    async (_, way) => {
      const { at, connections } = await account()
      const manager = await open(way, at())
      await Promise.all(Array.from({ length: 20 }, () => manager.countUserSessions('u')))
      await expect.poll(connections).toEqual([])
    },
  )

  test('conn_max_lifetime and conn_max_idle_time: by default connections stay', async () => {
    const { at, connections } = await account()
    const manager = await open(NOTHING, at({ max_open_conns: 2, max_idle_conns: 2 }))
    await burst(manager)
    const before = await connections()
    await burst(manager)
    expect(await connections()).toEqual(before)
  })

  const section = ({ host, port, user, database }: Partial<MysqlServer> = {}, more: object = {}) => ({
    store: { type: 'mysql', mysql: { host, port, username: user, database, ...more } },
  })
  describeTls('mysql', () => startMysql({ flavour: 'mariadb', tls: true }), section)
})
