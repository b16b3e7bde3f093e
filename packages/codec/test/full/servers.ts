import { type MysqlServer, PATIENT, type RedisServer, startProxy } from '@sess/servers'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import type { StoreFactory } from '@sess/testkit'
import { Redis } from 'ioredis'
import { createPool, type Pool } from 'mysql2/promise'

let tests = 0

/** Redis stores behind a proxy that takes the server away, each test's under a prefix of its own. */
export function redisHarness({ host, port, url }: RedisServer): StoreFactory {
  return async () => {
    const proxy = await startProxy({ host, port })
    const look = new Redis(url, { lazyConnect: true })
    const keyPrefix = `t${process.pid}-${++tests}`
    const open = (prefix: string) =>
      createRedisStore({ url: `redis://${proxy.host}:${proxy.port}`, keyPrefix: prefix, timeout: PATIENT })
    return {
      open: () => open(keyPrefix),
      neighbour: () => open(`${keyPrefix}-n`),
      outage: proxy.outage,
      inspect: () => look.keys(`${keyPrefix}:*`),
      async makeNewer() {
        await look.set(`${keyPrefix}:schema`, '2')
      },
      async destroy() {
        proxy.stop()
        const keys = await look.keys(`${keyPrefix}*`)
        if (keys.length > 0) await look.unlink(keys)
        look.disconnect()
      },
    }
  }
}

/** MySQL stores behind a proxy. Tables take longer to make than most tests: they are emptied and used again. */
export function mysqlHarness(server: MysqlServer, look: Pool): StoreFactory {
  const { user, password, database } = server
  const free: string[] = []
  return async () => {
    const proxy = await startProxy(server)
    const { host, port } = proxy
    const tablePrefix = free.pop() ?? `t${process.pid}_${++tests}_`
    const open = (prefix: string) =>
      createMysqlStore({ host, port, user, password, database, tablePrefix: prefix, timeout: PATIENT })
    return {
      open: () => open(tablePrefix),
      neighbour: () => open(`${tablePrefix}n_`),
      outage: proxy.outage,
      async destroy() {
        proxy.stop()
        for (const prefix of [tablePrefix, `${tablePrefix}n_`])
          for (const table of TABLES) await look.query(`DELETE FROM ${prefix}${table}`).catch(ignoreAbsent)
        free.push(tablePrefix)
      },
    }
  }
}

const TABLES = ['sessions', 'messages', 'context', 'garbage']

function ignoreAbsent(error: { readonly code?: string }): void {
  if (error.code !== 'ER_NO_SUCH_TABLE') throw error
}

export function poolOf({ host, port, user, password, database }: MysqlServer): Pool {
  return createPool({ host, port, user, password, database })
}
