import { type FaultProxy, type MysqlFlavour, type MysqlServer, startGalera, startMysql } from '@sess/servers'
import type { StoreSetup } from '../stores.ts'
import { behindProxy } from './behind-proxy.ts'
import { ON_SERVERS, type Target } from './target.ts'

/** Each commit is synced to the disk, as a server does it by default, and not as tests have it. */
const DURABLE = { 'innodb-flush-log-at-trx-commit': '1' }

export async function startMysqlTarget(flavour: MysqlFlavour): Promise<Target> {
  const server = await startMysql({ flavour, config: DURABLE })
  const { proxy, target } = await behindProxy(server)
  return { ...target, store: () => through(proxy, server) }
}

/** Three nodes that wait for what another one acknowledged, each process on one of them. */
export async function startGaleraTarget(): Promise<Target> {
  const { nodes, version, whole } = await startGalera({
    config: { ...DURABLE, 'wsrep-sync-wait': '1' },
  })
  const stores: StoreSetup[] = []
  const targets: Pick<Target, 'serverFaults' | 'stop'>[] = []
  for (const node of nodes) {
    const { proxy, target } = await behindProxy(node)
    targets.push(target)
    stores.push(through(proxy, node))
  }
  return {
    ...ON_SERVERS,
    version: `three nodes of mariadb ${version}`,
    serverFaults: targets.flatMap(({ serverFaults }) => serverFaults),
    store: (place) => stores[place % stores.length] as StoreSetup,
    healed: whole,
    async stop() {
      await Promise.all(targets.map((target) => target.stop()))
    },
  }
}

/** How a store comes to a server through a proxy. */
function through({ host, port }: FaultProxy, { user, password, database }: MysqlServer): StoreSetup {
  return { kind: 'mysql', host, port, user, password, database }
}
