import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type Duration,
  type Health,
  type ListQuery,
  type Loaded,
  type LoadOptions,
  type Message,
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
  checkCall,
  checkCommit,
  checkCreate,
  checkListQuery,
  checkLoad,
  checkSweep,
  committed,
  every,
  frozenJson,
  isCutOfAll,
  isExpired,
  judgeCommit,
  judgeCreate,
  MAX_PAGE,
  tell,
  type Verdict,
} from '@sess/core/store'
import { type EvictionOrder, type EvictionPolicy, evictionOrder } from './eviction.ts'
import { ExpiryQueue } from './expiry-queue.ts'
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
  /** Told of each eviction: `{ type: 'evicted', sessionId, detail: { policy } }`. */
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
  readonly #expired = new Set<SessionRecord>()
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
    if (there !== undefined && !isExpired(there.session, now))
      throw new SessError('SESSION_EXISTS', `create: there is a session '${input.id}' already`, {
        sessionId: input.id,
      })
    const { session, messages, contextBytes } = judgeCreate(input, options, now)
    if (there !== undefined) this.#remove(there)
    else if (this.#records.size >= this.#maxSessions) this.#makeRoom(now)
    const record = new SessionRecord(session, ++this.#created, contextBytes)
    for (const message of messages) record.log.append(own(message))
    for (const [key, value] of input.context) record.context.set(key, value)
    this.#records.set(session.id, record)
    this.#messages += messages.length
    this.#index.add(record)
    this.#queue.schedule(record)
    this.#eviction.add(record)
    this.#startCleanup()
    return record.snapshot()
  }

  async load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    this.#refuseClosed('load')
    checkLoad('load', id, want, options)
    const record = this.#admit('load', id, options)
    const session = record.snapshot()
    if (want === undefined) return { session }
    return {
      session,
      ...(want.messages !== undefined && { messages: record.log.window(want.messages) }),
      ...(want.context !== undefined && { context: record.context.window(want.context) }),
    }
  }

  async commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    this.#refuseClosed('commit')
    checkCommit(id, change, options)
    const record = this.#admit('commit', id, options)
    const verdict = judgeCommit(record.session, change, options, record, this.#now())
    return committed(verdict, change, this.#apply(record, change, verdict))
  }

  async delete(id: string, options?: LoadOptions): Promise<boolean> {
    this.#refuseClosed('delete')
    checkLoad('delete', id, undefined, options)
    const record = this.#records.get(id)
    const owner = options?.if?.userId
    if (record === undefined || (owner !== undefined && owner !== record.session.userId)) return false
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
      if (!includeExpired && isExpired(record.session, now)) continue
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
    checkListQuery({ userId, limit: 1 }, options)
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
    checkCall('deleteUser', options)
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
    const record = this.#records.get(id)
    admit(operation, id, record?.session, this.#now(), options?.if)
    this.#eviction.touch(record as SessionRecord)
    return record as SessionRecord
  }

  /** Writes what the verdict says; answers the messages that the cut took. */
  #apply(record: SessionRecord, change: Change, verdict: Verdict): readonly Message[] {
    const before = record.session
    if (verdict.session === before) return []
    let removed: readonly Message[] = []
    if (isCutOfAll(change)) record.log.clear()
    else if (verdict.cut !== undefined && verdict.cut.count > 0) removed = record.log.cut(verdict.cut)
    for (const message of verdict.amended) record.log.replace(own(message))
    for (const message of verdict.messages) record.log.append(own(message))
    if (verdict.dropped > 0) record.log.dropOldest(verdict.dropped)
    for (const key of verdict.unset) record.context.delete(key)
    if (change.set !== undefined) for (const [key, value] of change.set) record.context.set(key, value)
    record.contextBytes = verdict.contextBytes
    this.#messages += verdict.session.messageCount - before.messageCount
    this.#index.update(record, verdict.session)
    this.#queue.schedule(record)
    return removed
  }

  #remove(record: SessionRecord): void {
    record.isRemoved = true
    this.#records.delete(record.session.id)
    this.#messages -= record.session.messageCount
    this.#index.remove(record, this.#expired.delete(record))
    this.#eviction.remove(record)
  }

  #makeRoom(now: number): void {
    this.#settle(now)
    const [expired] = this.#expired
    const record = expired ?? this.#eviction.next()
    if (record === undefined) return
    this.#remove(record)
    if (expired !== undefined) return
    this.#evicted++
    tell(this.#onEvent, {
      type: 'evicted',
      store: 'memory',
      sessionId: record.session.id,
      detail: { policy: this.#policy },
    })
  }

  /** Notes which sessions have expired, so that counts are right without reading any. */
  #settle(now: number): void {
    for (const record of this.#queue.due(now)) {
      this.#expired.add(record)
      this.#index.expire(record)
    }
  }

  #sweep(limit: number): number {
    this.#settle(this.#now())
    let deleted = 0
    for (const record of this.#expired) {
      if (deleted === limit) break
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
    while (this.#sweep(MAX_PAGE) === MAX_PAGE);
  }
}

/** Makes a message that the verdict made safe to share: frozen, and so is what it holds. */
function own(message: Message): Message {
  const own = message as { -readonly [K in keyof Message]: Message[K] }
  own.content = frozenJson(message.content)
  own.metadata = frozenJson(message.metadata)
  return Object.freeze(own)
}

function closed(operation: string): SessError {
  return new SessError('STORE_CLOSED', `${operation}: this memory store is closed`)
}

function invalid(why: string): SessError {
  return new SessError('INVALID_ARGUMENT', `createMemoryStore: ${why}`)
}
