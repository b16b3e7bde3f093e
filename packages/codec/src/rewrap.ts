import { setImmediate } from 'node:timers/promises'
import { type CallOptions, isSessError, type Session, type SessionStore } from '@sess/core'
import { isGone } from '@sess/core/store'
import { isShredded, KEY, SHREDDED } from './data-keys.ts'
import type { EncryptionKey } from './encryption-key.ts'
import { KeyRing } from './key-ring.ts'
import { NO_LIMITS } from './limits.ts'

export interface RewrapOptions extends CallOptions {
  /** As given to `withEncryption`: the first wraps from now on, the others are those that wrapped before. */
  readonly keys: readonly EncryptionKey[]
  /** Where a run before ended, as its last `onProgress` said. Default: from the beginning. */
  readonly cursor?: string
  /** Told after each page. To end here, abort the signal. */
  readonly onProgress?: (progress: RewrapProgress) => void
}

export interface RewrapProgress {
  /** Sessions looked at. */
  readonly walked: number
  /** Data keys wrapped anew. */
  readonly rewrapped: number
  /** Sessions without a data key: written without encryption. */
  readonly plain: number
  /** Where to go on; `null` at the end. */
  readonly cursor: string | null
}

/** Sessions to a page, all written at once: the writes of those who use the store wait behind them. */
const AT_ONCE = 16
/** How often a session is tried without moving its times, before others who write it all the time decide. */
const QUIET_ATTEMPTS = 3

/**
 * Wraps the data key of every session by the first key, while all are in use: afterwards the other keys may go. What
 * is encrypted stays as it is. A session's version rises by one, and its times stay, unless others write it so often
 * that it cannot be caught. Safe to repeat and to run twice at once; what is wrapped by the first key is passed over.
 * Sessions that have expired are left as they are.
 * @param store what was given to `withEncryption`
 * @throws `DECRYPTION_FAILED` for a session whose data key no given key unwraps; the walk ends there
 */
export async function rewrap(store: SessionStore, options: RewrapOptions): Promise<RewrapProgress> {
  const ring = new KeyRing('rewrap', options.keys)
  const { signal, onProgress } = options
  let progress: RewrapProgress = { walked: 0, rewrapped: 0, plain: 0, cursor: options.cursor ?? null }
  do {
    const { cursor } = progress
    const page = await store.list(
      { all: true, limit: AT_ONCE, ...(cursor !== null && { cursor }) },
      { signal },
    )
    const done = await Promise.all(page.sessions.map((session) => rewrapOne(store, ring, session, signal)))
    progress = {
      walked: progress.walked + done.length,
      rewrapped: progress.rewrapped + done.filter((one) => one === 'rewrapped').length,
      plain: progress.plain + done.filter((one) => one === 'plain').length,
      cursor: page.nextCursor,
    }
    onProgress?.(progress)
    // A store that waits for nothing would let nobody else have a turn.
    await setImmediate()
  } while (progress.cursor !== null)
  return progress
}

type Outcome = 'rewrapped' | 'plain' | 'left'

async function rewrapOne(
  store: SessionStore,
  ring: KeyRing,
  listed: Session,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const { id } = listed
  let session = listed
  try {
    for (let attempt = 1; ; attempt++) {
      const stored = session.metadata[KEY]
      if (stored === undefined) return 'plain'
      if (isShredded(session) || ring.isNewest(stored, id)) return 'left'
      const dataKey = await ring.unwrap(stored, { sessionId: id })
      const anew = await ring.wrap(dataKey, { sessionId: id })
      if (await replace(store, session, anew, attempt <= QUIET_ATTEMPTS, signal)) return 'rewrapped'
      session = (await store.load(id, undefined, { signal })).session
    }
  } catch (error) {
    // Deleted or expired since it was listed.
    if (isGone(error)) return 'left'
    throw error
  }
}

/** Puts a data key wrapped anew into its place, if that is the session's still; `false` where the session has moved on. */
async function replace(
  store: SessionStore,
  { id, createdAt, version, lastSeq, updatedAt, expiresAt }: Session,
  stored: string,
  quietly: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const own = { createdAt, absent: [SHREDDED] }
  const stamp = { version: version + 1, lastSeq, updatedAt, expiresAt }
  const options = quietly ? { if: { ...own, version }, stamp } : { if: own, limits: NO_LIMITS }
  try {
    await store.commit(id, { session: { metadata: { [KEY]: stored } } }, { ...options, signal })
    return true
  } catch (error) {
    if (isSessError(error, 'CONFLICT')) return false
    throw error
  }
}
