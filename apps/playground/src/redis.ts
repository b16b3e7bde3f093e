import { randomUUID } from 'node:crypto'
import type { SessionStore } from '@sess/core'
import { orSkip, startRedis } from '@sess/servers'
import { createRedisStore } from '@sess/store-redis'
import type { StoreKind } from './stores.ts'

/** A server by its address, or one found on this machine and ended with the program; `undefined` where there is none. */
export async function redisAt(
  url: string | undefined,
): Promise<{ kind: StoreKind; stop(): Promise<void> } | undefined> {
  if (url !== undefined) return { kind: redis(url), stop: async () => {} }
  const server = await orSkip(() => startRedis())
  return server && { kind: redis(server.url), stop: () => server.stop() }
}

function redis(url: string): StoreKind {
  return {
    name: 'redis',
    atTheEnd: 'It lives in Redis, and is deleted there when the program ends.',
    async open() {
      const store = createRedisStore({ url, keyPrefix: `playground-${randomUUID()}` })
      // Its lifetimes go by the server's clock, which nobody can move on.
      const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms + 20))
      return { store: leavingNothing(store), shortMs: 1500, pass }
    },
  }
}

/** What the playground put into somebody's server goes with it. */
function leavingNothing(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'close') return () => clear(target).finally(() => target.close())
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

async function clear(store: SessionStore): Promise<void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const from = cursor !== undefined && { cursor }
    const page = await store.list({ all: true, includeExpired: true, limit: 100, ...from })
    await Promise.all(page.sessions.map(({ id }) => store.delete(id)))
    cursor = page.nextCursor
  }
}
