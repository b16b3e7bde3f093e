import type { SessionStore } from '@sess/core'
import type { OpenStore } from './store-kind.ts'
import { withMembers } from './tour/lost-replies.ts'

/** A store on somebody's server. @param close also removes there what the playground made */
export function onServer(store: SessionStore, close: () => Promise<void>): OpenStore {
  // Its lifetimes go by the server's clock, which nobody can move on.
  const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms + 20))
  return { store: withMembers(store, { close }), shortMs: 1500, pass }
}

/** Deletes every session of a store. */
export async function clear(store: SessionStore): Promise<void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const from = cursor !== undefined && { cursor }
    const page = await store.list({ all: true, includeExpired: true, limit: 100, ...from })
    await Promise.all(page.sessions.map(({ id }) => store.delete(id)))
    cursor = page.nextCursor
  }
}
