import type { SessionStore } from '@sess/core'
import { createMemoryStore, type EvictionPolicy } from '@sess/store-memory'

/** A named way to make a store. */
export interface StoreKind {
  readonly name: string
  /** What becomes of the sessions when the program ends, as a sentence. */
  readonly atTheEnd: string
  /** A store with nothing in it that the tour did not put there. */
  open(): Promise<OpenStore>
  /** For a store that gives sessions up when it is full. */
  readonly evicts?: {
    readonly policy: EvictionPolicy
    open(maxSessions: number): SessionStore
  }
}

export interface OpenStore {
  readonly store: SessionStore
  /** A lifetime short enough to wait for and long enough to work within. */
  readonly shortMs: number
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>
}

/** All there are; the chat takes the first one. A further store or wrapper is a further line. */
export const stores: readonly StoreKind[] = [
  memory('memory', 'lru'),
  memory('memory-lfu', 'lfu'),
  memory('memory-oldest', 'oldest'),
]

function memory(name: string, policy: EvictionPolicy): StoreKind {
  return {
    name,
    atTheEnd: 'It lives in this program and forgets everything when the program ends.',
    async open() {
      let ahead = 0
      const store = createMemoryStore({
        evictionPolicy: policy,
        maxSessions: 1_000_000,
        now: () => Date.now() + ahead,
      })
      const pass = async (ms: number) => {
        ahead += ms
      }
      return { store, shortMs: 60_000, pass }
    },
    evicts: { policy, open: (maxSessions) => createMemoryStore({ evictionPolicy: policy, maxSessions }) },
  }
}
