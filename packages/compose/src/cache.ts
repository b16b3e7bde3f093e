import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type Duration,
  isSessError,
  type Loaded,
  type LoadOptions,
  type NewSession,
  type Session,
  type SessionStore,
  type Stamp,
  type StoreEvent,
  type Want,
} from '@sess/core'
import {
  abortable,
  checkCommit,
  checkLoad,
  Lru,
  MAX_PAGE,
  ownChange,
  passthrough,
  SessionState,
  tell,
} from '@sess/core/store'
import { isAnswered } from './copied-window.ts'
import { asNew, mirrored, stampOf } from './copy.ts'
import { durationOption } from './duration.ts'
import { checkStores, checkWhole } from './invalid.ts'

export interface CacheOptions {
  /** How old an answer may be, in milliseconds or as `'2s'`: for so long what other processes write, delete included, may go unseen. Default 0: the primary is asked for the version each time. */
  readonly maxStaleMs?: Duration
  /** How many of a session's newest messages are kept beside its context, 1 to 1,000. Default 100. */
  readonly messages?: number
  /** How long a copy lives in the cache. Default `'1h'`. */
  readonly ttl?: Duration
  /** Told of each failure of the cache, `{ type: 'cache-failed', sessionId }`; for a second afterwards it is not asked. */
  readonly onEvent?: (event: StoreEvent) => void
}

/**
 * A store that answers recent sessions and windows from a faster one. Writes go to the primary, which alone judges
 * conditions; the cache is never asked whether something is so. What the cache has is known by its version, so a
 * cache that fails, forgets or lags makes a call slower and never wrong. Closes both.
 * @throws `CONFIG_INVALID` for options that are none
 */
export function withCache(
  primary: SessionStore,
  cache: SessionStore,
  options: CacheOptions = {},
): SessionStore {
  checkStores('withCache', { primary, cache })
  const copies = new Cached(primary, cache, toSettings(options))
  const { deleteUser } = primary
  return {
    ...passthrough(primary, 'cache'),
    info: { ...primary.info, name: `cache(${primary.info.name}, ${cache.info.name})` },
    create: (session, o) => copies.creating(session.id, primary.create(session, o)),
    load: (id, want, o) => copies.load(id, want, o),
    commit: (id, change, o) => copies.commit(id, change, o),
    delete: (id, o) => copies.deleting(id, primary.delete(id, o)),
    sweep: (request, o) => copies.sweeping(request, primary.sweep(request, o)),
    ...(deleteUser && {
      deleteUser: (userId, o) => copies.deletingUser(deleteUser.call(primary, userId, o)),
    }),
    close: () => copies.close(),
  }
}

interface Settings {
  readonly maxStaleMs: number
  readonly messages: number
  readonly ttlMs: number
  readonly onEvent: ((event: StoreEvent) => void) | undefined
}

function toSettings({ maxStaleMs = 0, messages = 100, ttl = '1h', onEvent }: CacheOptions): Settings {
  checkWhole('withCache', 'messages', messages, 1, MAX_PAGE)
  const stale = maxStaleMs === 0 ? 0 : durationOption('withCache', 'maxStaleMs', maxStaleMs)
  return { maxStaleMs: stale, messages, ttlMs: durationOption('withCache', 'ttl', ttl), onEvent }
}

/** What this process saw of a session on the primary; no record yet while it is being read for the first time. */
interface Seen {
  record: Session | undefined
  /** When the primary was asked, by `performance.now()`. */
  at: number
}

interface Filled {
  readonly session: Session
  readonly state: SessionState
}

/** Of how many sessions is remembered what was seen; of others the primary is asked. */
const MOST_SEEN = 10_000
/** How long a cache that failed is left alone. */
const REST_MS = 1000

class Cached {
  readonly #primary: SessionStore
  readonly #cache: SessionStore
  readonly #settings: Settings
  /** A write takes the entry away, so that a read that began before it has nowhere to leave what it saw. */
  readonly #seen = new Lru<Seen>(MOST_SEEN)
  /** Reads of the primary under way: one for all who miss the same session as the same owner. */
  readonly #fills = new Map<string, { readonly seen: Seen; readonly filled: Promise<Filled> }>()
  readonly #underWay = new Set<Promise<unknown>>()
  #restsUntil = 0

  constructor(primary: SessionStore, cache: SessionStore, settings: Settings) {
    this.#primary = primary
    this.#cache = cache
    this.#settings = settings
  }

  async load(id: string, want: Want | undefined, options: LoadOptions | undefined): Promise<Loaded> {
    checkLoad('load', id, want, options)
    const isRecordOnly = !want?.messages && !want?.context && !want?.reserved
    if (isRecordOnly && this.#settings.maxStaleMs === 0) return this.#primary.load(id, want, options)
    const copy = await this.#ask(id, () => this.#cache.load(id, want, options), options)
    if (copy !== undefined) {
      const session = await this.#recordFor(id, copy, options)
      if (session !== undefined && isAnswered(want, copy, session)) return { ...copy, session }
    }
    if (!this.#isKept(want)) return this.#primary.load(id, want, options)
    const { session, state } = await abortable(this.#fill(id, options?.if), options?.signal)
    return { ...state.load(want), session }
  }

  async commit(id: string, change: Change, options: CommitOptions | undefined): Promise<Committed> {
    checkCommit(id, change, options)
    const kept = ownChange(change)
    const at = performance.now()
    try {
      const answer = await this.#primary.commit(id, kept, options)
      if (answer.changed) await this.#track(this.#follow(id, kept, answer, at))
      return answer
    } catch (error) {
      // Perhaps applied.
      this.#seen.delete(id)
      throw error
    }
  }

  async creating<T>(id: string, write: Promise<T>): Promise<T> {
    return write.finally(() => this.#seen.delete(id))
  }

  async deleting<T>(id: string, write: Promise<T>): Promise<T> {
    return write.finally(() => {
      this.#seen.delete(id)
      return this.#track(this.#ask(id, () => this.#cache.delete(id)))
    })
  }

  /** A cache that does not forget by itself would keep copies whose time is over. */
  async sweeping<T>(request: { readonly limit: number }, sweep: Promise<T>): Promise<T> {
    const swept = await sweep
    await this.#track(this.#ask(undefined, () => this.#cache.sweep(request)))
    return swept
  }

  async deletingUser<T>(write: Promise<T>): Promise<T> {
    return write.finally(() => this.#seen.clear())
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    await Promise.all([this.#primary.close(), this.#cache.close()])
  }

  /** The primary's record, as seen lately or as it is now, where the copy is of its version. */
  async #recordFor(id: string, copy: Loaded, options: LoadOptions | undefined): Promise<Session | undefined> {
    const { record, at = 0 } = this.#seen.get(id) ?? {}
    if (record !== undefined && performance.now() - at < this.#settings.maxStaleMs)
      return isOf(copy.session, record) ? record : undefined
    const [seen, asked] = [this.#begin(id), performance.now()]
    const { session } = await this.#primary.load(id, undefined, options)
    this.#end(id, seen, session, asked)
    return isOf(copy.session, session) ? session : undefined
  }

  #isKept({ messages }: Want = {}): boolean {
    return messages === undefined || ('last' in messages && messages.last <= this.#settings.messages)
  }

  /** Reads what is kept of a session and puts it into the cache, once for all who ask at the same time. */
  #fill(id: string, owner: LoadOptions['if']): Promise<Filled> {
    const key = JSON.stringify([id, owner])
    const seen = this.#begin(id)
    const known = this.#fills.get(key)
    // One that began before a write shows less than who asks now may know.
    if (known?.seen === seen) return known.filled
    const fill = { seen, filled: this.#track(this.#read(id, owner, seen)) }
    this.#fills.set(key, fill)
    const end = () => {
      if (this.#fills.get(key) === fill) this.#fills.delete(key)
    }
    fill.filled.then(end, end)
    return fill.filled
  }

  async #read(id: string, owner: LoadOptions['if'], seen: Seen): Promise<Filled> {
    const at = performance.now()
    const want = { messages: { last: this.#settings.messages }, context: true as const }
    const {
      session,
      messages = [],
      context = [],
    } = await this.#primary.load(id, want, owner && { if: owner })
    const input = asNew(session, context, messages)
    const stamp = { ...stampOf(session), createdAt: session.createdAt }
    const isNewest = this.#end(id, seen, session, at)
    // One write must do for a copy, and takes so many keys.
    if (isNewest && context.length <= MAX_PAGE)
      await this.#ask(id, () => this.#put(input, { ...stamp, expiresAt: this.#endOf(session) }))
    return { session: frozen(session), state: new SessionState(input, { stamp }, session.updatedAt) }
  }

  async #put(input: NewSession, stamp: Stamp): Promise<void> {
    try {
      await this.#cache.create(input, { stamp })
    } catch (error) {
      if (!isSessError(error, 'SESSION_EXISTS')) throw error
      await this.#cache.delete(input.id)
      await this.#cache.create(input, { stamp })
    }
  }

  /** Brings a copy that was at the version before to that of a commit. */
  async #follow(id: string, change: Change, answer: Committed, at: number): Promise<void> {
    const { record: before } = this.#seen.get(id) ?? {}
    this.#seen.delete(id)
    const isNext = before?.version === answer.version - 1 && before.createdAt === answer.createdAt
    // Which messages are in the copy is not known here, so what takes some away is left to the next read.
    if (!isNext || change.cut !== undefined || answer.droppedCount > 0) return
    const { version, lastSeq, messageCount, updatedAt, expiresAt, session } = answer
    const record = session ?? { ...before, version, lastSeq, messageCount, updatedAt, expiresAt }
    this.#seen.set(id, { record: frozen(record), at })
    const copy = mirrored(change, answer)
    const stamp = { ...copy.options.stamp, expiresAt: this.#endOf(answer) }
    const copied = await this.#ask(id, () => this.#cache.commit(id, copy.change, { ...copy.options, stamp }))
    if (copied !== undefined && copied.messageCount > 2 * this.#settings.messages)
      await this.#ask(id, () => this.#cache.delete(id))
  }

  /** The entry of a session, before the primary is asked about it. */
  #begin(id: string): Seen {
    const known = this.#seen.get(id)
    if (known !== undefined) return known
    const seen = { record: undefined, at: 0 }
    this.#seen.set(id, seen)
    return seen
  }

  /** Notes what the primary showed, unless a write came in between; answers whether it did not. */
  #end(id: string, seen: Seen, session: Session, at: number): boolean {
    if (this.#seen.get(id) !== seen || at < seen.at) return false
    seen.record = frozen(session)
    seen.at = at
    return true
  }

  /** When a copy ends: with the session, or before. */
  #endOf({ expiresAt }: Pick<Session, 'expiresAt'>): number {
    return Math.min(expiresAt ?? Number.POSITIVE_INFINITY, Date.now() + this.#settings.ttlMs)
  }

  /** What the cache answers; `undefined` where it has nothing to say. */
  async #ask<T>(
    id: string | undefined,
    ask: () => Promise<T>,
    options?: CallOptions,
  ): Promise<T | undefined> {
    if (performance.now() < this.#restsUntil) return undefined
    try {
      return await ask()
    } catch (error) {
      options?.signal?.throwIfAborted()
      if (MISSES.every((code) => !isSessError(error, code))) {
        this.#restsUntil = performance.now() + REST_MS
        const about = id === undefined ? {} : { sessionId: id }
        tell(this.#settings.onEvent, { type: 'cache-failed', store: 'cache', ...about })
      }
      return undefined
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    const end = () => this.#underWay.delete(work)
    work.then(end, end)
    return work
  }
}

/** What a cache answers that has no copy, or one of another version. */
const MISSES = [
  'SESSION_NOT_FOUND',
  'SESSION_EXPIRED',
  'SESSION_EXISTS',
  'CONFLICT',
  'MESSAGE_NOT_FOUND',
] as const

function isOf(copy: Session, original: Session): boolean {
  return (
    copy.version === original.version &&
    copy.createdAt === original.createdAt &&
    copy.lastSeq === original.lastSeq &&
    copy.updatedAt === original.updatedAt
  )
}

/** Shared by all who ask. */
function frozen(session: Session): Session {
  Object.freeze(session.metadata)
  return Object.freeze(session)
}
