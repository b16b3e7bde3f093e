import { existsSync } from 'node:fs'
import { cp, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Connection } from 'mysql2/promise'
import { cached } from './cache.ts'
import { evaluate, withMysql } from './mysql-client.ts'
import { folderOf, optionsOf } from './mysql-options.ts'
import { type MysqlServer, startMysqlProcess } from './mysql-process.ts'
import { findMysql, type MysqlProgram } from './mysql-program.ts'
import { NoServerError } from './no-server.ts'
import { freePort } from './port.ts'
import { run } from './run.ts'
import { stopAll } from './server.ts'
import { until } from './until.ts'

export interface GaleraOptions {
  /** How many. Default: 3. */
  nodes?: number
  /** Options of every node by name, without dashes before it. */
  config?: Record<string, string>
}

/** MariaDB servers of which each takes writes and has all data. */
export interface Galera extends Pick<MysqlServer, 'version' | 'source'> {
  /**
   * One that was killed gets the writes that it missed from the others, up to 128 MiB; where all were
   * killed, they must restart together. One that was killed while it changed tables stays away.
   */
  nodes: MysqlServer[]
  /** Waits until each node has all others and their writes. */
  whole(): Promise<void>
  stop(): Promise<void>
}

/** A cluster whose nodes are all in sync. */
export async function startGalera({ nodes: count = 3, config }: GaleraOptions = {}): Promise<Galera> {
  const [program, provider] = await findGalera()
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  const nodes: MysqlServer[] = []
  try {
    // One after the other: of those that come at once only one gets in, and the rest wait for seconds.
    for (const port of ports) {
      const own = { ...memberOf(ports), ...(await replicateBy(provider, port)), ...config }
      const firstConfig = nodes.length ? {} : newCluster
      nodes.push(await startMysqlProcess(program, { config: own, firstConfig, isReady: isSynced }))
    }
    const [first] = nodes
    if (!first) throw new Error('a cluster without nodes')
    const { version, source } = first
    return { version, source, nodes, whole: () => untilWhole(nodes), stop: () => stopAll(nodes) }
  } catch (error) {
    await stopAll(nodes)
    throw error
  }
}

const newCluster = { 'wsrep-cluster-address': 'gcomm://' }

/** A server that was killed must look up its position, or it could not say what it missed. */
const withPosition = `
if grep -q 'uuid: *00000000-' data/grastate.dat; then
  echo 'killed while it changed tables, which only a copy of all data mends'
  exit 1
fi
says=$("$@" --wsrep-recover 2>&1)
position=$(echo "$says" | sed -n 's/.*WSREP: Recovered position: *//p')
if [ -z "$position" ]; then
  echo "$says"
  exit 1
fi
PATH=$0:$PATH exec "$@" --wsrep-start-position="$position"`

const transfers = fileURLToPath(new URL('../bin', import.meta.url))

/** MariaDB with data from which each node starts, and the library that makes it a node. */
async function findGalera(): Promise<[MysqlProgram, provider: string]> {
  const { source, command, data } = await findMysql('mariadb')
  const provider = join(await folderOf(command, 'basedir'), 'lib/galera/libgalera_smm.so')
  if (!existsSync(provider)) throw new NoServerError(`galera is not to be had (no ${provider})`)
  const shared = await cached(`galera-${basename(data)}`, async (folder) => {
    await cp(data, folder, { recursive: true })
    const [file, ...args] = command
    const script = join(folder, 'shutdown.sql')
    await writeFile(script, 'SHUTDOWN;\n')
    const options = { ...(await replicateBy(provider, await freePort())), ...newCluster, datadir: folder }
    const alone = { 'init-file': script, 'skip-networking': 'ON', socket: join(folder, 'socket') }
    await run(file, [...args, ...optionsOf({ ...options, ...alone })])
    // What a node keeps for itself.
    for (const name of ['galera.cache', 'gvwstate.dat', 'shutdown.sql'])
      await rm(join(folder, name), { force: true })
  })
  return [{ source, command: ['sh', '-c', withPosition, transfers, ...command], data: shared }, provider]
}

function memberOf(ports: number[]): Record<string, string> {
  return {
    'wsrep-cluster-name': `sess-${ports.join('-')}`,
    'wsrep-cluster-address': `gcomm://${ports.map((port) => `127.0.0.1:${port}`).join()}`,
  }
}

async function replicateBy(provider: string, port: number): Promise<Record<string, string>> {
  const transfer = await freePort()
  return {
    'binlog-format': 'ROW',
    'innodb-autoinc-lock-mode': '2',
    'wsrep-on': 'ON',
    'wsrep-provider': provider,
    'wsrep-provider-options': `gmcast.listen_addr=tcp://127.0.0.1:${port};ist.recv_addr=127.0.0.1:${transfer}`,
    'wsrep-node-address': '127.0.0.1',
    'wsrep-sst-method': 'ist',
  }
}

async function isSynced(connection: Connection): Promise<boolean> {
  return (await statusOf(connection, 'WSREP_LOCAL_STATE_COMMENT')) === 'Synced'
}

/** One that stood still and was given up by the others takes some seconds to come back. */
async function untilWhole(nodes: readonly MysqlServer[]): Promise<void> {
  for (const { host, port, user } of nodes)
    await until(
      'the cluster is whole',
      () =>
        withMysql({ host, port, user }, async (connection) => {
          const size = await statusOf(connection, 'WSREP_CLUSTER_SIZE')
          return Number(size) === nodes.length && (await isSynced(connection))
        }),
      60_000,
    )
}

function statusOf(connection: Connection, name: string): Promise<string> {
  const status = `SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = '${name}'`
  return evaluate(connection, `(${status})`)
}
