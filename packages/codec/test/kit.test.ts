import type { SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { type StoreFactory, wrapped } from '@sess/testkit'
import { testStore } from '@sess/testkit/vitest'
import { ENCRYPTION, WAYS } from './ways.ts'

/** All of them together are tried as often as one store is. */
const RUNS = { random: { runs: 8 } }

const memory: StoreFactory = () => {
  let now = 1_700_000_000_000
  const store = createMemoryStore({ now: () => now })
  return {
    open: () => store,
    advance: (ms) => {
      now += ms
    },
  }
}

/** Two instances of a wrapper see the same data, as two processes do. Its clock moves on with each look at it, as a real one does. */
const shared: StoreFactory = () => {
  let now = 1_700_000_000_000
  const store = createMemoryStore({ now: () => now++ })
  return {
    open: () => alone(store),
    advance: (ms) => {
      now += ms
    },
  }
}

/** An instance that closes by itself. */
function alone(store: SessionStore): SessionStore {
  const own = createMemoryStore()
  let isClosed = false
  return new Proxy(store, {
    get(_, member) {
      if (member === 'info') return { ...store.info, shared: true }
      if (member === 'close')
        return async () => {
          isClosed = true
          await own.close()
        }
      if (typeof Reflect.get(store, member) !== 'function') return undefined
      return (...args: unknown[]) => {
        const target = isClosed ? own : store
        return Reflect.get(target, member).apply(target, args)
      }
    },
  })
}

for (const [name, wrap] of Object.entries(WAYS)) testStore(name, wrapped(memory, wrap), RUNS)
testStore('encryption in several processes', wrapped(shared, ENCRYPTION), RUNS)
