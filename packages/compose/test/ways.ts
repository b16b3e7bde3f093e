import { withCompression, withEncryption } from '@sess/codec'
import type { SessionStore } from '@sess/core'
import { createMemoryStore, type MemoryStoreOptions } from '@sess/store-memory'
import type { StoreFactory } from '@sess/testkit'
import { fileJournal, storeJournal, withCache, withDualWrite, withFailover } from '../src/index.ts'
import { newFile } from './files.ts'

/** A wrapper over the store under test; `memory` gives it memory stores on the same clock. */
export type Way = (store: SessionStore, memory: () => SessionStore) => SessionStore

export const WAYS: Readonly<Record<string, Way>> = {
  cache: (store, memory) => withCache(store, memory()),
  'cache, stale': (store, memory) => withCache(store, memory(), { maxStaleMs: '1s', messages: 2 }),
  'dual-write': (store, memory) => withDualWrite(store, memory()),
  failover: (store, memory) => withFailover(store, memory()),
  'failover, accepting': (store, memory) =>
    withFailover(store, memory(), { writes: 'accept', journal: fileJournal(newFile()) }),
  'encryption over compression over cache over failover over dual-write': (store, memory) => {
    const journal = storeJournal(memory(), 'journal')
    const failover = withFailover(withDualWrite(store, memory()), memory(), { writes: 'accept', journal })
    return sealed(withCache(failover, memory(), { maxStaleMs: '1s' }))
  },
}

/** All that a store can be behind: content is encrypted, then compressed, however little that saves. */
export function sealed(store: SessionStore): SessionStore {
  const keys = [{ id: 'a', key: new Uint8Array(32).fill(7) }]
  return withEncryption(withCompression(store, { minBytes: 1 }), { keys })
}

/** The kit's harness of memory stores behind a wrapper. */
export function onMemory(way: Way): StoreFactory {
  return () => {
    let now = 1_700_000_000_000
    const memory = (options?: MemoryStoreOptions) => createMemoryStore({ now: () => now, ...options })
    const store = way(memory(), memory)
    return {
      open: () => store,
      advance: (ms) => {
        now += ms
      },
    }
  }
}
