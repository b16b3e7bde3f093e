import { startLoad } from '@sess/faults'
import { type RedisServer, startProxy, startRedis } from '@sess/servers'
import { createMemoryStore } from '@sess/store-memory'
import { createRedisStore } from '@sess/store-redis'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { fileJournal, withFailover } from '../../src/index.ts'
import { newFile } from '../files.ts'
import { expectInOrder, kept, lend, newSession, recorder } from './fire.ts'
import { appendNext } from './writing.ts'

type Proxy = Awaited<ReturnType<typeof startProxy>>

/** How a primary goes away, and comes back. */
const FAULTS: Readonly<
  Record<
    string,
    {
      begin(server: RedisServer, proxy: Proxy): Promise<void>
      end(server: RedisServer, proxy: Proxy): Promise<void>
    }
  >
> = {
  killed: {
    begin: (server) => server.kill(),
    end: (server) => server.restart(),
  },
  stopped: {
    begin: async (server) => server.pause(),
    end: async (server) => server.resume(),
  },
  slow: {
    // Nothing is lost, all is late: what was sent arrives when its callers were told that nobody knows.
    begin: async (_, proxy) => proxy.partition(),
    end: async (_, proxy) => proxy.heal(),
  },
  flapping: {
    async begin(_, proxy) {
      for (let i = 0; i < 5; i++) {
        proxy.refuse()
        proxy.disconnect()
        await proxy.accept()
      }
      proxy.refuse()
      proxy.disconnect()
    },
    end: (_, proxy) => proxy.accept(),
  },
}
const ROUNDS = [
  'killed',
  'stopped',
  'slow',
  'flapping',
  'stopped',
  'killed',
  'flapping',
  'slow',
  'killed',
  'stopped',
]

describe('a primary under fire, writes accepted', { timeout: 90_000 }, () => {
  test('ten faults under 16 writers: nothing acknowledged is lost, doubled or moved', async (context) => {
    const { server, proxy, store, events } = await failover(context)
    const sessions = ['s0', 's1', 's2', 's3', 's4', 's5']
    for (const id of sessions) await store.create(newSession(id))
    const load = startLoad(
      Array.from({ length: 16 }, (_, w) => ({ store, session: sessions[w % 6] as string })),
      appendNext,
    )
    for (const [round, name] of ROUNDS.entries()) {
      const fault = FAULTS[name]
      await load.more(200)
      const before = { out: events.count('primary-out'), diverted: events.count('diverted') }
      await fault?.begin(server, proxy)
      await expect.poll(() => events.count('primary-out'), { message: name }).toBeGreaterThan(before.out)
      await expect.poll(() => events.count('diverted'), { message: name }).toBeGreaterThan(before.diverted)
      await load.more(200)
      await fault?.end(server, proxy)
      await expect.poll(() => store.state, { message: `round ${round}: ${name}` }).toBe('primary')
    }
    await load.more(200)
    await load.stop()
    await expect.poll(() => store.state).toBe('primary')
    expect(await store.parked()).toEqual([])
    const bare = kept(createRedisStore({ url: server.url }))
    for (const [id, acknowledged] of load.acknowledged) await expectInOrder(bare, id, acknowledged)
    console.info(
      `${load.count()} appends acknowledged, ${events.count('diverted')} diversions, ${events.count('returned')} returns`,
    )
  })
})

async function failover(context: TestContext) {
  const server = await lend(context, () => startRedis({ flavour: 'redis' }))
  const proxy = await startProxy(server)
  onTestFinished(() => proxy.stop())
  const events = recorder()
  const primary = createRedisStore({ url: `redis://${proxy.host}:${proxy.port}`, timeout: '300ms' })
  const store = withFailover(primary, createMemoryStore(), {
    writes: 'accept',
    journal: fileJournal(newFile()),
    warmMessages: 1_000_000,
    firstProbe: '50ms',
    lastProbe: '300ms',
    onEvent: events.onEvent,
  })
  return { server, proxy, store: kept(store), events }
}
