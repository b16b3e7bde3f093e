import type { Acknowledged } from '@sess/faults'
import { startProxy, startRedis } from '@sess/servers'
import { createRedisStore } from '@sess/store-redis'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { newFile } from '../files.ts'
import { type ChildSetup, FailoverProcess } from './failover-process.ts'
import { expectInOrder, kept, lend, newSession } from './fire.ts'

describe('processes that accept writes', { timeout: 60_000 }, () => {
  test('one that is killed during its replay, three times, goes on where it was', async (context) => {
    const { proxy, bare, address } = await outage(context)
    const sessions = Array.from({ length: 40 }, (_, i) => `s${i}`)
    for (const id of sessions) await bare.create(newSession(id))
    const setup: ChildSetup = {
      primary: address,
      journal: newFile(),
      fallback: null,
      writers: sessions.map((session, i) => ({ session, name: `w${i}` })),
    }
    const first = new FailoverProcess(setup)
    await first.tell('load')
    proxy.cut()
    await first.tell('write')
    await first.more(40 * 60)
    await first.tell('rest')
    const total = async () => {
      const loaded = await Promise.all(sessions.map((id) => bare.load(id)))
      return loaded.reduce((sum, { session }) => sum + session.lastSeq, 0)
    }
    let replayed = await total()
    let running = first
    for (let kill = 0; kill < 3; kill++) {
      await proxy.accept()
      if (running !== first) void running.tell('parked')
      await expect.poll(total, { interval: 1 }).toBeGreaterThan(replayed)
      await running.kill()
      replayed = await total()
      expect(replayed, `kill ${kill}`).toBeLessThan(first.count)
      proxy.cut()
      running = new FailoverProcess(setup)
    }
    await proxy.accept()
    expect(await running.parked()).toEqual([])
    await running.untilState('primary')
    for (const [id, acknowledged] of first.acknowledged) await expectInOrder(bare, id, acknowledged)
    expect(await total()).toBe(first.count)
  })

  test('two with one fallback: one order for both, nothing lost, nothing parked', async (context) => {
    const { proxy, bare, address, url } = await outage(context)
    const sessions = ['s0', 's1', 's2', 's3']
    for (const id of sessions) await bare.create(newSession(id))
    const pair = ['a', 'b'].map(
      (name) =>
        new FailoverProcess({
          primary: address,
          journal: newFile(),
          fallback: { url, keyPrefix: 'fallback' },
          writers: sessions.map((session) => ({ session, name })),
        }),
    )
    const each = <T>(work: (one: FailoverProcess) => Promise<T>) => Promise.all(pair.map(work))
    for (let round = 0; round < 3; round++) {
      await each((one) => one.tell('load'))
      proxy.cut()
      await each((one) => one.tell('write'))
      await each((one) => one.more(100))
      await proxy.accept()
      await each((one) => one.untilState('primary'))
      await each((one) => one.more(100))
      await each((one) => one.tell('rest'))
      await each((one) => one.untilState('primary'))
    }
    expect(
      (await each((one) => one.parked())).flat().map(({ sessionId, reason }) => [sessionId, reason]),
    ).toEqual([])
    for (const id of sessions) await expectInOrder(bare, id, both(pair, id))
  })

  test('two with fallbacks of their own: what diverged is parked whole, none merged, none dropped', async (context) => {
    const { proxy, bare, address } = await outage(context)
    const sessions = ['s0', 's1', 's2', 's3']
    for (const id of sessions) await bare.create(newSession(id))
    const pair = ['a', 'b'].map(
      (name) =>
        new FailoverProcess({
          primary: address,
          journal: newFile(),
          fallback: null,
          writers: sessions.map((session) => ({ session, name })),
        }),
    )
    const each = <T>(work: (one: FailoverProcess) => Promise<T>) => Promise.all(pair.map(work))
    await each((one) => one.tell('load'))
    proxy.cut()
    await each((one) => one.tell('write'))
    await each((one) => one.more(100))
    await each((one) => one.tell('rest'))
    await proxy.accept()
    await each((one) => one.untilState('primary'))
    const parked = await each((one) => one.parked())
    for (const id of sessions) {
      const ends = pair.map((one, i) => ({
        acknowledged: one.acknowledged.get(id) as Acknowledged,
        parked: parked[i]?.find(({ sessionId }) => sessionId === id),
      }))
      // One of them was first, and its writes are on the primary alone.
      const [first, second] = ends[0]?.parked === undefined ? ends : [...ends].reverse()
      expect(first?.parked).toBeUndefined()
      await expectInOrder(bare, id, first?.acknowledged ?? new Map())
      // The other's are kept as they were acknowledged.
      const messages = second?.parked?.copy?.messages.map((message) => [message.id, message.seq])
      expect(messages).toEqual([...(second?.acknowledged ?? [])])
      const writes = second?.parked?.writes.flatMap((write) =>
        write.kind === 'commit' ? (write.change.append ?? []) : [],
      )
      expect(writes?.map((message) => [message.id, message.seq])).toEqual(messages)
    }
  })
})

/** A Redis that processes reach through a proxy, and that is looked at past it. */
async function outage(context: TestContext) {
  const server = await lend(context, () => startRedis({ flavour: 'redis' }))
  const proxy = await startProxy(server)
  onTestFinished(() => proxy.stop())
  const cut = () => {
    proxy.refuse()
    proxy.disconnect()
  }
  const bare = kept(createRedisStore({ url: server.url }))
  return {
    proxy: { cut, accept: () => proxy.accept() },
    bare,
    url: server.url,
    address: `redis://${proxy.host}:${proxy.port}`,
  }
}

function both(pair: readonly FailoverProcess[], id: string): Acknowledged {
  return new Map(pair.flatMap((one) => [...(one.acknowledged.get(id) ?? [])]))
}
