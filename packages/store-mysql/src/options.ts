import { isIP } from 'node:net'
import { type Duration, parseDuration, SessError, type StoreEvent } from '@sess/core'
import { createPool, type PoolOptions } from 'mysql2'
import { type CallbackPool, callbackPool, type MysqlPool, type OwnPool } from './client.ts'
import { type Address, parseAddress } from './dsn.ts'
import { LANES } from './lanes.ts'
import { BorrowedPool, OwnedPool, type Pool } from './pool.ts'
import type { Migrate } from './schema.ts'
import { type SessTables, sessTables } from './tables.ts'

/** TLS: `true` for the system's authorities; certificates and keys are PEM texts. The server's certificate and name are verified unless `rejectUnauthorized` is `false`. */
export type TlsOptions =
  | boolean
  | {
      readonly ca?: string
      readonly cert?: string
      readonly key?: string
      readonly rejectUnauthorized?: boolean
    }

/** A server by its address, or connections of yours. */
export type MysqlStoreOptions = CommonOptions & (UrlOptions | HostOptions | PoolOption | DatabaseOption)

interface CommonOptions {
  /** Begins the names of all tables. Default `'sess_'`. */
  readonly tablePrefix?: string
  /** `'auto'` makes and migrates the tables on first use, `'check'` refuses tables that are not as they should be, `'off'` does not look. Default `'auto'`. */
  readonly migrate?: Migrate
  /** Each call ends within it. Default `'5s'`. */
  readonly timeout?: Duration
  /** Told of what the store does by itself: `retry`, `migrated`; see the README. */
  readonly onEvent?: (event: StoreEvent) => void
}

interface UrlOptions extends ConnectionOptions, No<Hosts | 'pool' | 'db'> {
  /** `mysql://user:password@host:3306/database`, or as Go writes it: `user:password@tcp(host:3306)/database`. */
  readonly url: string
}

interface HostOptions extends ConnectionOptions, No<'url' | 'pool' | 'db'> {
  /** Default `'localhost'`. */
  readonly host?: string
  /** Default 3306. */
  readonly port?: number
  /** The path of a unix socket, instead of host and port. */
  readonly socketPath?: string
  readonly user?: string
  /** Default `'sessions'`. */
  readonly database?: string
}

interface PoolOption extends No<Exclude<keyof HostOptions | keyof UrlOptions | 'db', 'pool'>> {
  /** A pool of yours (mysql2 3, of either API), which this store never closes. */
  readonly pool: MysqlPool
}

interface DatabaseOption extends No<Exclude<keyof HostOptions | keyof UrlOptions | 'pool', 'db'>> {
  /** A Drizzle database of yours on a mysql2 pool, which this store never closes. */
  readonly db: { readonly $client: MysqlPool }
}

/** Of connections that the store opens. */
interface ConnectionOptions {
  readonly password?: string
  readonly tls?: TlsOptions
  /** How many connections are open at once. Default 10. */
  readonly maxOpenConns?: number
  /** How many of them stay open without work. Default 5. */
  readonly maxIdleConns?: number
  /** How old a connection grows. Default `'1h'`. */
  readonly connMaxLifetime?: Duration
  /** How long a connection may go without work. Default `'10m'`. */
  readonly connMaxIdleTime?: Duration
  /** How long to wait for a connection. Default `'5s'`. */
  readonly connectTimeout?: Duration
}

type Hosts = 'host' | 'port' | 'socketPath' | 'user' | 'database'
type No<Names extends string> = { readonly [K in Names]?: never }

/** What the store works with. */
export interface Settings {
  readonly pool: Pool
  /** Connections of our own that are always within a transaction; none where there are too few, or the application's. */
  readonly lanePool: Pool | undefined
  readonly tables: SessTables
  readonly prefix: string
  readonly migrate: Migrate
  readonly timeoutMs: number
  readonly onEvent: ((event: StoreEvent) => void) | undefined
}

/** Of which one says where the server is. */
const WAYS = ['url', 'host', 'socketPath', 'pool', 'db'] as const

export function toSettings(options: MysqlStoreOptions): Settings {
  const { tablePrefix = 'sess_', migrate = 'auto', onEvent } = options
  if (!/^\w{1,48}$/.test(tablePrefix))
    throw invalid('tablePrefix must be 1 to 48 letters, digits and underscores')
  if (!['auto', 'check', 'off'].includes(migrate)) throw invalid("migrate must be 'auto', 'check' or 'off'")
  const ways = WAYS.filter((way) => options[way] !== undefined)
  if (ways.length > 1) throw invalid(`${ways.join(' and ')} cannot go together`)
  const address = options.url === undefined ? {} : parseAddress(options.url)
  const timeoutMs = timeoutOf(options, address)
  return {
    ...poolsOf(options, address),
    tables: sessTables(tablePrefix),
    prefix: tablePrefix,
    migrate,
    timeoutMs,
    onEvent,
  }
}

function poolsOf(options: MysqlStoreOptions, address: Address): Pick<Settings, 'pool' | 'lanePool'> {
  const borrowed = options.pool ?? options.db?.$client
  if (borrowed === undefined) return openPools(options, address)
  const pool: CallbackPool = callbackPool(borrowed)
  if (typeof pool?.getConnection !== 'function')
    throw invalid('a pool is needed, since one connection cannot carry two transactions')
  return { pool: new BorrowedPool(pool), lanePool: undefined }
}

/** Two pools share the connections: those of the lanes are always within a transaction, which saves its beginning. */
function openPools(options: ConnectionOptions & HostForm, address: Address) {
  const { maxOpenConns = 10, maxIdleConns = 5, connMaxLifetime = '1h', connMaxIdleTime = '10m' } = options
  for (const [name, count] of Object.entries({ maxOpenConns, maxIdleConns }))
    if (!Number.isSafeInteger(count) || count < 1) throw invalid(`${name} must be a whole number from 1 on`)
  const duration = (name: string, value: Duration) => parseDuration('createMysqlStore', name, value)
  const maxIdleMs = duration('connMaxIdleTime', connMaxIdleTime)
  const maxLifetimeMs = duration('connMaxLifetime', connMaxLifetime)
  const server = serverOf(options, address, maxIdleMs)
  const poolOf = (limit: number, maxIdle: number, autocommit: 0 | 1) => {
    const open = () => createPool({ ...server, connectionLimit: limit, maxIdle }) as OwnPool
    const setUp = [
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'SET NAMES utf8mb4',
      // A server that turns read-only waits for who waits for a session, and keeps up who holds it: none may wait long.
      `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION autocommit = ${autocommit},
        SESSION innodb_lock_wait_timeout = 1`,
    ]
    return new OwnedPool(open, { setUp, maxLifetimeMs, maxIdleMs })
  }
  const lanes = maxOpenConns > LANES ? LANES : 0
  const idleLanes = Math.min(lanes, maxIdleConns - 1)
  return {
    pool: poolOf(maxOpenConns - lanes, maxIdleConns - idleLanes, 1),
    lanePool: lanes === 0 ? undefined : poolOf(lanes, idleLanes, 0),
  }
}

type HostForm = Pick<HostOptions, Hosts>

function serverOf(options: ConnectionOptions & HostForm, address: Address, idleTimeout: number): PoolOptions {
  const {
    host = 'localhost',
    port = 3306,
    socketPath,
    user,
    database = 'sessions',
  } = { ...options, ...address }
  const password = options.password ?? address.password
  const tls = options.tls ?? address.tls ?? false
  const connectTimeout = options.connectTimeout ?? address.connectTimeout ?? '5s'
  return {
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    // Of an address the driver would want the certificate to say `localhost`.
    ...(tls !== false && { ssl: { verifyIdentity: isIP(host) === 0, ...(tls === true ? {} : tls) } }),
    database,
    idleTimeout,
    connectTimeout: parseDuration('createMysqlStore', 'connectTimeout', connectTimeout),
    charset: 'utf8mb4',
    // A server takes 16,382 prepared statements of all its clients by default.
    maxPreparedStatements: 200,
    trace: false,
    gracefulEnd: true,
  }
}

function timeoutOf({ timeout }: CommonOptions, { timeouts = [] }: Address): number {
  const given = timeout !== undefined ? [timeout] : timeouts.length > 0 ? timeouts : ['5s']
  return Math.max(...given.map((value) => parseDuration('createMysqlStore', 'timeout', value)))
}

function invalid(why: string): SessError {
  return new SessError('INVALID_ARGUMENT', `createMysqlStore: ${why}`)
}
