import { type MysqlServer, PATIENT, type RedisServer, startProxy } from '@sess/servers'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'
import type { StoreFactory } from '@sess/testkit'

let tests = 0

/** Stores of one server behind a proxy, each test's under a prefix of its own. */
export function redisHarness(server: RedisServer): StoreFactory {
  return async () => {
    const { proxy, ...outage } = await through(server)
    const keyPrefix = `t${process.pid}-${++tests}`
    const open = (prefix: string) =>
      createRedisStore({ url: `redis://${proxy.host}:${proxy.port}`, keyPrefix: prefix, timeout: PATIENT })
    return { ...outage, open: () => open(keyPrefix), neighbour: () => open(`${keyPrefix}-n`) }
  }
}

/** The same; since making tables takes longer than a test, sessions are deleted after each. */
export function mysqlHarness(server: MysqlServer): StoreFactory {
  const tablePrefix = `t${process.pid}_${++tests}_`
  const { user, password, database } = server
  return async () => {
    const { proxy, ...outage } = await through(server)
    const { host, port } = proxy
    const open = (prefix: string, at = { host, port }) =>
      createMysqlStore({ ...at, user, password, database, tablePrefix: prefix, timeout: PATIENT })
    return {
      ...outage,
      open: () => open(tablePrefix),
      neighbour: () => open(`${tablePrefix}n_`),
      async destroy() {
        proxy.stop()
        for (const prefix of [tablePrefix, `${tablePrefix}n_`]) {
          const store = open(prefix, { host: server.host, port: server.port })
          for (let found = 1; found > 0; ) {
            const { sessions } = await store.list({ all: true, includeExpired: true, limit: 1000 })
            await Promise.all(sessions.map(({ id }) => store.delete(id)))
            found = sessions.length
          }
          await store.close()
        }
      },
    }
  }
}

async function through(server: { readonly host: string; readonly port: number }) {
  const proxy = await startProxy(server)
  return {
    proxy,
    outage: proxy.outage,
    destroy: () => proxy.stop(),
  }
}
