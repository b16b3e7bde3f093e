import { startRedis, startRedisCluster } from '@sess/servers'
import { describe, expect, test } from 'vitest'
import { type Acknowledged, clientOf, expectKept, lend, newSession, startLoad, storeOn } from './faults.ts'

describe('SCRIPT FLUSH again and again under load', { timeout: 60_000 }, () => {
  test('standalone: no call fails, nothing is lost or doubled', async (context) => {
    const server = await lend(context, () => startRedis({ flavour: 'redis' }))
    const store = storeOn({ url: server.url })
    await flushedUnderLoad(store, [clientOf(server)], ['s'])
  })

  test('cluster: on any of its nodes', async (context) => {
    const cluster = await lend(context, () => startRedisCluster({ masters: 3, replicas: 0 }))
    const store = storeOn({ cluster: { nodes: cluster.addresses } })
    await flushedUnderLoad(store, cluster.nodes.map(clientOf), ['a', 'b', 'c', 'd', 'e', 'f'])
  })
})

async function flushedUnderLoad(
  store: ReturnType<typeof storeOn>,
  nodes: readonly ReturnType<typeof clientOf>[],
  sessions: readonly string[],
): Promise<void> {
  for (const session of sessions) await store.create(newSession(session))
  const writers = Array.from({ length: 12 }, (_, w) => ({
    store,
    session: sessions[w % sessions.length] as string,
  }))
  const load = startLoad(writers, async (through, session, id, acknowledged) => {
    const append = [{ id, role: 'user', content: `text of ${id}`, metadata: {} }]
    // Every third is a whole turn, which another script writes.
    const isTurn = Number(id.split('-')[1]) % 3 === 0
    const { messages } = await through.commit(session, { append, ...(isTurn && { set: [['last', id]] }) })
    acknowledged.set(id, messages[0]?.seq ?? 0)
  })
  for (let round = 0; round < 40; round++) {
    await Promise.all(nodes.map((redis) => redis.script('FLUSH')))
    await load.more(20)
  }
  await load.stop()
  for (const session of sessions) {
    const acknowledged = load.acknowledged.get(session) as Acknowledged
    expect(await expectKept(store, session, acknowledged)).toHaveLength(acknowledged.size)
  }
}
