import { SessionManager } from '@sess/core'
import { createMemoryStore, type MemoryStoreOptions } from '@sess/store-memory'
import type { Input } from './floor.ts'

/** A manager as the measurements use it: without a cap on messages, and without a timer that could strike meanwhile. */
export function newManager(options: MemoryStoreOptions = {}): SessionManager {
  const store = createMemoryStore({ cleanupInterval: 'never', maxSessions: 1_000_000, ...options })
  return new SessionManager({ store, maxMessages: null })
}

/** Appends in batches, to be there sooner. */
export async function fill(
  manager: SessionManager,
  id: string,
  count: number,
  input: (i: number) => Input,
): Promise<void> {
  for (let from = 0; from < count; from += 1000)
    await manager.addMessages(
      id,
      Array.from({ length: Math.min(1000, count - from) }, (_, i) => input(from + i)),
    )
}
