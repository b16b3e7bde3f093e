import { type Message, type SessionStore, shardOfSession } from '@sess/core'
import type { Acknowledged } from '@sess/faults'
import type { RedisServer } from '@sess/servers'
import { Redis, type RedisOptions } from 'ioredis'
import { expect, onTestFinished } from 'vitest'
import { createRedisStore, type RedisStoreOptions } from '../../src/index.ts'

export * from '@sess/faults'
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
