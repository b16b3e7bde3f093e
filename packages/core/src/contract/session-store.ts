import type { Change, Committed } from './commit.ts'
import type { SessError } from './error.ts'
import type { Loaded, Want } from './load.ts'
import type { JsonObject, NewSession, Session } from './model.ts'
import type { OneOf } from './one-of.ts'

/** The contract of a store. Every call ends within its timeout or at its signal, applied wholly or not at all, and fails only with a `SessError`. What a store does not know it refuses with `UNSUPPORTED`. */
export interface SessionStore {
  readonly info: StoreInfo
  /** Writes a new session with its first context and messages (seqs from 1 on, `createdAt` its own where they bring none), all or nothing; a living one with that id is `SESSION_EXISTS`, an expired one is replaced. */
  create(session: NewSession, options?: CreateOptions): Promise<Session>
  /** Reads one consistent snapshot of what is wanted, the session's fields at least; an absent session is `SESSION_NOT_FOUND`, never an empty result. */
  load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded>
  /** Changes a session in one atomic step, and is the only way to; judged in this order: absent or expired, repeats, conditions, closed, amendments, cap and limits, stamp; a miss changes nothing. */
  commit(id: string, change: Change, options?: CommitOptions): Promise<Committed>
  /** Deletes a session, expired or not, with all that belongs to it; `false` when there was none. */
  delete(id: string, options?: DeleteOptions): Promise<boolean>
  /** A page of a user's sessions, newest update first and ties by id, the greatest first; or of all sessions in a fixed order in which each that lives throughout comes once. A page may be short or empty: `nextCursor: null` is the end. */
  list(query: ListQuery, options?: CallOptions): Promise<Page>
  /** How many living sessions a user has, from an index. */
  count(userId: string, options?: CallOptions): Promise<number>
  /** Deletes up to `limit` expired sessions and nothing alive; fewer than `limit` means that none is left. */
  sweep(request: { readonly limit: number }, options?: CallOptions): Promise<number>
  /** Whether the store can be reached; never throws. */
  health(options?: CallOptions): Promise<Health>
  /** Waits for what is in flight and frees what this store opened; later calls are `STORE_CLOSED`, a second close is nothing. */
  close(): Promise<void>
  /** Counts over all sessions, expired ones included until they are swept. */
  stats?(options?: CallOptions): Promise<StoreStats>
  /** Deletes every session of a user, expired ones too, each atomically; answers how many, and is safe to repeat. */
  deleteUser?(userId: string, options?: CallOptions): Promise<number>
  /** Yields the session's state when its version is above `afterVersion`, then after later commits, several at once perhaps; ends when the session does. */
  watch?(id: string, request: WatchRequest, options?: LoadOptions): AsyncIterable<Pulse>
  /** Takes the session's lease (no token), extends it (token) or gives it back (token, `ttlMs: 0`); `null` when another holds it or it was lost. */
  lease?(id: string, request: LeaseRequest, options?: LoadOptions): Promise<Lease | null>
}

/** `shared`: other instances opened on the same address see the same data. `features`: the optional members that it has; names unknown to the reader mean nothing. */
export interface StoreInfo {
  readonly name: string
  readonly shared: boolean
  readonly features: readonly string[]
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}
/** `if.userId`: a session of another owner is answered as if it were not there, before anything else is judged. */
export interface LoadOptions extends CallOptions {
  readonly if?: { readonly userId?: string | null } | undefined
}
/** Judged as a commit's conditions, on an expired session too; another owner's is `false`. */
export interface DeleteOptions extends CallOptions {
  readonly if?: Omit<Conditions, 'absent' | 'present'> | undefined
}
export interface CreateOptions extends CallOptions {
  readonly limits?: Limits | undefined
  readonly stamp?: Stamp | undefined
}
export interface CommitOptions extends CreateOptions {
  readonly if?: Conditions | undefined
}

/** Checked and applied in the same step; a miss is `CONFLICT` with the current values (`userId`: `SESSION_NOT_FOUND`). */
export interface Conditions {
  readonly version?: number
  readonly lastSeq?: number
  /** Tells a session from a later one under the same id, whose versions and seqs begin anew. */
  readonly createdAt?: number
  readonly userId?: string | null
  /** Context keys that must not be there. */
  readonly absent?: readonly string[]
  /** Context keys that must be there. */
  readonly present?: readonly string[]
}
/** Bytes in all, judged by the store: UTF-8 of each key and of each value's JSON text. Defaults 1 MiB and 64 KiB. */
export interface Limits {
  readonly contextBytes?: number
  readonly metadataBytes?: number
}
/** Makes a verbatim copy of a write made elsewhere: these values instead of the store's own, also where nothing else changes, and a `seq` on each message, each greater than the last. Closed, cap and limits are not judged: `dropped` says how many of the oldest go after the append. A `version` not above the session's, an `updatedAt` below it, a seq not above its last or a `lastSeq` below what the commit comes to is `CONFLICT`. `createdAt` is for `create` alone, `dropped` for `commit`. Times lie from 0 to 9,999,999,999,998. */
export interface Stamp {
  readonly version: number
  readonly lastSeq: number
  readonly updatedAt: number
  readonly expiresAt: number | null
  readonly createdAt?: number
  readonly dropped?: number
}

export type ListQuery = OneOf<{ readonly userId: string } | { readonly all: true }> & {
  readonly limit: number
  readonly cursor?: string
  readonly offset?: number
  readonly includeExpired?: boolean
}
export interface Page {
  readonly sessions: readonly Session[]
  readonly nextCursor: string | null
}
export interface Health {
  readonly ok: boolean
  readonly latencyMs: number
  readonly error?: SessError
}
export interface StoreStats {
  readonly sessions: number
  readonly expired: number
  readonly messages: number
  readonly evicted: number
  readonly oldestCreatedAt: number | null
  readonly newestCreatedAt: number | null
}
export interface WatchRequest {
  readonly afterVersion?: number
}
export interface Pulse {
  readonly version: number
  readonly lastSeq: number
}
export interface LeaseRequest {
  readonly ttlMs: number
  readonly token?: string
}
export interface Lease {
  readonly token: string
  readonly expiresAt: number
}

/** What a store did by itself, told to its `onEvent` option. */
export interface StoreEvent {
  readonly type: string
  readonly store: string
  readonly sessionId?: string
  readonly detail?: JsonObject
}
