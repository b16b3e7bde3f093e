import type { Redis } from 'ioredis'
import { withRedis } from './redis-client.ts'
import type { RedisServer } from './redis-process.ts'
import { stopAll } from './server.ts'
import { until } from './until.ts'

/** Servers that work together. */
export interface RedisGroup extends Pick<RedisServer, 'flavour' | 'version' | 'source'> {
  /** The servers with the data. */
  nodes: RedisServer[]
  /** What a client starts from. */
  addresses: { host: string; port: number }[]
  stop(): Promise<void>
}

export function groupOf(nodes: RedisServer[], entrances: RedisServer[]): RedisGroup {
  const [first] = nodes
  if (!first) throw new Error('a group without nodes')
  return {
    ...{ flavour: first.flavour, version: first.version, source: first.source },
    nodes,
    addresses: entrances.map(({ host, port }) => ({ host, port })),
    stop: () => stopAll([...new Set([...nodes, ...entrances])]),
  }
}

/** The servers, started at once; where one fails, none is left running. */
export async function startAll(starts: Promise<RedisServer>[]): Promise<RedisServer[]> {
  const results = await Promise.allSettled(starts)
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (!failed) return servers
  await stopAll(servers)
  throw failed.reason
}

/** Waits until the condition holds on each server. */
export async function untilAll(
  what: string,
  servers: RedisServer[],
  condition: (redis: Redis) => Promise<boolean>,
): Promise<void> {
  const waits = servers.map(({ host, port }) =>
    until(`${what} at ${port}`, () => withRedis({ host, port }, condition)),
  )
  await Promise.all(waits)
}
