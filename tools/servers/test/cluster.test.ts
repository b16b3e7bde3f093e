import { Cluster } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedisCluster } from '../src/index.ts'
import { until } from '../src/until.ts'
import { clientOf, describeRedis, lend } from './lend.ts'

describeRedis('startRedisCluster', { timeout: 60_000 }, () => {
  test('serves every slot, and a replica follows a lost master', async () => {
    const cluster = await lend(startRedisCluster({ deadAfterMs: 2000 }))
    expect(cluster.addresses).toHaveLength(6)
    const [first, , , replica] = cluster.nodes
    if (!first || !replica) expect.fail('no nodes')
    const roles = await Promise.all(cluster.nodes.map(async (node) => (await clientOf(node).role())[0]))
    expect(roles).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave'])

    const client = new Cluster(cluster.addresses)
    onTestFinished(() => client.disconnect())
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
    await Promise.all(keys.map((key) => client.set(key, key)))
    await clientOf(first).wait(1, 5_000)

    await first.kill()
    await until('the failover', async () => (await clientOf(replica).role())[0] === 'master')
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys)
    await first.restart()
    await until('its return', async () => (await clientOf(first).role())[0] === 'slave')
  })
})
