import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cached } from './cache.ts'
import type { MysqlFlavour } from './mysql-client.ts'
import { folderOf } from './mysql-options.ts'
import type { Command } from './program.ts'
import { run } from './run.ts'

const fills = { mariadb: bootstrap, mysql: initialize }

/** A new data folder whose `root` has no password, kept in the cache: to make one takes MySQL seconds. */
export function prepareMysqlData(flavour: MysqlFlavour, version: string, command: Command): Promise<string> {
  return cached(`${flavour}-data-${version}`, (folder) =>
    fills[flavour]([...command, `--datadir=${folder}`], folder),
  )
}

async function initialize([file, ...args]: Command, folder: string): Promise<void> {
  await run(file, [...args, '--initialize-insecure'])
  // Holds what tells this server from others.
  await rm(join(folder, 'auto.cnf'))
}

/** As `mariadb-install-db` does it, without the help texts; that script cannot run an unpacked server. */
async function bootstrap([file, ...args]: Command, folder: string): Promise<void> {
  const share = dirname(await folderOf([file, ...args], 'character-sets-dir'))
  const names = ['mysql_system_tables', 'mysql_performance_tables', 'mysql_system_tables_data']
  const parts = names.map((name) => readFile(join(share, `${name}.sql`), 'utf8'))
  const script = join(folder, 'bootstrap.sql')
  await writeFile(script, ['CREATE DATABASE mysql;\nUSE mysql;\n', ...(await Promise.all(parts))].join(''))
  await run('sh', ['-c', 'exec "$0" "$@" --bootstrap < bootstrap.sql', file, ...args], folder)
  await rm(script)
}
