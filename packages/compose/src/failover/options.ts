import type { Duration, StoreEvent } from '@sess/core'
import { invalidOption } from '@sess/core/store'
import { durationOption } from '../duration.ts'
import { checkWhole } from '../invalid.ts'
import type { Journal } from './journal.ts'
import type { WarmLimits } from './warm-set.ts'

export type FailoverOptions = CommonOptions &
  (
    | {
        /** What becomes of writes while the primary is out. `'refuse'`, the default: `STORE_UNAVAILABLE`. */
        readonly writes?: 'refuse'
        readonly journal?: never
      }
    | {
        /** `'accept'`: the fallback takes them, and they are replayed when the primary is back. */
        readonly writes: 'accept'
        /** Where they are noted until then: `fileJournal(path)` or `storeJournal(store, id)`. */
        readonly journal: Journal
      }
  )

interface CommonOptions {
  /** How many sessions are kept warm in the fallback, those used last. Default 1,000. */
  readonly warmSessions?: number
  /** A session with more messages is not kept warm. Default 1,000. */
  readonly warmMessages?: number
  /** After so many outages in a row the primary is not asked any more, until a probe succeeds. Default 3. */
  readonly failures?: number
  /** Until the first probe. Later ones come ever less often. Default `'250ms'`. */
  readonly firstProbe?: Duration
  /** The longest time between two probes. Default `'10s'`. */
  readonly lastProbe?: Duration
  /** Told of what happens: see the README. */
  readonly onEvent?: (event: StoreEvent) => void
}

export interface Settings {
  readonly journal: Journal | undefined
  readonly warm: WarmLimits
  readonly failures: number
  readonly firstProbeMs: number
  readonly lastProbeMs: number
  readonly onEvent: ((event: StoreEvent) => void) | undefined
}

export function toSettings(options: FailoverOptions): Settings {
  const {
    writes = 'refuse',
    journal,
    warmSessions = 1000,
    warmMessages = 1000,
    failures = 3,
    onEvent,
  } = options
  if (writes !== 'refuse' && writes !== 'accept')
    throw invalidOption('withFailover', "writes must be 'refuse' or 'accept'")
  if ((writes === 'accept') !== (journal !== undefined))
    throw invalidOption('withFailover', "a journal is needed for writes: 'accept', and for nothing else")
  if (journal !== undefined && typeof journal?.append !== 'function')
    throw invalidOption('withFailover', 'journal must come from fileJournal or storeJournal')
  checkWhole('withFailover', 'warmSessions', warmSessions, 1)
  checkWhole('withFailover', 'warmMessages', warmMessages, 0)
  checkWhole('withFailover', 'failures', failures, 1)
  const firstProbeMs = durationOption('withFailover', 'firstProbe', options.firstProbe ?? '250ms')
  const lastProbeMs = durationOption('withFailover', 'lastProbe', options.lastProbe ?? '10s')
  if (lastProbeMs < firstProbeMs)
    throw invalidOption('withFailover', 'lastProbe must not be shorter than firstProbe')
  const warm = { sessions: warmSessions, messages: warmMessages }
  return { journal, warm, failures, firstProbeMs, lastProbeMs, onEvent }
}
