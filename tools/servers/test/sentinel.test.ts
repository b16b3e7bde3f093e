import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedisSentinel } from '../src/index.ts'
import { until } from '../src/until.ts'
import { clientOf, describeRedis, lend } from './lend.ts'

describeRedis('startRedisSentinel', { timeout: 60_000 }, () => {
  test('fails over from a lost master', async () => {
    const { addresses, name, nodes, sentinels } = await lend(startRedisSentinel({ deadAfterMs: 500 }))
    const [master, replica] = nodes
    if (!master || !replica) expect.fail('no nodes')
    expect(addresses).toEqual(sentinels.map(({ host, port }) => ({ host, port })))
    const client = new Redis({ sentinels: addresses, name })
    client.on('error', () => {})
    onTestFinished(() => client.disconnect())
    await client.set('key', 'value')
    expect(client.stream.remotePort).toBe(master.port)
    await client.wait(1, 5_000)

    await master.kill()
    await until('the failover', async () => (await clientOf(replica).role())[0] === 'master')
    expect(await client.get('key')).toBe('value')
    expect(client.stream.remotePort).toBe(replica.port)
  })
})
