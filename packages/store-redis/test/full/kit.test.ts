import { orSkip, startRedis, startRedisCluster, startRedisSentinel } from '@sess/servers'
import type { StoreFactory } from '@sess/testkit'
import { testStore } from '@sess/testkit/vitest'
import { Cluster, Redis } from 'ioredis'
import * as ioredis6 from 'ioredis-6'
import { afterAll, describe, test } from 'vitest'
import type { RedisClient } from '../../src/index.ts'
import { harnessOf, LAZY } from '../harness.ts'

// The kit on every way to a server, and on the servers that are not in `test`.

/** Where the way differs and the server does not, the random test has little more to find. */
const FEW = { random: { runs: 15 } }

/** Starts a server and, where one can be had, runs the kit on it. */
async function on<T extends { version: string; flavour: string; stop(): Promise<void> }>(
  name: string,
  start: () => Promise<T>,
  kit: (server: T, title: string) => void,
): Promise<void> {
  const server = await orSkip(start)
  if (server === undefined) {
    test.skip(`${name}: no server could be had`)
    return
  }
  const title = `${name}: ${server.flavour} ${server.version}`
  console.info(`on ${title}`)
  describe(title, () => {
    afterAll(() => server.stop())
    kit(server, title)
  })
}

/** Stores on a client of the application's, which ends when they are gone. */
function lent(connect: () => RedisClient, look: () => Redis[]): StoreFactory {
  return () => {
    const client = connect()
    const harness = harnessOf(() => ({ client }), look())
    return {
      ...harness,
      async destroy() {
        client.disconnect()
        await harness.destroy?.()
      },
    }
  }
}

for (const flavour of ['redis-8', 'valkey'] as const)
  await on(
    `standalone ${flavour}`,
    () => startRedis({ flavour }),
    (server, title) =>
      testStore(title, () => harnessOf(() => ({ url: server.url }), [new Redis(server.url, LAZY)])),
  )

await on(
  'TLS with a client certificate',
  () => startRedis({ tls: true }),
  (server, title) => {
    const { tls = {}, url } = server
    testStore(title, () => harnessOf(() => ({ url, tls }), [new Redis(url, { ...LAZY, tls })]), FEW)
  },
)

await on(
  'Cluster',
  () => startRedisCluster({ masters: 3, replicas: 3 }),
  ({ addresses, nodes }, title) => {
    const look = () => nodes.slice(0, 3).map(({ url }) => new Redis(url, LAZY))
    testStore(title, () => harnessOf(() => ({ cluster: { nodes: addresses } }), look()), FEW)
  },
)

await on(
  'Sentinel',
  () => startRedisSentinel(),
  ({ addresses, name, nodes }, title) => {
    const look = () => nodes.slice(0, 1).map(({ url }) => new Redis(url, LAZY))
    testStore(title, () => harnessOf(() => ({ sentinel: { name, nodes: addresses } }), look()), FEW)
  },
)

// The store's own clients are of ioredis 5.
await on(
  'a client of ioredis 6',
  () => startRedis(),
  (server, title) => {
    const look = () => [new Redis(server.url, LAZY)]
    const connect = () => new ioredis6.Redis(server.url)
    testStore(title, lent(connect, look), FEW)
  },
)

await on(
  'a cluster client of ioredis 5',
  () => startRedisCluster({ masters: 3, replicas: 0 }),
  ({ addresses, nodes }, title) => {
    const look = () => nodes.map(({ url }) => new Redis(url, LAZY))
    testStore(
      title,
      lent(() => new Cluster(addresses), look),
      FEW,
    )
  },
)
