import type { Redis } from 'ioredis'
import { freePort } from './port.ts'
import { isInSync, withRedis } from './redis-client.ts'
import { groupOf, type RedisGroup, startAll, untilAll } from './redis-group.ts'
import { durable, type RedisServer, startRedisProcess } from './redis-process.ts'
import type { RedisFlavour } from './redis-program.ts'
import { stopAll } from './server.ts'

export interface RedisClusterOptions {
  flavour?: RedisFlavour
  masters?: number
  replicas?: number
  /**
   * After how many ms of silence the others take a node for dead. Default 30,000, so that none fails over because a
   * busy machine let it wait.
   */
  deadAfterMs?: number
}

const slots = 16_384

// A cluster that comes together waits for as long as it would take a node for dead.
const COMES_TOGETHER_MS = 1000

/** A Redis Cluster; its `nodes` are first the masters, then their replicas in turn. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisGroup> {
  const { flavour = 'redis', masters = 3, replicas = 3, deadAfterMs = 30_000 } = options
  const buses: number[] = []
  while (buses.length < masters + replicas) buses.push(await freePort())
  const nodes = await startAll(buses.map((bus) => startNode(flavour, bus)))
  try {
    await shareSlots(nodes.slice(0, masters))
    await introduce(nodes, buses)
    await replicate(nodes.slice(0, masters), nodes.slice(masters))
    await untilAll('the cluster is whole', nodes, (redis) => isWhole(redis, nodes.length))
    await Promise.all(
      nodes.map(({ host, port }) => withRedis({ host, port }, (redis) => takeForDead(redis, deadAfterMs))),
    )
    return groupOf(nodes, nodes)
  } catch (error) {
    await stopAll(nodes)
    throw error
  }
}

function startNode(flavour: RedisFlavour, bus: number): Promise<RedisServer> {
  const cluster = {
    'cluster-enabled': 'yes',
    'cluster-port': String(bus),
    'cluster-node-timeout': String(COMES_TOGETHER_MS),
    'repl-diskless-sync-delay': '0',
    // A replica is listed once its offset moved, which the first ping sees to.
    'repl-ping-replica-period': '1',
  }
  return startRedisProcess({ flavour, config: { ...durable, ...cluster } })
}

/** For this start of the node, and for those to come. */
async function takeForDead(redis: Redis, afterMs: number): Promise<void> {
  await redis.config('SET', 'cluster-node-timeout', afterMs)
  await redis.config('REWRITE')
}

async function shareSlots(masters: RedisServer[]): Promise<void> {
  const start = (index: number) => Math.floor((slots * index) / masters.length)
  for (const [index, { host, port }] of masters.entries())
    await withRedis({ host, port }, async (redis) => {
      await redis.cluster('ADDSLOTSRANGE', start(index), start(index + 1) - 1)
      await redis.cluster('SET-CONFIG-EPOCH', index + 1)
    })
}

/** Every node meets each other one; left to gossip it would take seconds. */
async function introduce(nodes: RedisServer[], buses: number[]): Promise<void> {
  for (const [index, { host, port }] of nodes.entries())
    await withRedis({ host, port }, async (redis) => {
      for (const [other, bus] of buses.slice(0, index).entries())
        await redis.call('CLUSTER', 'MEET', host, nodes[other]?.port ?? 0, bus)
    })
  await untilAll('all nodes known', nodes, (redis) => knows(redis, nodes.length))
}

async function knows(redis: Redis, count: number): Promise<boolean> {
  const nodes = String(await redis.cluster('NODES'))
  return nodes.trim().split('\n').length === count && !nodes.includes('handshake')
}

async function replicate(masters: RedisServer[], replicas: RedisServer[]): Promise<void> {
  const myId = ({ host, port }: RedisServer) => withRedis({ host, port }, (redis) => redis.cluster('MYID'))
  const ids = await Promise.all(masters.map(myId))
  for (const [index, { host, port }] of replicas.entries()) {
    const master = ids[index % ids.length] ?? ''
    await withRedis({ host, port }, (redis) => redis.cluster('REPLICATE', master))
  }
}

/** As this node sees it: each slot served, each replica known and in sync. */
async function isWhole(redis: Redis, nodes: number): Promise<boolean> {
  if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) return false
  const ranges = (await redis.cluster('SLOTS')) as [from: number, to: number, ...nodes: unknown[]][]
  const known = ranges.reduce((sum, [, , ...served]) => sum + served.length, 0)
  return known === nodes && isInSync(redis)
}
