import { SessionManager } from '@sess/core'
import { createMemoryStore, type MemoryStoreOptions } from '@sess/store-memory'

/** A manager as the measurements use it: without a cap on messages, and without a timer that could strike meanwhile. */
export function newManager(options: MemoryStoreOptions = {}): SessionManager {
  const store = createMemoryStore({ cleanupInterval: 'never', maxSessions: 1_000_000, ...options })
  return new SessionManager({ store, maxMessages: null })
}
