import { Redis, type RedisOptions } from 'ioredis'

/** Lends a connection of its own, which fails at once where the server is away. */
export async function withRedis<T>(address: RedisOptions, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({
    enableReadyCheck: false,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    ...address,
    lazyConnect: true,
    retryStrategy: () => null,
  })
  // Every command rejects with it too.
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

/** What the server calls itself. */
export async function identify(redis: Redis): Promise<{ flavour: 'redis' | 'valkey'; version: string }> {
  const valkey = await info(redis, 'valkey_version')
  if (valkey) return { flavour: 'valkey', version: valkey }
  return { flavour: 'redis', version: (await info(redis, 'redis_version')) ?? 'unknown' }
}

/** Whether a replica has all of its master's data; a master always has. */
export async function isInSync(redis: Redis): Promise<boolean> {
  return (await info(redis, 'role')) === 'master' || (await info(redis, 'master_link_status')) === 'up'
}

/** A field of what INFO says. */
export async function info(redis: Redis, field: string): Promise<string | undefined> {
  return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(await redis.info())?.[1]
}
