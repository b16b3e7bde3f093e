import { dirname, join } from 'node:path'
import type { Suite } from './apt.ts'
import type { MysqlFlavour } from './mysql-client.ts'
import { prepareMysqlData } from './mysql-data.ts'
import { fromPackages } from './packages.ts'
import { onPath } from './path.ts'
import { type Command, findProgram, type Program } from './program.ts'
import { run } from './run.ts'

interface Build {
  binary: string
  /** What `--version` says. */
  version: RegExp
  packages: string[]
  suite: Suite
  /** What keeps it small and quick. */
  options: string[]
}

/** A commit is handed to the operating system, which keeps it when the server is killed: no test breaks the machine. */
const UNSYNCED = '--innodb-flush-log-at-trx-commit=2'

const builds: Record<MysqlFlavour, Build> = {
  mariadb: {
    binary: 'mariadbd',
    version: / Ver (\S+-MariaDB\S*)/,
    ...{ packages: ['mariadb-server-core', 'galera-4'], suite: 'release' },
    options: ['--innodb-buffer-pool-size=64M', '--innodb-log-file-size=32M', UNSYNCED],
  },
  mysql: {
    binary: 'mysqld',
    // Some systems call MariaDB so too.
    version: / Ver ((?!\S*MariaDB)\S+)/,
    ...{ packages: ['mysql-server-core'], suite: 'rolling' },
    options: [
      ...['--innodb-buffer-pool-size=64M', '--innodb-redo-log-capacity=32M', '--skip-log-bin', UNSYNCED],
      ...['--performance-schema=OFF', '--mysqlx=OFF', '--secure-file-priv=NULL'],
    ],
  },
}

export interface MysqlProgram extends Program {
  /** A data folder that nobody has used, to be copied. */
  data: string
}

/** The server's executable, which reads no option files. */
export function findMysql(flavour: MysqlFlavour): Promise<MysqlProgram> {
  const { binary, packages, suite } = builds[flavour]
  const unpacked = async () => {
    const program = await fromPackages(packages, suite, join('usr/sbin', binary))
    return prepare(flavour, program, [`--basedir=${dirname(dirname(program.command.at(-1) ?? ''))}`])
  }
  return findProgram(flavour, [
    { name: 'PATH', find: async () => prepare(flavour, onPath(binary), []) },
    { name: 'packages', find: unpacked },
  ])
}

/** A server that knows its version may still not be allowed to keep data here: so this tries it. */
async function prepare(flavour: MysqlFlavour, program: Program, options: string[]): Promise<MysqlProgram> {
  const { version, options: usual } = builds[flavour]
  const [file, ...args] = program.command
  const says = await run(file, [...args, '--no-defaults', '--version'])
  const [, found] = version.exec(says) ?? []
  if (!found) throw new Error(says.trim())
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  const command: Command = [file, ...args, '--no-defaults', ...options, ...asRoot, ...usual]
  return { source: program.source, command, data: await prepareMysqlData(flavour, found, command) }
}
