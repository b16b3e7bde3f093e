import type { SessionStore } from '@sess/core'
import { orSkip, startMysql, startRedis } from '@sess/servers'
import { createMemoryStore } from '@sess/store-memory'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import { Redis } from 'ioredis'
import { poolOf, send } from '../suites/mysql/bare.ts'
import { MYSQL_CONFIG } from './mysql-config.ts'
import { mysqlStatus, redisInfo } from './status.ts'

/** A store with what its server says of itself. */
export interface Measured {
  readonly title: string
  readonly store: SessionStore
  /** What of it may grow, by name: keys, rows, connections, bytes. */
  look(): Promise<{ readonly [what: string]: number }>
  stop(): Promise<void>
}

/** A machine that is busy with everything at once is no fault of a store. */
const PATIENT = '30s'
const NEVER_FULL = 10_000_000

export async function memory(): Promise<Measured> {
  const store = createMemoryStore({ maxSessions: NEVER_FULL })
  return {
    title: 'memory',
    store,
    look: async () => ({ sessions: (await store.stats?.())?.sessions ?? 0 }),
    stop: async () => {},
  }
}

export async function redis(): Promise<Measured | undefined> {
  const server = await orSkip(() => startRedis({ config: { appendonly: 'no' } }))
  if (server === undefined) return undefined
  const look = new Redis(server.url)
  return {
    title: `${server.flavour} ${server.version}`,
    store: createRedisStore({ url: server.url }),
    look: async () => ({
      keys: await look.dbsize(),
      connections: await redisInfo(look, 'clients', 'connected_clients'),
      bytes: await redisInfo(look, 'memory', 'used_memory'),
    }),
    stop: async () => {
      look.disconnect()
      await server.stop()
    },
  }
}

export async function mysql(): Promise<Measured | undefined> {
  const server = await orSkip(() => startMysql({ config: MYSQL_CONFIG }))
  if (server === undefined) return undefined
  const look = poolOf(server.url, 1, 1)
  const number = async (sql: string) => Number((await send(look, sql))[0]?.at(-1))
  return {
    title: `${server.flavour} ${server.version}`,
    store: createMysqlStore({ url: server.url, timeout: PATIENT }),
    look: async () => ({
      rows:
        (await number('SELECT COUNT(*) FROM sess_sessions')) +
        (await number('SELECT COUNT(*) FROM sess_messages')) +
        (await number('SELECT COUNT(*) FROM sess_context')),
      garbage: await number('SELECT COUNT(*) FROM sess_garbage'),
      connections: await mysqlStatus(look, 'Threads_connected'),
    }),
    stop: async () => {
      await look.promise().end()
      await server.stop()
    },
  }
}
