import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { startProxy, startRedis } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import type { RedisStoreOptions } from '../../src/index.ts'
import { expectLog, lend, message, newSession, storeOn } from './faults.ts'

// Nothing here may wait for a timeout: the store's is far beyond the tests'.
const PATIENT = { timeout: '10m', connectTimeout: '10m' } as const

const ways: [name: string, (at: { host: string; port: number }) => RedisStoreOptions][] = [
  ['standalone', (at) => ({ url: `redis://${at.host}:${at.port}` })],
  ['cluster', (at) => ({ cluster: { nodes: [at] } })],
  ['sentinel', (at) => ({ sentinel: { name: 'sess', nodes: [at] } })],
]

describe('a server that is not there', { timeout: 20_000 }, () => {
  test.for(ways)(
    '%s: each call fails at once, was not applied, and leaves nothing behind',
    async ([, options]) => {
      const store = storeOn({ ...options(await closedPort()), ...PATIENT })
      const warnings: Error[] = []
      const warn = (warning: Error) => warnings.push(warning)
      process.on('warning', warn)
      for (let round = 0; round < 2; round++) {
        const calls = [
          ...Array.from({ length: 20 }, (_, i) => store.commit('s', { append: [message(`m${i}`)] })),
          store.commit('s', { set: [['k', 1]] }),
          store.create(newSession('s')),
          store.load('s'),
          store.delete('s'),
          store.list({ userId: 'u', limit: 10 }),
          store.count('u'),
          store.sweep({ limit: 10 }),
        ]
        for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[])
          expect(reason).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none', retryable: true })
      }
      expect(await store.health()).toMatchObject({ ok: false, error: { code: 'STORE_UNAVAILABLE' } })
      await store.close()
      process.off('warning', warn)
      expect(warnings).toEqual([])
    },
  )

  test('a store that was opened before its server works once that is there', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    await server.kill()
    const store = storeOn({ url: server.url, ...PATIENT })
    await expect(store.create(newSession('s'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await server.restart()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    await store.create(newSession('s'))
    expect(await expectLog(store, 's')).toEqual([])
    // And again.
    await server.kill()
    await expect(store.load('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await server.restart()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    expect(await expectLog(store, 's')).toEqual([])
  })

  test('an append whose answer was lost with the server may have been applied', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const proxy = await lend(context, () => startProxy(server))
    const store = storeOn({ url: `redis://${proxy.host}:${proxy.port}`, ...PATIENT })
    await store.create(newSession('s'))
    // So that the server knows the script.
    await store.commit('s', { append: [message('first')] })
    proxy.cutReplies({ every: 1 })
    proxy.refuse()
    const lost = store.commit('s', { append: [message('m')] })
    await expect(lost).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      outcome: 'unknown',
      messageIds: ['m'],
    })
    proxy.forwardReplies()
    await proxy.accept()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    expect(await store.commit('s', { append: [message('m')] })).toMatchObject({ replayed: true })
    expect(await expectLog(store, 's')).toHaveLength(2)
  })

  test('so may a commit that was applied before its index was', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const proxy = await lend(context, () => startProxy(server))
    const store = storeOn({ url: `redis://${proxy.host}:${proxy.port}`, ...PATIENT })
    // The caller's own id: not in the shard of its user.
    await store.create(newSession('s', { userId: 'u' }))
    await store.load('s')
    proxy.refuse()
    let replies = 0
    // The append's reply comes through, the one of its index step does not.
    proxy.cutReplies({ probability: 0.5, random: () => (++replies > 1 ? 0 : 1) })
    const half = store.commit('s', { append: [message('m')] })
    await expect(half).rejects.toMatchObject({ outcome: 'unknown', messageIds: ['m'] })
    proxy.forwardReplies()
    await proxy.accept()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    expect(await expectLog(store, 's')).toHaveLength(1)
  })

  test.for(ways)(
    '%s: close() ends while the store tries to connect, and between two attempts',
    async ([, options]) => {
      const at = await closedPort()
      const store = storeOn({ ...options(at), ...PATIENT })
      const failing = Promise.allSettled([store.load('s'), store.load('s')])
      await store.close()
      await failing
      const other = storeOn({ ...options(at), ...PATIENT })
      await expect(other.load('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await other.close()
    },
  )
})

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<{ host: string; port: number }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return { host: '127.0.0.1', port }
}
