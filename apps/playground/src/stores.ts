import { createMemoryStore, type EvictionPolicy } from '@sess/store-memory'
import type { StoreKind } from './store-kind.ts'
import { withCodecs } from './wrapped.ts'

/** The one that is there without a server. */
export const plainMemory = memory('memory', 'lru')

/** All there are; the chat takes the first one. A further store or wrapper is a further line. */
export const stores: readonly StoreKind[] = [
  ...withCodecs(plainMemory),
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
