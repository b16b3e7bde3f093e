import { setTimeout as sleep } from 'node:timers/promises'
import { type RedisGroup, type RedisServer, withRedis } from '@sess/servers'
import type { Redis } from 'ioredis'
import type { Random } from '../random.ts'
import { until } from '../until.ts'
import { type Breakage, stopFor } from './fault.ts'

/** After so long a node gives up a failover that it was asked for. */
const GIVEN_UP_MS = 5_000

/** What may happen to a Redis Cluster each of whose masters has a replica. */
export function clusterFaults(cluster: RedisGroup): Breakage[] {
  return [...deaths(cluster), ...disturbances(cluster)]
}

/** A master goes until another one takes its place, and comes back. */
function deaths(cluster: RedisGroup): Breakage[] {
  const death = (
    name: string,
    go: (master: RedisServer) => Promise<void> | void,
    comeBack: (master: RedisServer) => Promise<void> | void,
  ): Breakage => ({
    name,
    takeover: 'server',
    async strike(random) {
      const master = random.pick(await withRole(cluster, 'master'))
      await go(master)
      await untilTakenOver(cluster, master)
      await sleep(random.whole(0, 1_000))
      await comeBack(master)
      await untilWhole(cluster)
    },
  })
  return [
    death(
      'master killed, failover',
      (master) => master.kill(),
      (master) => master.restart(),
    ),
    // It does not know that another one is master now, until it goes on and is told.
    death(
      'master stopped, failover',
      (master) => master.pause(),
      (master) => master.resume(),
    ),
  ]
}

function disturbances(cluster: RedisGroup): Breakage[] {
  return [
    {
      name: 'failover on request',
      takeover: 'server',
      async strike(random) {
        const replica = random.pick(await withRole(cluster, 'slave'))
        let asked = Number.NEGATIVE_INFINITY
        await until('the replica leads', async () => {
          if ((await roleOf(replica)) === 'master') return true
          // A master that is too busy to let it go in time is asked again.
          if (performance.now() - asked < GIVEN_UP_MS) return false
          asked = performance.now()
          await ask(replica, (redis) => redis.cluster('FAILOVER'))
          return false
        })
        await untilWhole(cluster)
      },
    },
    {
      name: 'node stopped shortly',
      takeover: 'server',
      async strike(random) {
        await stopFor(random.pick(cluster.nodes), random.whole(100, 1_200))
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

/** A node that stands still is not waited for as long as a test's server is. */
function ask<T>({ host, port }: RedisServer, question: (redis: Redis) => Promise<T>): Promise<T> {
  const impatient = { connectTimeout: 1_000, commandTimeout: 1_000, enableReadyCheck: true }
  return withRedis({ host, port, ...impatient }, question)
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
