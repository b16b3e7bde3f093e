import type { Redis } from 'ioredis'
import { isInSync } from './redis-client.ts'
import { groupOf, type RedisGroup, startAll, untilAll } from './redis-group.ts'
import { durable, type RedisServer, startRedisProcess } from './redis-process.ts'
import type { RedisFlavour } from './redis-program.ts'
import { stopAll } from './server.ts'

export interface RedisSentinelOptions {
  flavour?: RedisFlavour
  /**
   * After how many ms of silence the master is taken for dead. Default 30,000, so that a busy machine is no reason for
   * a failover.
   */
  deadAfterMs?: number
}

/** `nodes` are first the master, then its replica, as it began; `addresses` are the sentinels'. */
export interface RedisSentinel extends RedisGroup {
  /** What the sentinels call the master. */
  name: string
  sentinels: RedisServer[]
}

const name = 'sess'

/** A master and its replica under three sentinels that know each other, two of which must agree. */
export async function startRedisSentinel({
  flavour = 'redis',
  deadAfterMs = 30_000,
}: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const servers: RedisServer[] = []
  const start = async (...starts: Promise<RedisServer>[]) => {
    const started = await startAll(starts)
    servers.push(...started)
    return started
  }
  try {
    const [master] = await start(startNode(flavour))
    if (!master) throw new Error('no master')
    const nodes = [master, ...(await start(startNode(flavour, master)))]
    await untilAll('the replica is in sync', nodes, isInSync)
    const watch = () => startWatcher(flavour, master, deadAfterMs)
    const sentinels = await start(watch(), watch(), watch())
    await untilAll('the sentinels know all', sentinels, knowsAll)
    return { ...groupOf(nodes, sentinels), name, sentinels }
  } catch (error) {
    await stopAll(servers)
    throw error
  }
}

function startNode(flavour: RedisFlavour, master?: RedisServer): Promise<RedisServer> {
  const replica = master && { replicaof: `${master.host} ${master.port}` }
  return startRedisProcess({ flavour, config: { ...durable, 'repl-diskless-sync-delay': '0', ...replica } })
}

function startWatcher(
  flavour: RedisFlavour,
  { host, port }: RedisServer,
  deadAfterMs: number,
): Promise<RedisServer> {
  const config = {
    [`sentinel monitor ${name}`]: `${host} ${port} 2`,
    [`sentinel down-after-milliseconds ${name}`]: String(deadAfterMs),
    [`sentinel failover-timeout ${name}`]: '2000',
  }
  return startRedisProcess({ flavour, config, sentinel: true })
}

async function knowsAll(redis: Redis): Promise<boolean> {
  const fields = (await redis.call('SENTINEL', 'MASTER', name)) as string[]
  const value = (field: string) => fields[fields.indexOf(field) + 1]
  return value('num-other-sentinels') === '2' && value('num-slaves') === '1' && value('flags') === 'master'
}
