import type { SessionStore } from '@sess/core'
import type { OpenStore } from './stores.ts'
import { withMembers } from './tour/lost-replies.ts'

/** A store on somebody's server. @param close also removes there what the playground made */
export function onServer(store: SessionStore, close: () => Promise<void>): OpenStore {
  // Its lifetimes go by the server's clock, which nobody can move on.
  const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms + 20))
  return { store: withMembers(store, { close }), shortMs: 1500, pass }
}
