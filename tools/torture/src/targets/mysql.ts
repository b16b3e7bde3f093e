import { type MysqlFlavour, startMysql } from '@sess/servers'
import { behindProxy } from './behind-proxy.ts'
import type { Target } from './target.ts'

/** A server that syncs each commit to its disk, as it does by default, and not as tests have it. */
export async function startMysqlTarget(flavour: MysqlFlavour): Promise<Target> {
  const config = { 'innodb-flush-log-at-trx-commit': '1' }
  const server = await startMysql({ flavour, config })
  const { proxy, target } = await behindProxy(server)
  const { host, port } = proxy
  const { user, password, database } = server
  return { ...target, store: () => ({ kind: 'mysql', host, port, user, password, database }) }
}
