import { readFileSync } from 'node:fs'
import { type ConfigurableStore, isDuration } from '@sess/core'
import { z } from 'zod'
import { parseAddress } from './dsn.ts'
import { createMysqlStore } from './mysql-store.ts'
import type { TlsOptions } from './options.ts'

const duration = z
  .string()
  .refine(isDuration, "a duration such as '10m' or '1h'")
  .meta({ examples: ['10m', '1h'] })
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
  dsn: z
    .string()
    .refine(isAddress)
    .default('')
    .meta({
      description: 'the whole address, instead of host, port, username and database',
      examples: ['mysql://user:password@host:3306/database', 'user:password@tcp(host:3306)/database'],
      writeOnly: true,
    }),
  host: z.string().min(1).default('localhost').meta({ description: 'the server' }),
  port: z.int().min(1).max(65_535).default(3306).meta({ description: 'its port' }),
  username: z.string().default('').meta({ description: 'who connects' }),
  password: z.string().default('').meta({ description: "the user's password", writeOnly: true }),
  database: z.string().min(1).default('sessions').meta({ description: 'a database that is there' }),
  table_name: z
    .string()
    .regex(/^\w{1,47}$/, '1 to 47 letters, digits and underscores')
    .default('sessions')
    .meta({ description: 'begins the names of all tables, with an underscore after it' }),
  max_open_conns: z.int().min(1).default(10).meta({ description: 'connections open at once' }),
  max_idle_conns: z.int().min(1).default(5).meta({ description: 'connections that stay open without work' }),
  conn_max_lifetime: duration.default('1h').meta({ description: 'how old a connection grows' }),
  conn_max_idle_time: duration
    .default('10m')
    .meta({ description: 'how long a connection goes without work' }),
  tls,
})

const env = {
  SESSION_MYSQL_DSN: 'dsn',
  SESSION_MYSQL_HOST: 'host',
  SESSION_MYSQL_PORT: 'port',
  SESSION_MYSQL_USERNAME: 'username',
  SESSION_MYSQL_PASSWORD: 'password',
  SESSION_MYSQL_DATABASE: 'database',
  SESSION_MYSQL_TABLE_NAME: 'table_name',
  SESSION_MYSQL_TLS_ENABLED: 'tls.enabled',
  SESSION_MYSQL_TLS_CERT_FILE: 'tls.cert_file',
  SESSION_MYSQL_TLS_KEY_FILE: 'tls.key_file',
  SESSION_MYSQL_TLS_CA_FILE: 'tls.ca_file',
  SESSION_MYSQL_TLS_SKIP_VERIFY: 'tls.insecure_skip_verify',
}

/** What may stand under `store.mysql`, with its defaults. */
export type MysqlConfig = z.output<typeof schema>

/** `store.type: mysql`, for `@sess/config`. */
export function mysql(): ConfigurableStore<'mysql', MysqlConfig> {
  return {
    type: 'mysql',
    schema,
    env,
    open: (config, context) =>
      createMysqlStore({
        ...context,
        ...addressOf(config),
        ...(config.password !== '' && { password: config.password }),
        ...(config.tls.enabled && { tls: tlsOf(config.tls) }),
        tablePrefix: `${config.table_name}_`,
        maxOpenConns: config.max_open_conns,
        maxIdleConns: config.max_idle_conns,
        connMaxLifetime: config.conn_max_lifetime,
        connMaxIdleTime: config.conn_max_idle_time,
      }),
  }
}

function addressOf({ dsn, host, port, username, database }: MysqlConfig) {
  if (dsn !== '') return { url: dsn }
  return { host, port, database, ...(username !== '' && { user: username }) }
}

function tlsOf({ insecure_skip_verify, ...files }: MysqlConfig['tls']): TlsOptions {
  const read = (path: string) => (path === '' ? undefined : readFileSync(path, 'utf8'))
  const [ca, cert, key] = [read(files.ca_file), read(files.cert_file), read(files.key_file)]
  return {
    rejectUnauthorized: !insecure_skip_verify,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  }
}

function isAddress(dsn: string): boolean {
  try {
    return dsn === '' || parseAddress(dsn) !== undefined
  } catch {
    return false
  }
}

function isReadable(path: string): boolean {
  try {
    return path === '' || readFileSync(path).length > 0
  } catch {
    return false
  }
}
