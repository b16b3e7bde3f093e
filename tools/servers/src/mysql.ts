import { notOurs } from './address.ts'
import { identify, type MysqlFlavour, withMysql } from './mysql-client.ts'
import { type MysqlServer, startMysqlProcess } from './mysql-process.ts'
import { findMysql } from './mysql-program.ts'
import { NoServerError } from './no-server.ts'

export interface MysqlOptions {
  /** Default: `mariadb`, which starts sooner. */
  flavour?: MysqlFlavour
  /** TLS only; clients must show their certificate. */
  tls?: boolean
  /** Server options by name, without dashes before it, over the usual ones. */
  config?: Record<string, string>
}

/** A standalone server; without any option the one at `SESS_MYSQL_URL`, where that is set. */
export async function startMysql(options: MysqlOptions = {}): Promise<MysqlServer> {
  const url = process.env.SESS_MYSQL_URL
  if (url && !Object.keys(options).length) return atAddress(url)
  const { flavour = 'mariadb', tls = false, config = {} } = options
  return startMysqlProcess(await findMysql(flavour), { tls, config })
}

/** Somebody's server: it may be used, not broken. */
async function atAddress(url: string): Promise<MysqlServer> {
  const { hostname: host, port, username, password, pathname } = new URL(url)
  const identity = await withMysql({ uri: url }, identify).catch((error: Error) => {
    throw new NoServerError(`no MySQL at SESS_MYSQL_URL: ${error.message}`)
  })
  return {
    ...{ ...identity, url, host, port: Number(port || 3306), source: 'address' },
    ...{ user: decodeURIComponent(username), password: decodeURIComponent(password) },
    database: decodeURIComponent(pathname.slice(1)),
    ...notOurs('SESS_MYSQL_URL'),
  }
}
