import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from 'mysql2/promise'
import { type Certificates, makeCertificates } from './certificates.ts'
import { evaluate, identify, type MysqlFlavour, withMysql } from './mysql-client.ts'
import { optionsOf } from './mysql-options.ts'
import type { MysqlProgram } from './mysql-program.ts'
import { freePort } from './port.ts'
import { ServerProcess } from './process.ts'
import type { Server } from './server.ts'

export interface MysqlServer extends Server {
  /** As the server calls itself. */
  flavour: MysqlFlavour
  user: string
  password: string
  /** In the character set that the server has by default. */
  database: string
  /** The path of its Unix socket; none where the server may be on another machine. */
  socket?: string
  /** What a client connects with where the server speaks TLS. */
  tls?: Certificates
}

export interface MysqlProcessOptions {
  /** TLS only; clients must show their certificate. */
  tls?: boolean
  /** Server options by name, without dashes before it. */
  config: Record<string, string>
  /** Options of the first start alone. */
  firstConfig?: Record<string, string>
  /** What must hold, besides that it answers. */
  isReady?: (connection: Connection) => Promise<boolean>
}

const login = { user: 'root', password: '', database: 'sess' }
const timeout = 60_000

/** A process of the MySQL family with a port and a folder of its own. */
export async function startMysqlProcess(
  { source, command, data }: MysqlProgram,
  { tls: withTls, config, firstConfig = {}, isReady = async () => true }: MysqlProcessOptions,
): Promise<MysqlServer> {
  const server = await ServerProcess.create()
  try {
    const [host, port] = ['127.0.0.1', await freePort()]
    const own = placesIn(server.folder)
    const { socket } = own
    await cp(data, own.datadir, { recursive: true })
    await mkdir(own.tmpdir)
    const tls = withTls && (await makeCertificates(join(server.folder, 'tls')))
    const address = { host, port, user: login.user, ...(tls && { ssl: { ...tls } }) }
    const listen = { 'bind-address': host, port: String(port), ...(tls && secureBy(server.folder)) }
    // Somebody else's server may answer on a port that was taken meanwhile.
    const isOurs = async (connection: Connection) => (await evaluate(connection, '@@socket')) === socket
    const start = (first?: Record<string, string>) =>
      server.start(
        [...command, ...optionsOf({ ...own, ...listen, ...config, ...first })],
        () => withMysql(address, async (one) => (await isOurs(one)) && isReady(one)),
        timeout,
      )
    await start(firstConfig)
    return {
      ...{ ...(await withMysql(address, (connection) => settle(connection, withTls))), ...login },
      ...{ host, port, socket, source, ...(tls && { tls }) },
      url: `mysql://${login.user}@${host}:${port}/${login.database}`,
      ...server.controls(() => start()),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** A server that starts deletes what others have in a folder for temporary tables. */
function placesIn(folder: string) {
  return {
    ...{ datadir: join(folder, 'data'), tmpdir: join(folder, 'tmp') },
    ...{ socket: join(folder, 'socket'), 'pid-file': join(folder, 'pid') },
  }
}

function secureBy(folder: string): Record<string, string> {
  return {
    'require-secure-transport': 'ON',
    'ssl-ca': join(folder, 'tls/ca.crt'),
    'ssl-cert': join(folder, 'tls/server.crt'),
    'ssl-key': join(folder, 'tls/server.key'),
  }
}

/** Makes what a test needs; gives what the server calls itself. */
async function settle(connection: Connection, withTls = false) {
  await connection.query(`CREATE DATABASE IF NOT EXISTS ${login.database}`)
  if (withTls) await connection.query(`ALTER USER ${login.user}@localhost REQUIRE X509`)
  return identify(connection)
}
