import { type ConfigurableStore, isDuration } from '@sess/core'
import { z } from 'zod'
import { createMemoryStore } from './memory-store.ts'

const schema = z.object({
  max_sessions: z.int().min(1).default(10_000).meta({ description: 'how many sessions it holds' }),
  eviction_policy: z
    .enum(['lru', 'lfu', 'oldest'])
    .default('lru')
    .meta({ description: 'which session goes when a further one comes' }),
  cleanup_interval: z
    .string()
    .refine((value) => value === 'never' || isDuration(value), "a duration such as '5m', or 'never'")
    .default('5m')
    .meta({ examples: ['5m', 'never'], description: 'how often expired sessions are deleted' }),
})

const env = {
  SESSION_MEMORY_MAX_SESSIONS: 'max_sessions',
  SESSION_MEMORY_EVICTION_POLICY: 'eviction_policy',
  SESSION_MEMORY_CLEANUP_INTERVAL: 'cleanup_interval',
}

/** What may stand under `store.memory`, with its defaults. */
export type MemoryConfig = z.output<typeof schema>

/** `store.type: memory`, for `@sess/config`. */
export function memory(): ConfigurableStore<'memory', MemoryConfig> {
  return {
    type: 'memory',
    schema,
    env,
    open: (config, context) =>
      createMemoryStore({
        ...context,
        maxSessions: config.max_sessions,
        evictionPolicy: config.eviction_policy,
        cleanupInterval: config.cleanup_interval,
      }),
  }
}
