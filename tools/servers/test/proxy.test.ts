import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type RedisServer, startProxy, startRedis } from '../src/index.ts'
import { clientOf, describeRedis, lend } from './lend.ts'

async function behindProxy() {
  const server: RedisServer = await lend(startRedis({ flavour: 'redis' }))
  const proxy = await lend(startProxy(server))
  const client = clientOf(proxy)
  await client.connect()
  return { server, proxy, client }
}

describeRedis('startProxy', () => {
  test('forwards, whatever the size', async () => {
    const { client } = await behindProxy()
    const value = 'x'.repeat(20 << 20)
    await client.set('key', value)
    expect((await client.get('key')) === value).toBe(true)
  })

  test('waits for a server that does not read', async () => {
    const { server, client } = await behindProxy()
    server.pause()
    const late = client.set('key', 'x'.repeat(20 << 20))
    expect(await Promise.race([late, sleep(200, 'silence')])).toBe('silence')
    server.resume()
    expect(await late).toBe('OK')
  })

  test('cuts a reply of what was done', async () => {
    const { server, proxy, client } = await behindProxy()
    proxy.cutReplies({ every: 2 })
    expect(await client.incr('count')).toBe(1)
    await expect(client.incr('count')).rejects.toThrow()
    expect(await clientOf(server).get('count')).toBe('2')
    expect(proxy.cuts).toBe(1)
    proxy.forwardReplies()
    const again = clientOf(proxy)
    for (let count = 3; count < 6; count++) expect(await again.incr('count')).toBe(count)
  })

  test('cuts by chance, of which the test can decide', async () => {
    const { proxy, client } = await behindProxy()
    const chances = [0.9, 0.5, 0.4]
    proxy.cutReplies({ probability: 0.5, random: () => chances.shift() ?? 1 })
    expect(await client.incr('count')).toBe(1)
    expect(await client.incr('count')).toBe(2)
    await expect(client.incr('count')).rejects.toThrow()
  })

  test('parts client and server, and brings them together', async () => {
    const { server, proxy, client } = await behindProxy()
    proxy.partition()
    const late = client.set('key', 'value')
    const newcomer = clientOf(proxy).ping()
    expect(await Promise.race([late, newcomer, sleep(200, 'silence')])).toBe('silence')
    expect(await clientOf(server).exists('key')).toBe(0)
    proxy.heal()
    expect(await Promise.all([late, newcomer])).toEqual(['OK', 'PONG'])
    expect(await clientOf(server).get('key')).toBe('value')
  })

  test('holds back a reply in a partition', async () => {
    const { server, proxy, client } = await behindProxy()
    const popped = client.blpop('list', 5)
    await clientOf(server).ping()
    proxy.partition()
    await clientOf(server).rpush('list', 'value')
    expect(await Promise.race([popped, sleep(200, 'silence')])).toBe('silence')
    proxy.heal()
    expect(await popped).toEqual(['list', 'value'])
  })

  test('refuses new connections, and takes them again', async () => {
    const { proxy, client } = await behindProxy()
    proxy.refuse()
    await expect(clientOf(proxy).ping()).rejects.toThrow()
    expect(await client.ping()).toBe('PONG')
    await proxy.accept()
    expect(await clientOf(proxy).ping()).toBe('PONG')
  })

  test('ends connections, its own and those of a server that is gone', async () => {
    const { server, proxy, client } = await behindProxy()
    const popped = expect(client.blpop('list', 5)).rejects.toThrow()
    proxy.disconnect()
    await popped
    const other = clientOf(proxy)
    await other.ping()
    // Watched from the start: it fails before the kill is over.
    const lost = expect(other.blpop('list', 5)).rejects.toThrow()
    await server.kill()
    await lost
  })
})
