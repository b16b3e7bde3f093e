import { SessError } from '@sess/core'

/** What an address says, of either form. */
export interface Address {
  readonly host?: string
  readonly port?: number
  readonly socketPath?: string
  readonly user?: string
  readonly password?: string
  readonly database?: string
  readonly tls?: boolean | { readonly rejectUnauthorized: false }
  /** Durations as Go writes them: how long a call may take, by any of them, and a connection. */
  readonly timeouts?: readonly string[]
  readonly connectTimeout?: string
}

/** Reads `mysql://user:password@host:3306/database?tls=true`, or Go's `user:password@tcp(host:3306)/database?…`. */
export function parseAddress(url: string): Address {
  return /^(mysql|mariadb):\/\//.test(url) ? parseUrl(url) : parseDsn(url)
}

function parseUrl(text: string): Address {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw invalid('`url` is no address')
  }
  const { hostname, port, username, password, pathname, searchParams } = url
  return {
    ...(hostname !== '' && { host: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1') }),
    ...(port !== '' && { port: Number(port) }),
    ...(username !== '' && { user: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 && { database: decodeURIComponent(pathname.slice(1)) }),
    ...parameters(searchParams),
  }
}

/** As Go's driver reads it: what stands before the last `@` are the credentials, whatever is in them. */
function parseDsn(text: string): Address {
  const match = /^(?:(.*)@)?(?:(\w+)(?:\(([^)]*)\))?)?\/([^?/]*)(?:\?(.*))?$/s.exec(text)
  if (match === null) throw invalid('`url` is neither mysql://… nor user:password@tcp(host:port)/database')
  const [, credentials = '', net = 'tcp', address = '', database = '', query = ''] = match
  const colon = credentials.indexOf(':')
  const user = colon < 0 ? credentials : credentials.slice(0, colon)
  if (net !== 'tcp' && net !== 'unix') throw invalid(`\`url\` names the network '${net}', not tcp or unix`)
  return {
    ...(net === 'unix' ? { socketPath: address } : hostAndPort(address)),
    ...(user !== '' && { user }),
    ...(colon >= 0 && { password: credentials.slice(colon + 1) }),
    ...(database !== '' && { database: decodeURIComponent(database) }),
    ...parameters(new URLSearchParams(query)),
  }
}

function hostAndPort(address: string): Pick<Address, 'host' | 'port'> {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(address)
  if (match === null) throw invalid('`url` names no host and port')
  const host = match[1] ?? match[2] ?? ''
  return { ...(host !== '' && { host }), ...(match[3] !== undefined && { port: Number(match[3]) }) }
}

/** Of Go's driver, or ways to say what this store does in any case. */
const WITHOUT_EFFECT: readonly string[] = [
  ...['parseTime', 'loc', 'charset', 'collation', 'interpolateParams', 'multiStatements', 'clientFoundRows'],
  ...['columnsWithAlias', 'allowNativePasswords', 'checkConnLiveness', 'maxAllowedPacket', 'rejectReadOnly'],
]

function parameters(query: URLSearchParams): Address {
  const found: { -readonly [K in keyof Address]: Address[K] } = {}
  for (const [name, value] of query) {
    if (name === 'tls') found.tls = tlsOf(value)
    else if (name === 'timeout') found.connectTimeout = value
    else if (name === 'readTimeout' || name === 'writeTimeout')
      found.timeouts = [...(found.timeouts ?? []), value]
    else if (!WITHOUT_EFFECT.includes(name))
      throw invalid(`\`url\` has a parameter '${name}' that is not known`)
  }
  return found
}

function tlsOf(value: string): NonNullable<Address['tls']> {
  if (value === 'true') return true
  if (value === 'false') return false
  if (value === 'skip-verify') return { rejectUnauthorized: false }
  throw invalid('`url` has a parameter tls that is none of true, false and skip-verify')
}

function invalid(why: string): SessError {
  return new SessError('INVALID_ARGUMENT', `createMysqlStore: ${why}`)
}
