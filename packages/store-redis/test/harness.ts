import { PATIENT, type RedisServer, startProxy } from '@sess/servers'
import type { StoreFactory, StoreHarness } from '@sess/testkit'
import { Redis } from 'ioredis'
import { createRedisStore, type RedisStoreOptions } from '../src/index.ts'

let tests = 0

/** Stores on one server, behind a proxy that takes it away, each test's under a prefix of its own. */
export function harnessOn({ host, port, url }: RedisServer): StoreFactory {
  return async () => {
    const proxy = await startProxy({ host, port })
    const harness = harnessOf(() => ({ url: `redis://${proxy.host}:${proxy.port}` }), [new Redis(url, LAZY)])
    return {
      ...harness,
      outage: proxy.outage,
      async destroy() {
        proxy.stop()
        await harness.destroy?.()
      },
    }
  }
}

export const LAZY = { lazyConnect: true } as const

/** @param look clients of all nodes with data */
export function harnessOf(options: () => RedisStoreOptions, look: readonly Redis[]): StoreHarness {
  const keyPrefix = `t${process.pid}-${++tests}`
  const open = (prefix: string) => createRedisStore({ timeout: PATIENT, ...options(), keyPrefix: prefix })
  return {
    open: () => open(keyPrefix),
    neighbour: () => open(`${keyPrefix}-n`),
    inspect: async () => (await Promise.all(look.map((redis) => entriesUnder(redis, keyPrefix)))).flat(),
    async makeNewer() {
      for (const redis of look) await redis.set(`${keyPrefix}:schema`, '2').catch(refuseOther)
    },
    async destroy() {
      for (const redis of look) {
        await checkRecords(redis, keyPrefix)
        for (const key of await redis.keys(`${keyPrefix}*`)) await redis.unlink(key)
        redis.disconnect()
      }
    },
  }
}

/** A node of a cluster that has not the key's slot. */
function refuseOther(error: Error): void {
  if (!error.message.startsWith('MOVED')) throw error
}

/** Whatever a test did, each list ends with its session's record. */
async function checkRecords(redis: Redis, prefix: string): Promise<void> {
  for (const key of await redis.keys(`${prefix}*:r:*`)) {
    const both = () => Promise.all([redis.hget(key, ''), redis.lindex(key.replace('}:r:', '}:l:'), -1)])
    const [record, last] = await both()
    // Both end at once, but not for whoever asks twice.
    if (record !== last && (await both())[0] !== null)
      throw new Error(`the list ends with ${last}, the record is ${record}`)
  }
}

/** Keys with what is in them, but for what changes without being left behind. */
async function entriesUnder(redis: Redis, prefix: string): Promise<string[]> {
  const names: string[] = []
  for (const key of await redis.keys(`${prefix}:*`)) {
    const type = await redis.type(key)
    const name = (part: string) => `${key} ${part}`
    if (type === 'hash') names.push(...(await redis.hkeys(key)).map(name))
    else if (type === 'zset')
      names.push(...(await redis.zrange(key, 0, -1)).map((member) => name(withoutTime(member))))
    else if (type === 'list') names.push(name(String(await redis.llen(key))))
  }
  return names
}

function withoutTime(member: string): string {
  return member.replace(/^(\w{16}):\d{13}:/, '$1:')
}
