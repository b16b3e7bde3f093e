import { every } from '../background/every.ts'
import { tell } from '../background/tell.ts'
import { isGone, isSessError, SessError } from '../contract/error.ts'
import type { NewSession, Overflow } from '../contract/model.ts'
import type { OneOf } from '../contract/one-of.ts'
import { deleteUserOf, statsOf } from '../contract/optional.ts'
import type { CallOptions, Health, SessionStore, StoreEvent } from '../contract/session-store.ts'
import { checkWhole, DEFAULT_LIMITS, type InputLimits, MAX_PAGE } from '../rules/limits.ts'
import { type Duration, parseDuration, parseLifetime } from '../values/duration.ts'
import { newSessionId } from '../values/ids.ts'
import { checkName } from '../values/text.ts'
import {
  checkObject,
  checkShape,
  type MessageInput,
  toEntries,
  toMessages,
  toMetadata,
  withSchemas,
} from './input.ts'
import { applySchema, type ContextIn, type MetadataIn, type Parts, type Schemas } from './schema.ts'
import { SessionCalls, type SessionOf, storeLimits, type Wiring } from './session-calls.ts'

export interface SessionManagerOptions<P extends Parts = Parts> {
  readonly store: SessionStore
  /** Validators of what applications write, from which the types of what they read are inferred. */
  readonly schemas?: P & Schemas
  /** Lifetime of a session that brings none. Default `'24h'`. */
  readonly defaultTtl?: Duration | 'never'
  /** Whether each commit renews the lifetime, for a session that does not say. Default `false`. */
  readonly sliding?: boolean
  /** Cap on the messages of a session that brings none, `null` for no cap. Default 1,000. */
  readonly maxMessages?: number | null
  /** What happens at the cap, for a session that does not say. Default `'reject'`. */
  readonly overflow?: Overflow
  readonly limits?: Partial<InputLimits>
  /** Told what the background cleanup did (`cleanup`) or failed to do (`cleanup-failed`). */
  readonly onEvent?: (event: StoreEvent) => void
}

export interface SessionInit<P extends Parts = Parts> {
  /** Default: the manager's `defaultTtl`. */
  readonly ttl?: Duration | 'never'
  readonly sliding?: boolean
  readonly maxMessages?: number | null
  readonly overflow?: Overflow
  readonly metadata?: MetadataIn<P>
  readonly context?: Partial<ContextIn<P>>
  readonly messages?: readonly MessageInput<P>[]
}

export type ListOptions = CallOptions & {
  /** 1 to 1,000. Default 20. */
  readonly limit?: number
} & OneOf<
    | {
        /** The page before's `nextCursor`. */
        readonly cursor?: string
      }
    | {
        /** How many to leave out, instead of a cursor. Costs as much as reading them. */
        readonly offset?: number
      }
  >

/** `nextCursor` is `null` on the last page. */
export interface SessionList<P extends Parts = Parts> {
  readonly sessions: readonly SessionOf<P>[]
  readonly nextCursor: string | null
}

export interface ManagerStats {
  readonly totalSessions: number
  readonly activeSessions: number
  readonly expiredSessions: number
  readonly averageMessages: number
  readonly evictedSessions: number
  readonly oldestSessionAt: number | null
  readonly newestSessionAt: number | null
  /** When this manager's last cleanup ended, by this process's clock. */
  readonly lastCleanupAt: number | null
}

export interface CleanupOptions extends CallOptions {
  /** How many sessions to delete in one step, 1 to 1,000. Default 100. */
  readonly batchSize?: number
}

/**
 * Keeps the sessions of an application's agents on a store.
 * @example
 * const sessions = new SessionManager({ store: createMemoryStore() })
 * const { id } = await sessions.createSession('user123')
 * await sessions.addMessage(id, { role: 'user', content: 'Hello, AI!' })
 */
export class SessionManager<P extends Parts = Record<never, never>> extends SessionCalls<P> {
  readonly #options: SessionManagerOptions<P>
  readonly #store: SessionStore
  readonly #limits: InputLimits
  readonly #defaults: Pick<NewSession, 'ttlMs' | 'sliding' | 'maxMessages' | 'overflow'>
  #stop: (() => void) | undefined
  #cleaning: Promise<number> | undefined
  #lastCleanupAt: number | null = null
  #closed = false

  constructor(options: SessionManagerOptions<P>) {
    const limits = toLimits(options.limits)
    super({ store: options.store, schemas: options.schemas, limits })
    this.#options = options
    this.#store = options.store
    this.#limits = limits
    const { maxMessages = 1000, sliding = false, overflow = 'reject' } = options
    if (maxMessages !== null) checkWhole('SessionManager', 'maxMessages', maxMessages, 1)
    if (overflow !== 'reject' && overflow !== 'drop-oldest')
      throw new SessError('INVALID_ARGUMENT', "SessionManager: overflow must be 'reject' or 'drop-oldest'")
    this.#defaults = {
      ttlMs: parseLifetime('SessionManager', 'defaultTtl', options.defaultTtl ?? '24h'),
      sliding,
      maxMessages,
      overflow,
    }
  }

  /** Starts a session; `null` belongs to nobody. @throws `SESSION_EXISTS` where the caller's `id` is taken */
  async createSession(
    userId: string | null,
    init: SessionInit<P> & CallOptions & { readonly id?: string } = {},
  ): Promise<SessionOf<P>> {
    checkObject('createSession', 'init', init)
    return this.#create('createSession', userId, init.id ?? newId('createSession', userId), init, init)
  }

  /** The user's session with this id, made where there is none: of several callers at once one makes it. @throws `SESSION_NOT_FOUND` where it is another user's */
  async openSession(
    userId: string | null,
    id: string,
    init: SessionInit<P> = {},
    options?: CallOptions,
  ): Promise<SessionOf<P>> {
    if (userId !== null) checkName('openSession', 'user id', userId)
    checkObject('openSession', 'init', init)
    for (;;) {
      const found = await this.#find(id, options)
      if (found?.userId === userId) return found
      if (found)
        throw new SessError('SESSION_NOT_FOUND', `openSession: this user has no session '${id}'`, {
          sessionId: id,
        })
      try {
        return await this.#create('openSession', userId, id, init, options)
      } catch (error) {
        // Another caller was first.
        if (!isSessError(error, 'SESSION_EXISTS')) throw error
      }
    }
  }

  /** A page of a user's sessions, newest update first. */
  async listSessions(userId: string, options: ListOptions = {}): Promise<SessionList<P>> {
    checkName('listSessions', 'user id', userId)
    return this.#list({ userId }, options)
  }

  /** A page of everybody's and nobody's sessions, in a fixed order in which each that lives throughout comes once: for operators and adapters. */
  async listAllSessions(options: ListOptions = {}): Promise<SessionList<P>> {
    return this.#list({ all: true }, options)
  }

  /** How many sessions a user has that have not expired. */
  async countUserSessions(userId: string, options?: CallOptions): Promise<number> {
    checkName('countUserSessions', 'user id', userId)
    return this.#store.count(userId, options)
  }

  /** Deletes all of a user's sessions, expired ones too; answers how many. Each goes wholly or not at all; safe to repeat. */
  async deleteUser(userId: string, options?: CallOptions): Promise<number> {
    checkName('deleteUser', 'user id', userId)
    return deleteUserOf(this.#store, userId, options)
  }

  /** The same calls for one user alone, or (`null`) for what belongs to nobody: another owner's session is `SESSION_NOT_FOUND`. */
  forUser(userId: string | null): UserSessions<P> {
    return new UserSessions(this, userId, {
      store: this.#store,
      schemas: this.#options.schemas,
      limits: this.#limits,
    })
  }

  async getStats(options?: CallOptions): Promise<ManagerStats> {
    const { sessions, expired, messages, evicted, oldestCreatedAt, newestCreatedAt } = await statsOf(
      this.#store,
      options,
    )
    return {
      totalSessions: sessions,
      activeSessions: sessions - expired,
      expiredSessions: expired,
      averageMessages: sessions === 0 ? 0 : messages / sessions,
      evictedSessions: evicted,
      oldestSessionAt: oldestCreatedAt,
      newestSessionAt: newestCreatedAt,
      lastCleanupAt: this.#lastCleanupAt,
    }
  }

  /** Whether the store can be reached; never throws. */
  async health(options?: CallOptions): Promise<Health> {
    return this.#store.health(options)
  }

  /** Deletes what has expired, a batch at a time; answers how many sessions. */
  async cleanup(options: CleanupOptions = {}): Promise<number> {
    const { batchSize = 100, signal } = options
    checkWhole('cleanup', 'batchSize', batchSize, 1, MAX_PAGE)
    let deleted = 0
    for (let batch = batchSize; batch >= batchSize; deleted += batch)
      batch = await this.#store.sweep({ limit: batchSize }, { signal })
    this.#lastCleanupAt = Date.now()
    return deleted
  }

  /** Cleans up at an interval until `stopCleanup` or `close`, without keeping the process alive. A second start replaces the first. */
  startCleanup(interval: Duration = '1h', options: Omit<CleanupOptions, 'signal'> = {}): void {
    const ms = parseDuration('startCleanup', 'interval', interval)
    checkWhole('startCleanup', 'batchSize', options.batchSize ?? 1, 1, MAX_PAGE)
    if (this.#closed) throw new SessError('STORE_CLOSED', 'startCleanup: this manager is closed')
    this.stopCleanup()
    this.#stop = every(ms, () => this.#cleanInBackground(options))
  }

  stopCleanup(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** Stops the cleanup and closes the store, when what is in flight has ended. */
  async close(): Promise<void> {
    this.#closed = true
    this.stopCleanup()
    await this.#cleaning
    await this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #list(
    of: OneOf<{ readonly userId: string } | { readonly all: true }>,
    { limit = 20, cursor, offset, signal }: ListOptions,
  ): Promise<SessionList<P>> {
    const from = { ...(cursor !== undefined && { cursor }), ...(offset !== undefined && { offset }) }
    return (await this.#store.list({ ...of, limit, ...from }, { signal })) as unknown as SessionList<P>
  }

  #cleanInBackground(options: CleanupOptions): void {
    // A slow round is not overtaken by the next.
    this.#cleaning ??= this.cleanup(options)
      .then(
        (deleted) => this.#tell('cleanup', { deleted }),
        (error) => this.#tell('cleanup-failed', { code: isSessError(error) ? error.code : 'UNKNOWN' }),
      )
      .then(() => {
        this.#cleaning = undefined
        return 0
      })
  }

  #tell(type: string, detail: { readonly [key: string]: string | number }): void {
    tell(this.#options.onEvent, { type, store: this.#store.info.name, detail })
  }

  async #find(id: string, options: CallOptions | undefined): Promise<SessionOf<P> | undefined> {
    try {
      const { session } = await this.#store.load(id, undefined, { signal: options?.signal })
      return session as unknown as SessionOf<P>
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  async #create(
    operation: string,
    userId: string | null,
    id: string,
    init: SessionInit<P>,
    options: CallOptions | undefined,
  ): Promise<SessionOf<P>> {
    if (userId !== null) checkName(operation, 'user id', userId)
    checkName(operation, 'session id', id)
    const { schemas } = this.#options
    const { context = {}, metadata: given = {} } = init
    checkObject(operation, 'context', context)
    checkObject(operation, 'metadata', given)
    const raw = {
      append: init.messages ?? [],
      set: Object.entries(context).filter(([, value]) => value !== undefined),
    }
    checkShape(operation, raw)
    const { append, set } = schemas === undefined ? raw : await withSchemas(operation, raw, schemas)
    const metadata = await applySchema(operation, 'metadata', schemas?.metadata, given)
    const session: NewSession = {
      id,
      userId,
      metadata: toMetadata(operation, metadata as object),
      ttlMs: init.ttl === undefined ? this.#defaults.ttlMs : parseLifetime(operation, 'ttl', init.ttl),
      sliding: init.sliding ?? this.#defaults.sliding,
      maxMessages: init.maxMessages === undefined ? this.#defaults.maxMessages : init.maxMessages,
      overflow: init.overflow ?? this.#defaults.overflow,
      isActive: true,
      messages: toMessages(operation, append ?? [], this.#limits),
      context: toEntries(operation, set ?? [], this.#limits),
    }
    return (await this.#store.create(session, {
      signal: options?.signal,
      limits: storeLimits(this.#limits),
    })) as unknown as SessionOf<P>
  }
}

/** The calls of a manager for one user, see {@link SessionManager.forUser}. */
export class UserSessions<P extends Parts = Record<never, never>> extends SessionCalls<P> {
  readonly #manager: SessionManager<P>
  readonly userId: string | null

  /** @internal */
  constructor(manager: SessionManager<P>, userId: string | null, wiring: Wiring) {
    if (userId !== null) checkName('forUser', 'user id', userId)
    super(wiring, userId)
    this.#manager = manager
    this.userId = userId
  }

  async createSession(init?: Parameters<SessionManager<P>['createSession']>[1]): Promise<SessionOf<P>> {
    return this.#manager.createSession(this.userId, init)
  }

  async openSession(id: string, init?: SessionInit<P>, options?: CallOptions): Promise<SessionOf<P>> {
    return this.#manager.openSession(this.userId, id, init, options)
  }

  async listSessions(options?: ListOptions): Promise<SessionList<P>> {
    return this.#manager.listSessions(ofUser('listSessions', this.userId), options)
  }

  async countUserSessions(options?: CallOptions): Promise<number> {
    return this.#manager.countUserSessions(ofUser('countUserSessions', this.userId), options)
  }

  async deleteUser(options?: CallOptions): Promise<number> {
    return this.#manager.deleteUser(ofUser('deleteUser', this.userId), options)
  }
}

/** What belongs to nobody is in no list and no count. */
function ofUser(operation: string, userId: string | null): string {
  if (userId !== null) return userId
  throw new SessError(
    'INVALID_ARGUMENT',
    `${operation}: sessions that belong to nobody are in no list or count`,
  )
}

function newId(operation: string, userId: string | null): string {
  if (userId !== null) checkName(operation, 'user id', userId)
  return newSessionId(userId)
}

function toLimits(limits: Partial<InputLimits> | undefined): InputLimits {
  if (limits === undefined) return DEFAULT_LIMITS
  const all = { ...DEFAULT_LIMITS, ...limits }
  for (const [name, value] of Object.entries(all))
    checkWhole('SessionManager', `limits.${name}`, value, 1, name === 'batchMessages' ? MAX_PAGE : undefined)
  return all
}
