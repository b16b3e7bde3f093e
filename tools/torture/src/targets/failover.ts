import { join } from 'node:path'
import { startRedis } from '@sess/servers'
import { behindProxy } from './behind-proxy.ts'
import type { Target } from './target.ts'

/**
 * Redis behind `withFailover`, each process with a memory to fall back on and a journal that outlives it. Processes
 * with fallbacks of their own do not see each other's accepted writes, so that each has its own sessions.
 */
export async function startFailover(folder: string): Promise<Target> {
  const server = await startRedis({ flavour: 'redis', config: { appendfsync: 'always' } })
  const { proxy, target } = await behindProxy(server)
  return {
    ...target,
    version: `${target.version} and memory`,
    // The fallback shows a write before the journal has it. While it leads, times are by its clock.
    claims: { durability: 'acknowledged', clock: 'client' },
    ttl: 'never',
    sharing: 'own',
    store: (place, round) => ({
      kind: 'failover',
      url: `redis://${proxy.host}:${proxy.port}`,
      journal: join(folder, `round-${round}-place-${place}.journal`),
    }),
    bare: { kind: 'redis', url: server.url },
  }
}
