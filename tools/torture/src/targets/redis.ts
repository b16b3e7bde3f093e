import { startRedis } from '@sess/servers'
import { behindProxy } from './behind-proxy.ts'
import type { Target } from './target.ts'

/** With `appendfsync always`, what is acknowledged outlives the server. */
export async function startRedisTarget(): Promise<Target> {
  const server = await startRedis({ flavour: 'redis', config: { appendfsync: 'always' } })
  const { proxy, target } = await behindProxy(server)
  const url = `redis://${proxy.host}:${proxy.port}`
  return { ...target, store: () => ({ kind: 'redis', url }) }
}
