import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RedisOptions } from 'ioredis'
import { type Certificates, makeCertificates } from './certificates.ts'
import { freePort } from './port.ts'
import { ServerProcess } from './process.ts'
import type { Command } from './program.ts'
import { identify, info, withRedis } from './redis-client.ts'
import { findRedis, type RedisFlavour } from './redis-program.ts'
import type { Server } from './server.ts'

export interface RedisServer extends Server {
  /** As the server calls itself. */
  flavour: 'redis' | 'valkey'
  /** What a client connects with where the server speaks TLS. */
  tls?: Certificates
}

export interface RedisProcessOptions {
  flavour?: RedisFlavour
  /** TLS only; clients must show their certificate. */
  tls?: boolean
  /** Lines of `redis.conf`. */
  config: Record<string, string>
  sentinel?: boolean
}

/** Configuration with which what was written outlives a kill: unsynced, as the system keeps it. */
export const durable = { save: '', appendonly: 'yes', appendfsync: 'no' }

/** A process of the Redis family with a port and a folder of its own. */
export async function startRedisProcess(options: RedisProcessOptions): Promise<RedisServer> {
  const program = await findRedis(options.flavour ?? 'redis')
  const server = await ServerProcess.create()
  try {
    const [host, port] = ['127.0.0.1', await freePort()]
    const tls = options.tls && (await makeCertificates(join(server.folder, 'tls')))
    const password = options.config.requirepass
    const address = { host, port, ...(password && { password }), ...(tls && { tls }) }
    // Written once: a replica or sentinel keeps in it what it learns.
    await writeFile(
      join(server.folder, 'redis.conf'),
      redisConf({ ...listen(port, options.tls), ...options.config }),
    )
    const command: Command = [...program.command, 'redis.conf', ...(options.sentinel ? ['--sentinel'] : [])]
    // Somebody else's server may answer on a port that was taken meanwhile.
    const isReady = () =>
      withRedis(
        address,
        async (redis) =>
          (await redis.ping()) === 'PONG' && (await info(redis, 'process_id')) === String(server.pid),
      )
    const start = () => server.start(command, isReady)
    await start()
    return {
      ...(await withRedis(address, identify)),
      ...{ host, port, url: urlOf(address), source: program.source, ...(tls && { tls }) },
      ...server.controls(start),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

function listen(port: number, tls = false): Record<string, string> {
  const plain = { bind: '127.0.0.1', port: String(port) }
  if (!tls) return plain
  return {
    ...plain,
    port: '0',
    'tls-port': String(port),
    'tls-ca-cert-file': 'tls/ca.crt',
    'tls-cert-file': 'tls/server.crt',
    'tls-key-file': 'tls/server.key',
  }
}

function redisConf(config: Record<string, string>): string {
  return Object.entries(config)
    .map(([key, value]) => `${key} ${value || '""'}\n`)
    .join('')
}

function urlOf({
  host,
  port,
  password,
  tls,
}: Pick<RedisOptions, 'host' | 'port' | 'password' | 'tls'>): string {
  const login = password ? `:${encodeURIComponent(password)}@` : ''
  return `${tls ? 'rediss' : 'redis'}://${login}${host}:${port}`
}
