import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { startMysql, startProxy } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import {
  clientOf,
  committing,
  errorOf,
  expectLog,
  holdCommits,
  lend,
  message,
  newSession,
  range,
  storeOn,
  through,
} from './faults.ts'

// Nothing here may wait for a timeout: the store's is far beyond the tests'.
const PATIENT = { timeout: '10m', connectTimeout: '10m' } as const

describe('a server that is not there', { timeout: 20_000 }, () => {
  test('each call fails at once, was not applied, and leaves nothing behind', async () => {
    const store = storeOn({ host: '127.0.0.1', port: await closedPort(), user: 'app', ...PATIENT })
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    for (let round = 0; round < 2; round++) {
      const calls = [
        ...range(20).map((i) => store.commit('s', { append: [message(`m${i}`)] })),
        store.commit('s', { set: [['k', 1]] }),
        store.create(newSession('s')),
        store.load('s'),
        store.delete('s'),
        store.list({ userId: 'u', limit: 10 }),
        store.count('u'),
        store.sweep({ limit: 10 }),
      ]
      for (const error of await Promise.all(calls.map(errorOf)))
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none', retryable: true })
    }
    expect(await store.health()).toMatchObject({ ok: false, error: { code: 'STORE_UNAVAILABLE' } })
    await store.close()
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })

  test('a store that was opened before its server works once that is there', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
    await server.kill()
    const store = storeOn({ url: server.url, ...PATIENT })
    await expect(store.create(newSession('s'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await server.restart()
    await store.create(newSession('s'))
    expect(await expectLog(store, 's')).toEqual([])
    // And again, with connections that were in use.
    for (const i of range(2)) {
      await server.kill()
      const calls = [store.load('s'), store.commit('s', { append: [message('lost')] })]
      for (const error of await Promise.all(calls.map(errorOf)))
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none' })
      await server.restart()
      await store.commit('s', { append: [message(`m${i}`)] })
      expect(await expectLog(store, 's')).toHaveLength(i + 1)
    }
  })

  test('a commit whose answer was lost with the server may have been applied', async (context) => {
    const server = await lend(context, () => startMysql({ flavour: 'mariadb' }))
    const proxy = await lend(context, () => startProxy(server))
    const store = storeOn({ ...through(proxy, server), ...PATIENT })
    for (const id of ['s', 't', 'u']) await store.create(newSession(id, { messages: [message('m')] }))
    const look = clientOf(server)
    const release = await holdCommits(look)
    const calls = [
      store.commit('s', { append: [message('n')] }),
      store.commit('t', { cut: { newest: 1 } }),
    ].map(errorOf)
    await expect.poll(async () => (await committing(look)).length).toBe(2)
    proxy.refuse()
    proxy.cutReplies({ every: 1 })
    await release()
    expect(await Promise.all(calls)).toMatchObject([
      { code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['n'] },
      { code: 'STORE_UNAVAILABLE', outcome: 'unknown' },
    ])
    // What was not at its commit was surely not.
    expect(await errorOf(store.commit('u', { cut: { newest: 1 } }))).toMatchObject({ outcome: 'none' })
    proxy.forwardReplies()
    await proxy.accept()
    expect(await store.commit('s', { append: [message('n')] })).toMatchObject({ replayed: true })
    expect(await expectLog(store, 's')).toHaveLength(2)
    expect((await store.load('t')).session).toMatchObject({ messageCount: 0, version: 2 })
    expect(await expectLog(store, 'u')).toHaveLength(1)
  })

  test('close() ends while the store tries to connect', async () => {
    const store = storeOn({ host: '127.0.0.1', port: await closedPort(), user: 'app', ...PATIENT })
    const failing = Promise.allSettled([store.load('s'), store.load('s')])
    await store.close()
    for (const end of await failing)
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } })
  })
})

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}
