import { randomUUID } from 'node:crypto'
import { createRedisStore } from '@sess/store-redis'
import { clear, onServer } from './server-store.ts'
import type { StoreKind } from './store-kind.ts'

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
