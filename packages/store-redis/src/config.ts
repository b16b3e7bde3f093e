import { readFileSync } from 'node:fs'
import { type ConfigurableStore, isDuration } from '@sess/core'
import { z } from 'zod'
import type { TlsOptions } from './options.ts'
import { createRedisStore } from './redis-store.ts'

const duration = z
  .string()
  .refine(isDuration, "a duration such as '300ms' or '5s'")
  .meta({ examples: ['300ms', '5s'] })
const oneConnection = { 'x-without-effect': 'one connection carries all calls at once' }
const pem = z.string().refine(isReadable, 'a file that can be read').default('')

const tls = z
  .object({
    enabled: z.boolean().default(false).meta({ description: 'whether to connect by TLS' }),
    cert_file: pem.meta({ description: 'certificate of ours, a PEM file' }),
    key_file: pem.meta({ description: 'its key, a PEM file' }),
    ca_file: pem.meta({ description: "the server's authority, a PEM file; else the system's" }),
    insecure_skip_verify: z
      .boolean()
      .default(false)
      .meta({ description: 'takes any server for the right one' }),
  })
  .prefault({})

const schema = z.object({
  addr: z
    .string()
    .regex(/^(\/.+|(\[[\da-f:.]+\]|[^\s/:@[\]]+):\d{1,5})$/i, 'host:port, or the path of a unix socket')
    .default('localhost:6379')
    .meta({ description: 'host and port, or the path of a unix socket' }),
  password: z.string().default('').meta({ description: "the server's password", writeOnly: true }),
  db: z.int().min(0).default(0).meta({ description: 'database of the server' }),
  pool_size: z
    .int()
    .min(1)
    .default(10)
    .meta({ description: 'connections at once', ...oneConnection }),
  key_prefix: z
    .string()
    .regex(/^[^{}]*[^{}:]:?$/, 'text without braces')
    .default('session:')
    .meta({ description: 'begins all keys, which separates applications; a colon follows in any case' }),
  min_idle_conns: z
    .int()
    .min(0)
    .default(5)
    .meta({ description: 'connections kept open', ...oneConnection }),
  max_retries: z.int().min(0).default(3).meta({ description: 'how often a call is sent again at most' }),
  dial_timeout: duration.default('5s').meta({ description: 'how long to wait for a connection' }),
  read_timeout: duration
    .default('3s')
    .meta({ description: 'each call ends within it, or within write_timeout where that is longer' }),
  write_timeout: duration.default('3s').meta({ description: 'see read_timeout' }),
  idle_timeout: duration
    .default('5m')
    .meta({ description: 'how long a connection goes without work', ...oneConnection }),
  tls,
})

const env = {
  SESSION_REDIS_ADDR: 'addr',
  SESSION_REDIS_PASSWORD: 'password',
  SESSION_REDIS_DB: 'db',
  SESSION_REDIS_POOL_SIZE: 'pool_size',
  SESSION_REDIS_KEY_PREFIX: 'key_prefix',
  SESSION_REDIS_TLS_ENABLED: 'tls.enabled',
  SESSION_REDIS_TLS_CERT_FILE: 'tls.cert_file',
  SESSION_REDIS_TLS_KEY_FILE: 'tls.key_file',
  SESSION_REDIS_TLS_CA_FILE: 'tls.ca_file',
  SESSION_REDIS_TLS_SKIP_VERIFY: 'tls.insecure_skip_verify',
}

/** What may stand under `store.redis`, with its defaults. */
export type RedisConfig = z.output<typeof schema>

/** `store.type: redis`, for `@sess/config`. */
export function redis(): ConfigurableStore<'redis', RedisConfig> {
  return {
    type: 'redis',
    schema,
    env,
    open: (config, context) =>
      createRedisStore({
        ...context,
        url: config.addr.startsWith('/') ? config.addr : `redis://${config.addr}`,
        ...(config.password !== '' && { password: config.password }),
        db: config.db,
        tls: tlsOf(config.tls),
        // The store puts a colon after it.
        keyPrefix: config.key_prefix.replace(/:$/, ''),
        connectTimeout: config.dial_timeout,
        readTimeout: config.read_timeout,
        writeTimeout: config.write_timeout,
        maxRetries: config.max_retries,
      }),
  }
}

function tlsOf({ enabled, insecure_skip_verify, ...files }: RedisConfig['tls']): TlsOptions {
  if (!enabled) return false
  const read = (path: string) => (path === '' ? undefined : readFileSync(path, 'utf8'))
  const [ca, cert, key] = [read(files.ca_file), read(files.cert_file), read(files.key_file)]
  return {
    rejectUnauthorized: !insecure_skip_verify,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  }
}

function isReadable(path: string): boolean {
  try {
    return path === '' || readFileSync(path).length > 0
  } catch {
    return false
  }
}
