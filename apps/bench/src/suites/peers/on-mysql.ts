import { createMysqlStore } from '@sess/store-mysql'
import { poolOf, send } from '../mysql/bare.ts'
import type { Installed } from './installed.ts'
import { LIST, type Peer } from './peer.ts'
import { Sess } from './sess.ts'
import { type Values, whole } from './whole.ts'

const CONNECTIONS = 10
const DAY_MS = 86_400_000

export async function onMysql(installed: Installed, url: string): Promise<readonly Peer[]> {
  return [
    new Sess(createMysqlStore({ url, maxOpenConns: CONNECTIONS })),
    whole(await byHand(url)),
    whole(await expressMysql(installed, url)),
  ]
}

/** As the seed meant it: one row a session, all of it in a column of JSON. */
async function byHand(url: string): Promise<Values> {
  const pool = poolOf(url, CONNECTIONS, 1)
  await send(
    pool,
    `CREATE TABLE seed (id VARCHAR(200) PRIMARY KEY, user_id VARCHAR(255) NOT NULL, updated_at BIGINT NOT NULL,
      data JSON NOT NULL, KEY (user_id, updated_at)) CHARACTER SET utf8mb4`,
  )
  const write = `INSERT INTO seed VALUES (?, ?, ?, ?)
    ON DUPLICATE KEY UPDATE updated_at = VALUES(updated_at), data = VALUES(data)`
  return {
    name: 'the seed’s way, by hand',
    get: async (id) => {
      const [row] = await send(pool, 'SELECT data FROM seed WHERE id = ?', [id])
      return row && JSON.parse(String(row[0]))
    },
    set: (id, session) =>
      send(pool, write, [id, id.slice(0, id.indexOf('.')), Date.now(), JSON.stringify(session)]),
    list: async (user) => {
      const text = `SELECT data FROM seed WHERE user_id = ? ORDER BY updated_at DESC LIMIT ${LIST}`
      return (await send(pool, text, [user])).map((row) => JSON.parse(String(row[0])))
    },
    close: () => pool.promise().end(),
  }
}

interface ExpressStore {
  get(id: string): Promise<{ readonly kept: object } | null>
  set(id: string, session: object): Promise<unknown>
  onReady(): Promise<void>
  close(): Promise<void>
}

async function expressMysql(installed: Installed, url: string): Promise<Values> {
  const { default: session } = await installed.module<{ default: unknown }>('express-session')
  const { default: of } = await installed.module<{
    default: (session: unknown) => new (options: object) => ExpressStore
  }>('express-mysql-session')
  const { hostname, port, username, password, pathname } = new URL(url)
  const address = { host: hostname, port: Number(port), user: username, database: pathname.slice(1) }
  const Store = of(session)
  const store = new Store({
    ...address,
    password: decodeURIComponent(password),
    connectionLimit: CONNECTIONS,
  })
  await store.onReady()
  const cookie = { originalMaxAge: DAY_MS, expires: new Date(Date.now() + DAY_MS) }
  return {
    name: installed.title('express-mysql-session'),
    get: async (id) => (await store.get(id))?.kept as never,
    set: (id, kept) => store.set(id, { cookie, kept }),
    close: () => store.close(),
  }
}
