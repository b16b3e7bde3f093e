import { Redis, type RedisOptions } from 'ioredis'
import { describe, onTestFinished } from 'vitest'
import { orSkip } from '../src/no-server.ts'
import { findRedis } from '../src/redis-program.ts'

/** Suites that need a server. */
export const describeRedis = describe.skipIf(!(await orSkip(() => findRedis('redis'))))

/** What was started, until the test is over. */
export async function lend<T extends { stop(): unknown }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  onTestFinished(async () => {
    await started.stop()
  })
  return started
}

/** A client that never tries again by itself. */
export function clientOf(address: RedisOptions): Redis {
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', () => {})
  onTestFinished(() => redis.disconnect())
  return redis
}
