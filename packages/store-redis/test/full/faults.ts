import { isSessError, type Message, type NewMessage, type SessionStore, shardOfSession } from '@sess/core'
import type { RedisServer } from '@sess/servers'
import { Redis, type RedisOptions } from 'ioredis'
import { expect, onTestFinished } from 'vitest'
import { createRedisStore, type RedisStoreOptions } from '../../src/index.ts'

export { lend } from '@sess/servers'
export { newSession } from '@sess/testkit'

/** A store until the test is over. */
export function storeOn(options: RedisStoreOptions): SessionStore {
  const store = createRedisStore(options)
  onTestFinished(() => store.close())
  return store
}

/** A bare client until the test is over, which never tries again by itself. */
export function clientOf({ host, port, ...more }: RedisOptions): Redis {
  const address = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
  const redis = new Redis({ ...more, ...address, lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {})
  onTestFinished(() => redis.disconnect())
  return redis
}

/** Ids of six sessions that lie in these slots of a cluster. */
export async function sessionsOn(redis: Redis, from: number, to: number): Promise<string[]> {
  const found: string[] = []
  for (let i = 0; found.length < 6; i++) {
    const shard = shardOfSession(`s${i}`).toString(16).padStart(3, '0')
    const slot = Number(await redis.cluster('KEYSLOT', `{${shard}}`))
    if (slot >= from && slot <= to) found.push(`s${i}`)
  }
  return found
}

export function message(id: string): NewMessage {
  return { id, role: 'user', content: `text of ${id}`, metadata: {} }
}

/** Of every id that was acknowledged, its seq. */
export type Acknowledged = Map<string, number>

/** Writes one append and notes what was acknowledged; answers the error of one that may be repeated. */
export async function append(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
): Promise<unknown> {
  try {
    const { messages } = await store.commit(session, { append: [message(id)] })
    acknowledged.set(id, messages[0]?.seq ?? 0)
    return undefined
  } catch (error) {
    if (!isSessError(error, 'STORE_UNAVAILABLE')) throw error
    if (error.outcome === 'unknown') expect(error.messageIds).toEqual([id])
    return error
  }
}

/** The same, until it is acknowledged: the same id each time. */
export async function appendSurely(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
): Promise<void> {
  let error = await append(store, session, id, acknowledged)
  while (error !== undefined) error = await append(store, session, id, acknowledged)
}

/** Some writers at once, each appending one message after another until told to stop. */
export function startLoad(
  writers: readonly { store: SessionStore; session: string }[],
  write: (store: SessionStore, session: string, id: string, acknowledged: Acknowledged) => Promise<unknown>,
) {
  const acknowledged = new Map<string, Acknowledged>()
  for (const { session } of writers) acknowledged.set(session, new Map())
  let isOver = false
  const done = Promise.all(
    writers.map(async ({ store, session }, w) => {
      for (let n = 0; !isOver; n++)
        await write(store, session, `w${w}-${n}`, acknowledged.get(session) as Acknowledged)
    }),
  )
  done.catch(() => {})
  const count = () => [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0)
  return {
    acknowledged,
    /** Waits until so many more were acknowledged. */
    async more(wanted: number): Promise<void> {
      const enough = count() + wanted
      await Promise.race([done, expect.poll(count).toBeGreaterThan(enough)])
    },
    /** Lets each writer end what it is about. */
    async stop(): Promise<void> {
      isOver = true
      await done
    },
  }
}

/** Every message of a session, oldest first. */
async function everything(store: SessionStore, session: string): Promise<readonly Message[]> {
  const all: Message[] = []
  for (;;) {
    const afterSeq = all.at(-1)?.seq ?? 0
    const { messages = [] } = await store.load(session, { messages: { afterSeq, limit: 1000 } })
    if (messages.length === 0) return all
    all.push(...messages)
  }
}

/** Seqs from 1 on without a hole, nothing twice, and the counters say the same. */
export async function expectLog(store: SessionStore, session: string): Promise<readonly Message[]> {
  const messages = await everything(store, session)
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1))
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
  for (const { id, content } of messages) expect(content).toBe(message(id).content)
  const { lastSeq, messageCount } = (await store.load(session)).session
  expect({ lastSeq, messageCount }).toEqual({ lastSeq: messages.length, messageCount: messages.length })
  return messages
}

/** The log holds all that was acknowledged, each at the seq that was told, and a writer's messages in its order. */
export async function expectKept(
  store: SessionStore,
  session: string,
  acknowledged: Acknowledged,
): Promise<readonly Message[]> {
  const messages = await expectLog(store, session)
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]))
  expect([...acknowledged].filter(([id, seq]) => seqs.get(id) !== seq)).toEqual([])
  return messages
}

/** What was acknowledged by now. */
export function snapshot(acknowledged: ReadonlyMap<string, Acknowledged>): Map<string, Acknowledged> {
  return new Map([...acknowledged].map(([session, seqs]) => [session, new Map(seqs)]))
}

/** Waits until a replica took over. */
export async function untilMaster(replica: RedisServer): Promise<void> {
  await expect.poll(async () => (await clientOf(replica).role())[0], { interval: 100 }).toBe('master')
}

/** What came over of what the old master acknowledged is its beginning, each at its place; answers how many are lost. */
export function expectBeginning(log: readonly Message[], before: Acknowledged): number {
  const seqs = new Map(log.map(({ id, seq }) => [id, seq]))
  const old = [...before].sort(([, a], [, b]) => a - b)
  const kept = old.filter(([id]) => seqs.has(id))
  expect(kept).toEqual(old.slice(0, kept.length))
  for (const [id, seq] of kept) expect(seqs.get(id)).toBe(seq)
  return old.length - kept.length
}

/** What the log holds and nobody was told of. */
export function strangers(messages: readonly Message[], acknowledged: Acknowledged): string[] {
  return messages.map(({ id }) => id).filter((id) => !acknowledged.has(id))
}
