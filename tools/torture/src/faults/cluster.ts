import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisGroup, RedisServer } from '@sess/servers'
import { Redis } from 'ioredis'
import type { Random } from '../random.ts'
import type { Breakage } from './fault.ts'
import { until } from './until.ts'

/** What may happen to a Redis Cluster each of whose masters has a replica. */
export function clusterFaults(cluster: RedisGroup): Breakage[] {
  return [...deaths(cluster), ...disturbances(cluster)]
}

/** A master goes until another one takes its place, and comes back. */
function deaths(cluster: RedisGroup): Breakage[] {
  return [
    {
      name: 'master killed, failover',
      takeover: 'server',
      async strike(random) {
        const master = random.pick(await withRole(cluster, 'master'))
        await master.kill()
        await untilTakenOver(cluster, master)
        await sleep(random.whole(0, 1_000))
        await master.restart()
        await untilWhole(cluster)
      },
    },
    {
      // It does not know that another one is master now, until it goes on and is told.
      name: 'master stopped, failover',
      takeover: 'server',
      async strike(random) {
        const master = random.pick(await withRole(cluster, 'master'))
        master.pause()
        await untilTakenOver(cluster, master)
        await sleep(random.whole(0, 1_000))
        master.resume()
        await untilWhole(cluster)
      },
    },
  ]
}

function disturbances(cluster: RedisGroup): Breakage[] {
  return [
    {
      name: 'failover on request',
      takeover: 'server',
      async strike(random) {
        const replica = random.pick(await withRole(cluster, 'slave'))
        await ask(replica, (redis) => redis.cluster('FAILOVER'))
        await until('the replica leads', async () => (await roleOf(replica)) === 'master')
        await untilWhole(cluster)
      },
    },
    {
      name: 'node stopped shortly',
      takeover: 'server',
      async strike(random) {
        const node = random.pick(cluster.nodes)
        node.pause()
        await sleep(random.whole(100, 1_200))
        node.resume()
        await untilWhole(cluster)
      },
    },
    {
      name: 'lost replies',
      async strike(random: Random) {
        for (let i = random.whole(3, 12); i > 0; i--) {
          await ask(random.pick(cluster.nodes), (redis) => redis.client('KILL', 'TYPE', 'normal'))
          await sleep(random.whole(20, 200))
        }
      },
    },
  ]
}

async function ask<T>({ host, port }: RedisServer, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({
    ...{ host, port, lazyConnect: true, connectTimeout: 1_000, commandTimeout: 1_000 },
    retryStrategy: () => null,
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

async function roleOf(node: RedisServer): Promise<string> {
  return String((await ask(node, (redis) => redis.role()))[0])
}

async function withRole(cluster: RedisGroup, role: 'master' | 'slave'): Promise<RedisServer[]> {
  const roles = await Promise.all(cluster.nodes.map(roleOf))
  return cluster.nodes.filter((_, i) => roles[i] === role)
}

/** Another node has the slots of this one, and all others know. */
async function untilTakenOver(cluster: RedisGroup, gone: RedisServer): Promise<void> {
  const others = cluster.nodes.filter((node) => node !== gone)
  await until('a replica took over', async () => {
    const views = await Promise.all(others.map(mastersOf))
    return views.every((masters) => masters !== undefined && !masters.includes(gone.port))
  })
}

/** The ports of the masters with slots, `undefined` where some slot has none that works. */
async function mastersOf(node: RedisServer): Promise<number[] | undefined> {
  return ask(node, async (redis) => {
    if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) return undefined
    return (await redis.cluster('SLOTS')).map(([, , master]) => Number(master?.[1]))
  })
}

/** All nodes see the same masters, and each master has its replica in sync. */
export async function untilWhole(cluster: RedisGroup): Promise<void> {
  await until('the cluster is whole', async () => {
    const views = await Promise.all(cluster.nodes.map(mastersOf))
    const masters = await withRole(cluster, 'master')
    const wanted = masters.map(({ port }) => port).sort()
    if (!views.every((view) => view && String([...new Set(view)].sort()) === String(wanted))) return false
    const replications = await Promise.all(
      masters.map((master) => ask(master, (redis) => redis.info('replication'))),
    )
    return replications.every((text) => /slave0:.*state=online.*lag=[01]\b/.test(text))
  })
}
