import type { RedisServer } from '@sess/servers'
import type { StoreFactory, StoreHarness } from '@sess/testkit'
import { Redis } from 'ioredis'
import { createRedisStore, type RedisStoreOptions } from '../src/index.ts'

let tests = 0

/** Stores on one server, each test's under a prefix of its own. */
export function harnessOn(
  server: RedisServer,
  options: RedisStoreOptions = { url: server.url },
): StoreFactory {
  return (): StoreHarness => {
    const keyPrefix = `t${process.pid}-${++tests}`
    const redis = new Redis(server.url, { lazyConnect: true, ...(server.tls && { tls: server.tls }) })
    const open = (prefix: string) => createRedisStore({ ...options, keyPrefix: prefix })
    return {
      open: () => open(keyPrefix),
      neighbour: () => open(`${keyPrefix}-n`),
      inspect: () => entriesUnder(redis, keyPrefix),
      makeNewer: async () => {
        await redis.set(`${keyPrefix}:schema`, '2')
      },
      destroy: async () => {
        for (const key of await redis.keys(`${keyPrefix}*`)) await redis.unlink(key)
        redis.disconnect()
      },
    }
  }
}

/** Keys with what is in them, but for the values that change without being left behind. */
async function entriesUnder(redis: Redis, prefix: string): Promise<string[]> {
  const names: string[] = []
  for (const key of await redis.keys(`${prefix}:*`)) {
    const type = await redis.type(key)
    if (type === 'hash') names.push(...(await redis.hkeys(key)).map((field) => `${key} ${field}`))
    else if (type === 'zset')
      names.push(
        ...(await redis.zrange(key, 0, -1)).map(
          (member) => `${key} ${member.replace(/^(\w{16}):\d{13}:/, '$1:')}`,
        ),
      )
    else names.push(`${key} ${await redis.llen(key)}`)
  }
  return names
}
