import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ConfigSchema, isDuration, parseDuration, type SessionStore, type StoreEvent } from '@sess/core'
import { z } from 'zod'
import { withCache } from './cache.ts'
import { type FailoverStore, withFailover } from './failover/failover-store.ts'
import { fileJournal } from './failover/file-journal.ts'

/** For `wrappers` of `@sess/config`: a wrapper with a seat, the section `store.<name>`, for its second store. */
export interface SeatWrapper<Name extends string, Options> {
  readonly seat: {
    readonly name: Name
    readonly schema: ConfigSchema<Options>
    readonly env: { readonly [variable: string]: string }
  }
  wrap(store: SessionStore, session: unknown, seated: Seated<Options>): SessionStore
}

interface Seated<Options> {
  readonly store: SessionStore
  readonly options: Options
  readonly onEvent?: (event: StoreEvent) => void
}

const duration = z
  .string()
  .refine(isDuration, "a duration such as '250ms' or '1h'")
  .meta({ examples: ['250ms', '1h'] })

const ZERO = /^0(ms|s|m|h)$/
const cacheSchema = z.object({
  max_stale: z
    .string()
    .refine((value) => ZERO.test(value) || isDuration(value), "a duration such as '2s', or '0s'")
    .default('0s')
    .meta({
      examples: ['0s', '2s'],
      description: 'for so long what other processes write may go unseen; with `0s` the main store is asked',
    }),
  messages: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .meta({ description: 'so many of the newest messages are kept of a session' }),
  ttl: duration.default('1h').meta({ description: 'how long a copy lives' }),
})

const failoverSchema = z
  .object({
    writes: z
      .enum(['refuse', 'accept'])
      .default('refuse')
      .meta({ description: 'what becomes of writes while the main store is out' }),
    journal_file: z
      .string()
      .default('')
      .meta({
        examples: ['/var/lib/app/sess.journal'],
        description: 'where writes are noted that were accepted; one for each process',
      }),
    warm_sessions: z
      .int()
      .min(1)
      .default(1000)
      .meta({ description: 'so many sessions, those used last, have a copy here' }),
    warm_messages: z.int().min(0).default(1000).meta({ description: 'a session with more has none' }),
    failures: z
      .int()
      .min(1)
      .default(3)
      .meta({ description: 'after so many outages in a row the main store is left alone' }),
    first_probe: duration.default('250ms').meta({ description: 'until it is asked how it is' }),
    last_probe: duration.default('10s').meta({ description: 'the longest time until it is asked again' }),
  })
  .refine(({ writes, journal_file }) => writes === 'refuse' || isInFolder(journal_file), {
    path: ['journal_file'],
    message: 'a file in a folder that is there',
  })
  .refine(({ first_probe, last_probe }) => !(toMs(first_probe) > toMs(last_probe)), {
    message: 'last_probe not to be shorter than first_probe',
  })

/** What may stand under `store.cache` beside its store, with its defaults. */
export type CacheConfig = z.output<typeof cacheSchema>
/** What may stand under `store.fallback` beside its store, with its defaults. */
export type FailoverConfig = z.output<typeof failoverSchema>

/** For `wrappers` of `@sess/config`: `store.cache` stands before the store, see {@link withCache}. */
export function cache(): SeatWrapper<'cache', CacheConfig> {
  return {
    seat: {
      name: 'cache',
      schema: cacheSchema,
      env: { SESSION_CACHE_TYPE: 'type', SESSION_CACHE_MAX_STALE: 'max_stale' },
    },
    wrap: (primary, _, { store, options: { max_stale, messages, ttl }, onEvent }) =>
      withCache(primary, store, {
        maxStaleMs: ZERO.test(max_stale) ? 0 : max_stale,
        messages,
        ttl,
        ...(onEvent && { onEvent }),
      }),
  }
}

export interface FailoverWrapperOptions {
  /** Gets the store that was made, for its `state`, `parked()` and `resolve()`. */
  readonly onOpen?: (store: FailoverStore) => void
}

/** For `wrappers` of `@sess/config`: `store.fallback` goes on while the store is out, see {@link withFailover}. */
export function failover({ onOpen }: FailoverWrapperOptions = {}): SeatWrapper<'fallback', FailoverConfig> {
  return {
    seat: {
      name: 'fallback',
      schema: failoverSchema,
      env: {
        SESSION_FALLBACK_TYPE: 'type',
        SESSION_FALLBACK_WRITES: 'writes',
        SESSION_FALLBACK_JOURNAL_FILE: 'journal_file',
      },
    },
    wrap(primary, _, { store: fallback, options, onEvent }) {
      const store = withFailover(primary, fallback, {
        ...(options.writes === 'accept'
          ? { writes: 'accept', journal: fileJournal(options.journal_file) }
          : { writes: 'refuse' }),
        warmSessions: options.warm_sessions,
        warmMessages: options.warm_messages,
        failures: options.failures,
        firstProbe: options.first_probe,
        lastProbe: options.last_probe,
        ...(onEvent && { onEvent }),
      })
      onOpen?.(store)
      return store
    },
  }
}

function isInFolder(file: string): boolean {
  try {
    return file !== '' && statSync(dirname(file)).isDirectory()
  } catch {
    return false
  }
}

/** `NaN` for what is none, since a schema judges a whole though a part of it is wrong. */
function toMs(duration: string): number {
  return isDuration(duration) ? parseDuration('failover', 'a probe', duration) : Number.NaN
}
