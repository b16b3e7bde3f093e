import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key that must be there, written out by hand so that nothing generated can hide that one is missing. */
export interface Row {
  readonly key: string
  readonly variable: string | undefined
  readonly initial: unknown
  /** Another value, as the file has it. */
  readonly other: unknown
  /** And as a variable has it. */
  readonly text: string
  readonly isSecret: boolean
  readonly isWithoutEffect: boolean
}

type Short = readonly [
  name: string,
  variable: string | null,
  initial: unknown,
  other: unknown,
  mark?: 'secret' | 'idle',
]

/** A file that is there. */
const FILE = import.meta.filename

const tls = (prefix: string): Short[] => [
  ['tls.enabled', `${prefix}_TLS_ENABLED`, false, true],
  ['tls.cert_file', `${prefix}_TLS_CERT_FILE`, '', FILE],
  ['tls.key_file', `${prefix}_TLS_KEY_FILE`, '', FILE],
  ['tls.ca_file', `${prefix}_TLS_CA_FILE`, '', FILE],
  ['tls.insecure_skip_verify', `${prefix}_TLS_SKIP_VERIFY`, false, true],
]

const sections: { readonly [section: string]: readonly Short[] } = {
  'store.memory': [
    ['max_sessions', 'SESSION_MEMORY_MAX_SESSIONS', 10_000, 7],
    ['eviction_policy', 'SESSION_MEMORY_EVICTION_POLICY', 'lru', 'lfu'],
    ['cleanup_interval', 'SESSION_MEMORY_CLEANUP_INTERVAL', '5m', '1.5h'],
  ],
  'store.redis': [
    ['addr', 'SESSION_REDIS_ADDR', 'localhost:6379', 'redis.internal:7000'],
    ['password', 'SESSION_REDIS_PASSWORD', '', 'hunter2-redis', 'secret'],
    ['db', 'SESSION_REDIS_DB', 0, 3],
    ['pool_size', 'SESSION_REDIS_POOL_SIZE', 10, 20, 'idle'],
    ['key_prefix', 'SESSION_REDIS_KEY_PREFIX', 'session:', 'app:'],
    ['min_idle_conns', null, 5, 2, 'idle'],
    ['max_retries', null, 3, 0],
    ['dial_timeout', null, '5s', '250ms'],
    ['read_timeout', null, '3s', '1.5s'],
    ['write_timeout', null, '3s', '2s'],
    ['idle_timeout', null, '5m', '2h45m', 'idle'],
    ...tls('SESSION_REDIS'),
  ],
  'store.mysql': [
    ['dsn', 'SESSION_MYSQL_DSN', '', 'u:hunter2-dsn@tcp(db:3306)/app', 'secret'],
    ['host', 'SESSION_MYSQL_HOST', 'localhost', 'db.internal'],
    ['port', 'SESSION_MYSQL_PORT', 3306, 3307],
    ['username', 'SESSION_MYSQL_USERNAME', '', 'app'],
    ['password', 'SESSION_MYSQL_PASSWORD', '', 'hunter2-mysql', 'secret'],
    ['database', 'SESSION_MYSQL_DATABASE', 'sessions', 'app'],
    ['table_name', 'SESSION_MYSQL_TABLE_NAME', 'sessions', 'talks'],
    ['max_open_conns', null, 10, 4],
    ['max_idle_conns', null, 5, 2],
    ['conn_max_lifetime', null, '1h', '30m'],
    ['conn_max_idle_time', null, '10m', '90s'],
    ...tls('SESSION_MYSQL'),
  ],
  session: [
    ['default_ttl', 'SESSION_DEFAULT_TTL', '24h', '2h45m'],
    ['max_message_count', 'SESSION_MAX_MESSAGE_COUNT', 1000, 5],
    ['max_context_size', null, 1_048_576, '64KiB'],
    ['enable_compression', 'SESSION_ENABLE_COMPRESSION', false, true],
    ['enable_encryption', 'SESSION_ENABLE_ENCRYPTION', false, true],
    ['encryption_key', 'SESSION_ENCRYPTION_KEY', '', 'hunter2-key', 'secret'],
  ],
  cleanup: [
    ['enabled', 'SESSION_CLEANUP_ENABLED', true, false],
    ['interval', 'SESSION_CLEANUP_INTERVAL', '1h', '10s'],
    ['batch_size', 'SESSION_CLEANUP_BATCH_SIZE', 100, 25],
  ],
}

/** What the wrappers of `@sess/compose/config` take beside their stores. */
const seats: typeof sections = {
  'store.fallback': [
    ['type', 'SESSION_FALLBACK_TYPE', undefined, 'memory'],
    ['writes', 'SESSION_FALLBACK_WRITES', 'refuse', 'accept'],
    ['journal_file', 'SESSION_FALLBACK_JOURNAL_FILE', '', join(tmpdir(), 'sess.journal')],
    ['warm_sessions', null, 1000, 5],
    ['warm_messages', null, 1000, 0],
    ['failures', null, 3, 1],
    ['first_probe', null, '250ms', '1.5s'],
    ['last_probe', null, '10s', '1m'],
  ],
  'store.cache': [
    ['type', 'SESSION_CACHE_TYPE', undefined, 'memory'],
    ['max_stale', 'SESSION_CACHE_MAX_STALE', '0s', '2s'],
    ['messages', null, 100, 7],
    ['ttl', null, '1h', '5m'],
  ],
}

export const PARITY = rowsOf(sections)
export const SEATS = rowsOf(seats)

function rowsOf(all: typeof sections): readonly Row[] {
  return Object.entries(all).flatMap(([section, rows]) =>
    rows.map(([name, variable, initial, other, mark]) => ({
      key: `${section}.${name}`,
      variable: variable ?? undefined,
      initial,
      other,
      text: String(other),
      isSecret: mark === 'secret',
      isWithoutEffect: mark === 'idle',
    })),
  )
}
