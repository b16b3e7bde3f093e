import { SessionManager } from '@sess/core'
import { orSkip, startRedis } from '@sess/servers'
import { createRedisStore } from '@sess/store-redis'
import type { Suite } from '../suite.ts'
import { cache } from './compose/cache.ts'
import { failover } from './compose/failover.ts'

/** What wrappers of `@sess/compose` cost or save beside the bare Redis store. */
export const compose: Suite = async function* (plan) {
  const server = await orSkip(() => startRedis())
  if (server === undefined) {
    yield { title: 'Compose: SKIPPED, no server', rows: [], notes: ['What was tried stands above.'] }
    return
  }
  const open = () => createRedisStore({ url: server.url, keyPrefix: `bench-${process.pid}` })
  const bare = new SessionManager({ store: open(), maxMessages: null })
  try {
    yield await cache(plan, bare, open)
    yield await failover(plan, bare, open)
  } finally {
    await bare.close()
    await server.stop()
  }
}
