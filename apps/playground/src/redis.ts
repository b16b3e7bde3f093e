import { randomUUID } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import { createRedisStore } from '@sess/store-redis'
import { onServer } from './server-store.ts'
import type { StoreKind } from './stores.ts'

/** Redis at a URL. */
export function redis(url: string): StoreKind {
  return {
    name: 'redis',
    atTheEnd: 'It lives in Redis, and is deleted there when the program ends.',
    async open() {
      const store = createRedisStore({ url, keyPrefix: `playground-${randomUUID()}` })
      return onServer(store, () => clear(store).finally(() => store.close()))
    },
  }
}

async function clear(store: SessionStore): Promise<void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const from = cursor !== undefined && { cursor }
    const page = await store.list({ all: true, includeExpired: true, limit: 100, ...from })
    await Promise.all(page.sessions.map(({ id }) => store.delete(id)))
    cursor = page.nextCursor
  }
}
