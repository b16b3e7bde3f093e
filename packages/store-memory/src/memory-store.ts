import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type DeleteOptions,
  type Duration,
  type Health,
  type ListQuery,
  type Loaded,
  type LoadOptions,
  type NewSession,
  type Page,
  parseDuration,
  SessError,
  type Session,
  type SessionStore,
  type StoreEvent,
  type StoreStats,
  type Want,
} from '@sess/core'
import {
  admit,
  admitDelete,
  admitNew,
  checkCall,
  checkCommit,
  checkCreate,
  checkDelete,
  checkListQuery,
  checkLoad,
  checkSweep,
  checkUser,
  every,
  isExpired,
  MAX_PAGE,
  tell,
} from '@sess/core/store'
import { type EvictionOrder, type EvictionPolicy, evictionOrder } from './eviction.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import { RecordList } from './record-list.ts'
import { SessionIndex } from './session-index.ts'
import { SessionRecord } from './session-record.ts'

export interface MemoryStoreOptions {
  /** How many sessions it holds; a further one makes it give one up. Default 10,000. */
  readonly maxSessions?: number
  /** Which one it gives up. Default `'lru'`. */
  readonly evictionPolicy?: EvictionPolicy
  /** How often expired sessions are deleted, without keeping the process alive. Default `'5m'`. */
  readonly cleanupInterval?: Duration | 'never'
  /** The store's clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Told of each eviction, `{ type: 'evicted', sessionId, detail: { policy } }`, and of each cleanup that found something, `{ type: 'swept', detail: { deleted } }`. */
  readonly onEvent?: (event: StoreEvent) => void
}

/** A store in this process's memory: for tests, development and caches. What it holds ends with the process. */
export function createMemoryStore(options: MemoryStoreOptions = {}): SessionStore {
  return new MemoryStore(options)
}

// Each call does its work without awaiting anything, so that calls are atomic and in order by nature.
class MemoryStore implements SessionStore {
  readonly info = { name: 'memory', shared: false, features: ['stats', 'deleteUser'] }
  readonly #records = new Map<string, SessionRecord>()
  readonly #index = new SessionIndex()
  readonly #queue = new ExpiryQueue()
  /** Found expired and not deleted yet. */
  readonly #expired = new RecordList()
  readonly #eviction: EvictionOrder
  readonly #policy: EvictionPolicy
  readonly #maxSessions: number
  readonly #cleanupMs: number | null
  readonly #now: () => number
  readonly #onEvent: ((event: StoreEvent) => void) | undefined
  #stopCleanup: (() => void) | undefined
  #created = 0
  #messages = 0
  #evicted = 0
  #closed = false

  constructor(options: MemoryStoreOptions) {
    const { maxSessions = 10_000, evictionPolicy = 'lru', cleanupInterval = '5m', now = Date.now } = options
    if (!(Number.isSafeInteger(maxSessions) && maxSessions > 0))
      throw invalid('maxSessions must be a whole number of at least 1')
    if (!['lru', 'lfu', 'oldest'].includes(evictionPolicy))
      throw invalid("evictionPolicy must be 'lru', 'lfu' or 'oldest'")
    this.#maxSessions = maxSessions
    this.#policy = evictionPolicy
    this.#eviction = evictionOrder(evictionPolicy)
    this.#cleanupMs =
      cleanupInterval === 'never'
        ? null
        : parseDuration('createMemoryStore', 'cleanupInterval', cleanupInterval)
    this.#now = now
    this.#onEvent = options.onEvent
  }

  async create(input: NewSession, options?: CreateOptions): Promise<Session> {
    this.#refuseClosed('create')
    checkCreate(input, options)
    const now = this.#now()
    const there = this.#records.get(input.id)
    if (!there?.isExpired) admitNew(input.id, there, now)
    const record = new SessionRecord(input, options, now, ++this.#created)
    const full = there === undefined && this.#records.size >= this.#maxSessions
    const evicted = full ? this.#makeRoom(now) : undefined
    if (there !== undefined) this.#remove(there)
    this.#records.set(input.id, record)
    this.#messages += input.messages.length
    this.#index.add(record)
    this.#queue.schedule(record)
    this.#eviction.add(record)
    this.#startCleanup()
    // Last, since the hook may call this store.
    if (evicted !== undefined) this.#tellEvicted(evicted.session.id)
    return record.snapshot()
  }

  async load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    this.#refuseClosed('load')
    checkLoad('load', id, want, options)
    return this.#admit('load', id, options).load(want)
  }

  async commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    this.#refuseClosed('commit')
    checkCommit(id, change, options)
    const record = this.#admit('commit', id, options)
    const before = record.session
    const committed = record.commit(change, options, this.#now())
    if (record.session !== before) {
      this.#messages += committed.messageCount - before.messageCount
      this.#index.update(record)
      this.#queue.schedule(record)
    }
    return committed
  }

  async delete(id: string, options?: DeleteOptions): Promise<boolean> {
    this.#refuseClosed('delete')
    checkDelete(id, options)
    const record = this.#records.get(id)
    if (record === undefined || !admitDelete(record, options?.if)) return false
    this.#remove(record)
    return true
  }

  async list(query: ListQuery, options?: CallOptions): Promise<Page> {
    this.#refuseClosed('list')
    checkListQuery(query, options)
    const now = this.#now()
    const { limit, includeExpired = false } = query
    let skip = query.offset ?? 0
    const sessions: Session[] = []
    let last: SessionRecord | undefined
    for (const record of this.#index.walk(query)) {
      if (!includeExpired && hasExpired(record, now)) continue
      if (skip-- > 0) continue
      if (sessions.length === limit)
        return { sessions, nextCursor: this.#index.cursorAfter(query, last as SessionRecord) }
      sessions.push(record.snapshot())
      last = record
    }
    return { sessions, nextCursor: null }
  }

  async count(userId: string, options?: CallOptions): Promise<number> {
    this.#refuseClosed('count')
    checkUser('count', userId, options)
    this.#settle(this.#now())
    return this.#index.count(userId)
  }

  async sweep(request: { readonly limit: number }, options?: CallOptions): Promise<number> {
    this.#refuseClosed('sweep')
    checkSweep(request, options)
    return this.#sweep(request.limit)
  }

  async stats(options?: CallOptions): Promise<StoreStats> {
    this.#refuseClosed('stats')
    checkCall('stats', options)
    this.#settle(this.#now())
    let oldestCreatedAt: number | null = null
    let newestCreatedAt: number | null = null
    for (const { session } of this.#records.values()) {
      oldestCreatedAt = Math.min(session.createdAt, oldestCreatedAt ?? session.createdAt)
      newestCreatedAt = Math.max(session.createdAt, newestCreatedAt ?? session.createdAt)
    }
    return {
      sessions: this.#records.size,
      expired: this.#expired.size,
      messages: this.#messages,
      evicted: this.#evicted,
      oldestCreatedAt,
      newestCreatedAt,
    }
  }

  async deleteUser(userId: string, options?: CallOptions): Promise<number> {
    this.#refuseClosed('deleteUser')
    checkUser('deleteUser', userId, options)
    const records = [...this.#index.walk({ userId })]
    for (const record of records) this.#remove(record)
    return records.length
  }

  async health(): Promise<Health> {
    if (!this.#closed) return { ok: true, latencyMs: 0 }
    return { ok: false, latencyMs: 0, error: closed('health') }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopCleanup?.()
  }

  #refuseClosed(operation: string): void {
    if (this.#closed) throw closed(operation)
  }

  #admit(operation: string, id: string, options: LoadOptions | undefined): SessionRecord {
    const found = this.#records.get(id)
    const now = found?.isExpired ? Number.POSITIVE_INFINITY : this.#now()
    const record = admit(operation, id, found, now, options?.if)
    this.#eviction.touch(record)
    return record
  }

  #remove(record: SessionRecord): void {
    this.#records.delete(record.session.id)
    this.#messages -= record.session.messageCount
    this.#index.remove(record)
    this.#queue.remove(record)
    if (record.isExpired) this.#expired.remove(record)
    else this.#eviction.remove(record)
  }

  /** Removes an expired session, or else the one that the policy gives up, which is the answer. */
  #makeRoom(now: number): SessionRecord | undefined {
    this.#settle(now)
    const victim = this.#expired.oldest ?? this.#eviction.next()
    if (victim === undefined) return undefined
    this.#remove(victim)
    if (victim.isExpired) return undefined
    this.#evicted++
    return victim
  }

  #tellEvicted(sessionId: string): void {
    tell(this.#onEvent, { type: 'evicted', store: 'memory', sessionId, detail: { policy: this.#policy } })
  }

  /** Notes which sessions have expired, so that counts are right without reading any. */
  #settle(now: number): void {
    for (const record of this.#queue.due(now)) {
      this.#eviction.remove(record)
      this.#expired.add(record)
      this.#index.expire(record)
      record.isExpired = true
    }
  }

  #sweep(limit: number): number {
    this.#settle(this.#now())
    let deleted = 0
    for (let record = this.#expired.oldest; record && deleted < limit; record = this.#expired.oldest) {
      this.#remove(record)
      deleted++
    }
    return deleted
  }

  /** From the first session on, so that a store that is never used has no timer. */
  #startCleanup(): void {
    if (this.#cleanupMs !== null) this.#stopCleanup ??= every(this.#cleanupMs, () => this.#cleanUp())
  }

  #cleanUp(): void {
    let deleted = 0
    for (let slice = MAX_PAGE; slice === MAX_PAGE; deleted += slice) slice = this.#sweep(MAX_PAGE)
    if (deleted > 0) tell(this.#onEvent, { type: 'swept', store: 'memory', detail: { deleted } })
  }
}

/** What was found expired stays so, whatever the clock does. */
function hasExpired(record: SessionRecord, now: number): boolean {
  return record.isExpired || isExpired(record.session, now)
}

function closed(operation: string): SessError {
  return new SessError('STORE_CLOSED', `${operation}: this memory store is closed`)
}

function invalid(why: string): SessError {
  return new SessError('INVALID_ARGUMENT', `createMemoryStore: ${why}`)
}
