import { type Duration, parseDuration, SessError, type StoreEvent } from '@sess/core'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import type { RedisClient } from './client.ts'
import { type OwnClient, withLeanCommands } from './lean-command.ts'

/** TLS: `true` for the system's authorities; certificates and keys are PEM texts. The server's certificate is always verified unless `rejectUnauthorized` is `false`. */
export type TlsOptions = boolean | NonNullable<RedisOptions['tls']>

export interface RedisStoreOptions {
  /** `redis://`, `rediss://` (TLS), `host:port` or the path of a unix socket. Default `redis://127.0.0.1:6379`. */
  readonly url?: string
  /** The nodes of a Redis Cluster to begin from. */
  readonly cluster?: { readonly nodes: readonly { readonly host: string; readonly port: number }[] }
  /** A master behind Sentinel. */
  readonly sentinel?: {
    readonly name: string
    readonly nodes: readonly { readonly host: string; readonly port: number }[]
    readonly password?: string
  }
  /** A client of yours (ioredis 5 or 6, standalone or cluster), which this store never closes. */
  readonly client?: RedisClient
  readonly username?: string
  readonly password?: string
  /** The database of a standalone server. Default 0. */
  readonly db?: number
  readonly tls?: TlsOptions
  /** Separates applications on one server. Default `'sess'`. */
  readonly keyPrefix?: string
  /** Each call ends within it. Default `'5s'`, or the longer of `readTimeout` and `writeTimeout`. */
  readonly timeout?: Duration
  readonly readTimeout?: Duration
  readonly writeTimeout?: Duration
  /** How long to wait for a connection. Default `'5s'`. */
  readonly connectTimeout?: Duration
  /** How long an expired session answers `SESSION_EXPIRED` before the server drops it. Default `'1h'`. */
  readonly grace?: Duration
  /** How often a call is sent again at most, where that is safe. Default: as often as `timeout` allows. */
  readonly maxRetries?: number
  /** A write is acknowledged when so many replicas have it; where too few do, it is `STORE_UNAVAILABLE` with `outcome: 'unknown'`. Default 0. */
  readonly waitReplicas?: number
  /** Without effect, as are `minIdleConns` and `idleTimeout`: one connection carries all calls at once. */
  readonly poolSize?: number
  readonly minIdleConns?: number
  readonly idleTimeout?: Duration
  /** Told of what the store does and finds: `retry`, `data-loss`, `eviction-policy`, `auto-resend`; see the README. */
  readonly onEvent?: (event: StoreEvent) => void
}

/** What the store works with. */
export interface Settings {
  readonly client: RedisClient
  /** The client, where it is ours. */
  readonly own: OwnClient | undefined
  readonly prefix: string
  readonly timeoutMs: number
  readonly graceMs: number
  readonly maxRetries: number
  readonly waitReplicas: number
  readonly onEvent: ((event: StoreEvent) => void) | undefined
}

export function toSettings(options: RedisStoreOptions): Settings {
  const { keyPrefix = 'sess', connectTimeout = '5s', grace = '1h' } = options
  if (typeof keyPrefix !== 'string' || keyPrefix === '' || /[{}]/.test(keyPrefix))
    throw invalid('keyPrefix must be text without braces, which Redis Cluster takes for a hash tag')
  const ways = (['url', 'cluster', 'sentinel', 'client'] as const).filter((way) => options[way] !== undefined)
  if (ways.length > 1) throw invalid(`${ways.join(' and ')} cannot go together`)
  const timeoutMs = timeoutOf(options)
  const connectMs = parseDuration('createRedisStore', 'connectTimeout', connectTimeout)
  const { client = withLeanCommands(open(options, connectMs)) } = options
  return {
    client,
    own: options.client === undefined ? (client as OwnClient) : undefined,
    prefix: keyPrefix,
    timeoutMs,
    graceMs: parseDuration('createRedisStore', 'grace', grace),
    maxRetries: count('maxRetries', options.maxRetries) ?? Number.POSITIVE_INFINITY,
    waitReplicas: count('waitReplicas', options.waitReplicas) ?? 0,
    onEvent: options.onEvent,
  }
}

/** A client that connects on first use, and leaves it to the store what is sent again. */
function open(options: RedisStoreOptions, connectTimeout: number): Redis | Cluster {
  const { url, cluster, sentinel, username, password, db, tls } = options
  const common: RedisOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout,
    retryStrategy: backOff,
    // A master that became a replica: the next attempt finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(db !== undefined && { db }),
    ...(tls !== undefined && tls !== false && { tls: tls === true ? {} : tls }),
  }
  if (cluster !== undefined) return openCluster(cluster.nodes, common)
  if (sentinel !== undefined)
    return new Redis({
      ...common,
      name: sentinel.name,
      sentinels: [...sentinel.nodes],
      sentinelRetryStrategy: backOff,
      ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
    })
  return new Redis(withScheme(url ?? '127.0.0.1:6379'), common)
}

function openCluster(nodes: readonly { host: string; port: number }[], redisOptions: RedisOptions): Cluster {
  const { lazyConnect: _, retryStrategy: __, enableOfflineQueue: ___, ...perNode } = redisOptions
  const options: ClusterOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: backOff,
    // What is sent again is the store's to say: a lost answer is no reason for the driver to repeat a cut.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: redisOptions.connectTimeout ?? 5000,
    redisOptions: perNode,
  }
  return new Cluster([...nodes], options)
}

function timeoutOf({ timeout, readTimeout, writeTimeout }: RedisStoreOptions): number {
  const given = Object.entries({ timeout, readTimeout, writeTimeout }).flatMap(([name, value]) =>
    value === undefined ? [] : [parseDuration('createRedisStore', name, value)],
  )
  if (timeout !== undefined) return given[0] as number
  return given.length > 0 ? Math.max(...given) : 5000
}

/** Go's drivers take an address without a scheme. */
function withScheme(url: string): string {
  return /^[^/:]+:\d+$/.test(url) ? `redis://${url}` : url
}

function backOff(times: number): number {
  return Math.min(times * 50, 1000)
}

function count(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value
  throw invalid(`${name} must be a whole number of at least 0`)
}

function invalid(why: string): SessError {
  return new SessError('INVALID_ARGUMENT', `createRedisStore: ${why}`)
}
