import { type MysqlFlavour, startMysql, startProxy } from '@sess/servers'
import { serverFaults } from '../faults/server.ts'
import type { Target } from './target.ts'

/** A server that syncs each commit to its disk, as it does by default. */
export async function startMysqlTarget(flavour: MysqlFlavour): Promise<Target> {
  const server = await startMysql({ flavour })
  const proxy = await startProxy(server)
  const { host, port } = proxy
  const { user, password, database } = server
  return {
    version: `${server.flavour} ${server.version}`,
    claims: { durability: 'kept', clock: 'server' },
    ttl: '1h',
    sharing: 'all',
    clientFaults: ['kill', 'stop', 'clock'],
    serverFaults: serverFaults(server, proxy),
    store: () => ({ kind: 'mysql', host, port, user, password, database }),
    healed: async () => {},
    async stop() {
      proxy.stop()
      await server.stop()
    },
  }
}
