import { type FaultProxy, type MysqlServer, type RedisServer, startProxy } from '@sess/servers'
import { serverFaults } from '../faults/server.ts'
import { ON_SERVERS, type Target } from './target.ts'

/** What targets have in common that are one server, which clients reach through a proxy. */
export async function behindProxy(server: RedisServer | MysqlServer) {
  const proxy: FaultProxy = await startProxy(server)
  const target = {
    ...ON_SERVERS,
    version: `${server.flavour} ${server.version}`,
    serverFaults: serverFaults(server, proxy),
    healed: async () => {},
    async stop() {
      proxy.stop()
      await server.stop()
    },
  } satisfies Partial<Target>
  return { proxy, target }
}
