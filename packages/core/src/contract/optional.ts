import { MAX_PAGE } from '../rules/limits.ts'
import { newMessageId } from '../values/ids.ts'
import { isGone, isSessError } from './error.ts'
import type { Json, Session } from './model.ts'
import type {
  CallOptions,
  Lease,
  LeaseRequest,
  ListQuery,
  LoadOptions,
  Pulse,
  SessionStore,
  StoreStats,
  WatchRequest,
} from './session-store.ts'

// The optional members of a store: its own, or the same built on the required ones.

/** The store's `stats`, else counted by a walk over all its sessions. */
export async function statsOf(store: SessionStore, options?: CallOptions): Promise<StoreStats> {
  if (store.stats) return store.stats(options)
  const now = Date.now()
  const stats = {
    sessions: 0,
    expired: 0,
    messages: 0,
    evicted: 0,
    oldestCreatedAt: null as number | null,
    newestCreatedAt: null as number | null,
  }
  const all = sessionsOf(store, { all: true, includeExpired: true, limit: MAX_PAGE }, options)
  for await (const { createdAt, expiresAt, messageCount } of all) {
    stats.sessions++
    stats.messages += messageCount
    if (expiresAt !== null && expiresAt <= now) stats.expired++
    stats.oldestCreatedAt = Math.min(createdAt, stats.oldestCreatedAt ?? createdAt)
    stats.newestCreatedAt = Math.max(createdAt, stats.newestCreatedAt ?? createdAt)
  }
  return stats
}

/** The sessions of a list, a page at a time. */
async function* sessionsOf(
  store: SessionStore,
  query: ListQuery,
  options: CallOptions | undefined,
): AsyncGenerator<Session> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) }, options)
    yield* page.sessions
    cursor = page.nextCursor
  }
}

/** The store's `deleteUser`, else its sessions deleted one by one. */
export async function deleteUserOf(
  store: SessionStore,
  userId: string,
  options?: CallOptions,
): Promise<number> {
  if (store.deleteUser) return store.deleteUser(userId, options)
  let deleted = 0
  // From the first page again until there is nothing: what was updated meanwhile has moved there.
  for (let before = -1; deleted > before; ) {
    before = deleted
    // Handed to another user meanwhile, a session is no longer this one's to delete.
    for await (const { id } of sessionsOf(store, { userId, includeExpired: true, limit: 100 }, options))
      if (await store.delete(id, { ...options, if: { userId } })) deleted++
  }
  return deleted
}

const POLL_MS = 500

/** The store's `watch`, else a look every half second. */
export function watchOf(
  store: SessionStore,
  id: string,
  request: WatchRequest = {},
  options?: LoadOptions,
): AsyncIterable<Pulse> {
  return store.watch ? store.watch(id, request, options) : poll(store, id, request.afterVersion ?? 0, options)
}

async function* poll(
  store: SessionStore,
  id: string,
  afterVersion: number,
  options?: LoadOptions,
): AsyncGenerator<Pulse> {
  let seen = afterVersion
  let born: number | undefined
  for (let first = true; ; first = false) {
    try {
      const { version, lastSeq, createdAt } = (await store.load(id, undefined, options)).session
      // Another session under the same id.
      if (!first && (version < seen || createdAt !== born)) return
      born = createdAt
      if (version > seen) yield { version, lastSeq }
      seen = version
    } catch (error) {
      if (!first && isGone(error)) return
      throw error
    }
    await pause(POLL_MS, options?.signal)
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

const LEASE_KEY = 'sess:lease'

/**
 * The store's `lease`, else one kept in the session's context by conditional commits. The latter is judged by the
 * clocks of the processes, which must agree to well within `ttlMs`, and raises the session's version.
 */
export async function leaseOf(
  store: SessionStore,
  id: string,
  request: LeaseRequest,
  options?: LoadOptions,
): Promise<Lease | null> {
  if (store.lease) return store.lease(id, request, options)
  const { ttlMs, token } = request
  for (;;) {
    const { session, context } = await store.load(id, { context: { keys: [LEASE_KEY] } }, options)
    const held = context?.[0]?.[1] as { token: string; expiresAt: number } | undefined
    const now = Date.now()
    const isHeld = held !== undefined && now < held.expiresAt
    if (token === undefined ? isHeld : !isHeld || held.token !== token) return null
    const lease = { token: token ?? newMessageId(), expiresAt: now + ttlMs }
    const change =
      ttlMs === 0 ? { unset: [LEASE_KEY] } : { set: [[LEASE_KEY, lease satisfies Json] as const] }
    try {
      await store.commit(id, change, { ...options, if: { ...options?.if, version: session.version } })
      return lease
    } catch (error) {
      if (!isSessError(error, 'CONFLICT')) throw error
    }
    // A session that others write to all the time leaves a gap at some point.
    await pause(Math.random() * 20, options?.signal)
  }
}
