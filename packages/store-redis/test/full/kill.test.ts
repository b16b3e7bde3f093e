import { isSessError } from '@sess/core'
import { startRedis } from '@sess/servers'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  type Acknowledged,
  append,
  appendSurely,
  expectKept,
  lend,
  newSession,
  startLoad,
  storeOn,
  strangers,
} from './faults.ts'

describe('kill -9 of the server in the middle of concurrent appends', { timeout: 60_000 }, () => {
  test.for([
    ['appendfsync always: nothing acknowledged is lost, whatever dies', { appendfsync: 'always' }],
    ['no fsync: nothing acknowledged is lost while the system lives, which keeps what was written', {}],
  ] as const)('%s', async ([, config], context) => {
    const { server, store, load, failed } = await killed(context, config)
    await server.restart()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    const acknowledged = load.acknowledged.get('s') as Acknowledged
    const messages = await expectKept(store, 's', acknowledged)
    // What failed as `none` is not there; what is there and was not acknowledged failed as `unknown`.
    const unknown = [...failed].filter(([, error]) => error.outcome === 'unknown').map(([id]) => id)
    expect(strangers(messages, acknowledged).filter((id) => !unknown.includes(id))).toEqual([])
    expect(failed.size).toBe(16)
    expect(unknown.length).toBeGreaterThan(0)
    // Repeated, each is stored once; one that was acknowledged long ago is found again too.
    await Promise.all([...failed.keys()].map((id) => appendSurely(store, 's', id, acknowledged)))
    const replayed = await store.commit('s', { append: [{ ...firstOf(messages) }] })
    expect(replayed).toMatchObject({ replayed: true, messages: [{ seq: 1 }] })
    const all = await expectKept(store, 's', acknowledged)
    expect(strangers(all, acknowledged)).toEqual([])
  })

  test('nothing saved: what was acknowledged is gone, and said to be, not empty', async (context) => {
    const { server, store } = await killed(context, { appendonly: 'no' })
    await server.restart()
    await expect.poll(() => store.health()).toMatchObject({ ok: true })
    await expect(store.load('s', { messages: { last: 10 } })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    })
    const late = store.commit('s', { append: [{ id: 'late', role: 'user', content: '', metadata: {} }] })
    await expect(late).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })
})

/** A server that died under the appends of 16 writers, and what failed then: one append of each. */
async function killed(context: TestContext, config: Record<string, string>) {
  const server = await lend(context, () => startRedis({ flavour: 'redis', config }))
  const store = storeOn({ url: server.url })
  await store.create(newSession('s'))
  const failed = new Map<string, { outcome: string }>()
  const hasFailed = new Set<string>()
  const writers = Array.from({ length: 16 }, () => ({ store, session: 's' }))
  const load = startLoad(writers, async (through, session, id, acknowledged) => {
    const writer = id.split('-')[0] as string
    if (hasFailed.has(writer)) return new Promise((resolve) => setImmediate(resolve))
    const error = await append(through, session, id, acknowledged)
    if (!isSessError(error)) return
    failed.set(id, error)
    hasFailed.add(writer)
  })
  await load.more(500)
  await server.kill()
  await expect.poll(() => hasFailed.size).toBe(16)
  await load.stop()
  return { server, store, load, failed }
}

function firstOf(messages: readonly { id: string; role: string; content: unknown }[]) {
  const { id, role, content } = messages[0] as { id: string; role: string; content: string }
  return { id, role, content, metadata: {} }
}
