import { notOurs } from './address.ts'
import { NoServerError } from './no-server.ts'
import { identify, withRedis } from './redis-client.ts'
import { durable, type RedisServer, startRedisProcess } from './redis-process.ts'
import type { RedisFlavour } from './redis-program.ts'

export interface RedisOptions {
  flavour?: RedisFlavour
  /** TLS only; clients must show their certificate. */
  tls?: boolean
  /** Lines of `redis.conf` over the usual ones. */
  config?: Record<string, string>
}

/** A standalone server; without any option the one at `SESS_REDIS_URL`, where that is set. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const url = process.env.SESS_REDIS_URL
  if (url && !Object.keys(options).length) return atAddress(url)
  return startRedisProcess({ ...options, config: { ...durable, ...options.config } })
}

/** Somebody's server: it may be used, not broken. */
async function atAddress(url: string): Promise<RedisServer> {
  const { hostname: host, port, username, password, protocol } = new URL(url)
  const address = {
    ...{ host, port: Number(port || 6379) },
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
  const identity = await withRedis(address, identify).catch((error: Error) => {
    throw new NoServerError(`no Redis at SESS_REDIS_URL: ${error.message}`)
  })
  return {
    ...{ ...identity, host, port: address.port, url, source: 'address' },
    ...notOurs('SESS_REDIS_URL'),
  }
}
