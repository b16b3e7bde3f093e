import { startProxy, startRedis } from '@sess/servers'
import { serverFaults } from '../faults/server.ts'
import type { Target } from './target.ts'

/** With `appendfsync always`, what is acknowledged outlives the server. */
export async function startRedisTarget(): Promise<Target> {
  const server = await startRedis({ flavour: 'redis', config: { appendfsync: 'always' } })
  const proxy = await startProxy(server)
  const url = `redis://${proxy.host}:${proxy.port}`
  return {
    version: `${server.flavour} ${server.version}`,
    claims: { durability: 'kept', clock: 'server' },
    ttl: '1h',
    sharing: 'all',
    clientFaults: ['kill', 'stop', 'clock'],
    serverFaults: serverFaults(server, proxy),
    store: () => ({ kind: 'redis', url }),
    healed: async () => {},
    async stop() {
      proxy.stop()
      await server.stop()
    },
  }
}
