import { type MysqlServer, PATIENT, startProxy } from '@sess/servers'
import type { StoreFactory, StoreHarness } from '@sess/testkit'
import { createPool, type Pool, type PoolConnection, type RowDataPacket } from 'mysql2/promise'
import { createMysqlStore, type MysqlStoreOptions } from '../src/index.ts'

const looks = new Map<MysqlServer, Pool>()

/** Stores on one server, behind a proxy that takes it away. */
export function harnessOn(server: MysqlServer): StoreFactory {
  const { user, password, database } = server
  const tablePrefix = newPrefix()
  return async () => {
    const proxy = await startProxy(server)
    const { host, port } = proxy
    return {
      ...harnessOf(() => ({ host, port, user, password, database }), server, tablePrefix),
      outage: proxy.outage,
      async destroy() {
        proxy.stop()
        await empty(server, tablePrefix)
      },
    }
  }
}

/**
 * Tables are made once, since that takes longer than most tests, and emptied after each.
 * @param server looked at behind the store's back
 */
export function harnessOf(
  options: () => MysqlStoreOptions,
  server: MysqlServer,
  tablePrefix: string,
): StoreHarness {
  const open = (prefix: string) => createMysqlStore({ timeout: PATIENT, ...options(), tablePrefix: prefix })
  return {
    open: () => open(tablePrefix),
    neighbour: () => open(`${tablePrefix}n_`),
    inspect: () => rowsUnder(server, tablePrefix),
    async makeNewer() {
      await lookAt(server).query(`INSERT INTO ${tablePrefix}schema VALUES (2)`)
    },
    destroy: () => empty(server, tablePrefix),
  }
}

let prefixes = 0

export function newPrefix(): string {
  return `t${process.pid}_${++prefixes}_`
}

/** Connections to a server that are not a store's. */
export function lookAt(server: MysqlServer): Pool {
  const { host, port, user, password, database, tls } = server
  const ssl = tls && { ssl: { ...tls } }
  const look = looks.get(server) ?? createPool({ host, port, user, password, database, ...ssl })
  looks.set(server, look)
  return look
}

/** Ends what {@link lookAt} opened, and the server. */
export async function stop(server: MysqlServer | undefined): Promise<void> {
  if (server === undefined) return
  await looks.get(server)?.end()
  await server.stop()
}

export async function tablesUnder(server: MysqlServer, prefix: string): Promise<string[]> {
  const [tables] = await lookAt(server).query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, ?) = ? ORDER BY TABLE_NAME`,
    [prefix.length, prefix],
  )
  return tables.map(({ name }) => String(name))
}

async function empty(server: MysqlServer, prefix: string): Promise<void> {
  for (const table of await tablesUnder(server, prefix)) await lookAt(server).query(`DELETE FROM ${table}`)
}

/** Rows by what names them, but for what changes without being left behind. */
async function rowsUnder(server: MysqlServer, prefix: string): Promise<string[]> {
  const there = await tablesUnder(server, prefix)
  const names: string[] = []
  for (const [table, name] of [
    ['sessions', "CONCAT(id, ' ', metadata)"],
    ['messages', "CONCAT(HEX(incarnation), ' ', seq)"],
    ['context', "CONCAT(HEX(incarnation), ' ', context_key)"],
    ['garbage', 'HEX(incarnation)'],
  ] as const) {
    if (!there.includes(`${prefix}${table}`)) continue
    const [rows] = await lookAt(server).query<RowDataPacket[]>(
      `SELECT ${name} AS name FROM ${prefix}${table}`,
    )
    names.push(...rows.map((row) => `${table} ${row.name}`))
  }
  return names
}

/** Opens connections until the server takes no more: one after the other, since one that is refused takes a place for a moment. */
export async function takeAll(pool: Pool): Promise<PoolConnection[]> {
  const taken: PoolConnection[] = []
  const next = () => pool.getConnection().catch(() => undefined)
  for (let one = await next(); one !== undefined; one = await next()) taken.push(one)
  return taken
}
