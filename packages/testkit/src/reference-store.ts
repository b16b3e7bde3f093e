import type {
  CallOptions,
  Change,
  CommitOptions,
  Committed,
  CreateOptions,
  DeleteOptions,
  Health,
  ListQuery,
  Loaded,
  LoadOptions,
  NewSession,
  Page,
  Session,
  SessionStore,
  StoreInfo,
  Want,
} from '@sess/core'
import { SessError } from '@sess/core'
import {
  checkChange,
  checkOptions,
  checkQuery,
  checkSession,
  checkSweep,
  checkWant,
  fail,
  name,
} from './reference-input.ts'
import {
  byId,
  copy,
  newestFirst,
  readContext,
  readCursor,
  readMessages,
  writeCursor,
} from './reference-read.ts'
import { patchedFields, ReferenceData, type ReferenceEntry, ReferenceRules } from './reference-rules.ts'

/**
 * The contract in its plainest form: the oracle of the random test, and what the kit's own tests break on purpose.
 * No store for use: it copies and scans without regard to cost. Its rules are methods that a
 * subclass can break one by one.
 */
export class ReferenceStore extends ReferenceRules implements SessionStore {
  readonly info: StoreInfo = { name: 'reference', shared: true, features: [] }

  async create(given: NewSession, options: CreateOptions = {}): Promise<Session> {
    this.enter(options)
    checkOptions('create', options)
    checkSession(given, options)
    const { context, messages, ...fields } = copy(given)
    const { stamp } = options
    const { now } = this
    const there = this.data.sessions.get(given.id)
    if (there && !this.isExpired(there.session))
      fail('SESSION_EXISTS', 'a session with this id is there', { sessionId: given.id })
    if (!stamp && fields.maxMessages !== null && messages.length > fields.maxMessages)
      fail('MESSAGE_LIMIT', 'more messages than the cap', { sessionId: given.id })
    const session: Session = {
      ...fields,
      createdAt: stamp?.createdAt ?? now,
      updatedAt: stamp?.updatedAt ?? now,
      expiresAt: stamp ? stamp.expiresAt : fields.ttlMs === null ? null : now + fields.ttlMs,
      version: stamp?.version ?? 1,
      lastSeq: stamp?.lastSeq ?? messages.length,
      messageCount: messages.length,
    }
    const stored = messages.map((message, i) => this.stored(message, message.seq ?? i + 1, session.version))
    const entry = { session, messages: stored, context: new Map(context) }
    this.limits(undefined, entry, options)
    this.data.sessions.set(given.id, entry)
    return copy(session)
  }

  async load(id: string, want: Want = {}, options: LoadOptions = {}): Promise<Loaded> {
    this.enter(options)
    checkOptions('load', options)
    name('session id', id, 200)
    checkWant(want)
    const { session, messages, context } = this.admit(id, options.if)
    return copy({
      session,
      ...(want.messages && { messages: readMessages(messages, want.messages) }),
      ...(want.context && { context: readContext(context, want.context) }),
      ...(want.reserved && { reserved: readContext(context, { keys: want.reserved }) }),
    })
  }

  async commit(id: string, given: Change, options: CommitOptions = {}): Promise<Committed> {
    this.enter(options)
    checkOptions('commit', options)
    name('session id', id, 200)
    checkChange(given, options)
    const change = copy(given)
    const before = this.admit(id, options.if)
    const replayed = this.repeats(before, change.append ?? [], options.if ?? {})
    if (replayed) return copy(answer(before.session, change, { messages: replayed, replayed: true }))
    this.conditions(before, options.if ?? {})
    if (change.append?.length && !before.session.isActive && !options.stamp)
      fail('SESSION_CLOSED', 'the session is closed', { sessionId: id })
    const { after, committed } = this.apply(before, change, options)
    this.data.sessions.set(id, after)
    return copy(committed)
  }

  /** What a commit makes of a session, and what it answers. */
  protected apply(
    before: ReferenceEntry,
    change: Change,
    options: CommitOptions,
  ): { after: ReferenceEntry; committed: Committed } {
    const removed = change.cut ? this.cut(before.messages, change.cut) : []
    const cut = new Set(removed)
    const kept = before.messages.filter((message) => !cut.has(message))
    const amended = this.amend(before, kept, change, options)
    const current = kept.map((message) => amended.find(({ id }) => id === message.id) ?? message)
    const added = change.append?.length ?? 0
    const dropped = options.stamp
      ? Math.min(options.stamp.dropped ?? 0, kept.length + added)
      : added === 0
        ? 0
        : this.drop(before.session, kept.length, added)
    const cutOfAll = change.cut !== undefined && 'afterSeq' in change.cut && change.cut.afterSeq === 0
    if ((cutOfAll ? 0 : removed.length) + dropped > 1000)
      fail('LIMIT_EXCEEDED', 'one commit removes at most 1,000 messages', { sessionId: before.session.id })
    const context = this.context(before.context, change)
    const patched = patchedFields(change, before.session).length > 0 || options.stamp !== undefined
    const moved =
      removed.length + dropped + amended.length + added > 0 ||
      (change.set?.length ?? 0) > 0 ||
      context.size < before.context.size
    const lastSeq = before.session.lastSeq + added + (this.usesSeq(change, removed) ? 1 : 0)
    const session = this.next(before.session, change, options, { lastSeq, moved, patched })
    const appended = (change.append ?? []).map((message, i) =>
      this.stored(message, message.seq ?? lastSeq - added + i + 1, session.version),
    )
    const messages = [...current, ...appended].slice(dropped)
    const after = { session: { ...session, messageCount: messages.length }, messages, context }
    this.limits(before, after, options)
    if (moved || patched) this.stampIsNewer(before, lastSeq, appended, options)
    const gone = {
      removed: cutOfAll ? [] : removed,
      removedCount: removed.length + dropped,
      droppedCount: dropped,
    }
    const changed = moved || patched
    return {
      after,
      committed: answer(after.session, change, { changed, messages: appended, amended, ...gone }),
    }
  }

  async delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    this.enter(options)
    checkOptions('delete', options)
    name('session id', id, 200)
    const there = this.data.sessions.get(id)
    if (there === undefined || !this.owns(there.session, options.if)) return false
    this.conditions(there, options.if ?? {})
    return this.data.sessions.delete(id)
  }

  async list(query: ListQuery, options: CallOptions = {}): Promise<Page> {
    this.enter(options)
    checkOptions('call', options)
    checkQuery(query)
    const all = [...this.data.sessions.values()].map(({ session }) => session)
    const order = 'userId' in query ? newestFirst : byId
    let found = all.filter((session) => query.includeExpired || !this.isExpired(session)).sort(order)
    if ('userId' in query) found = found.filter(({ userId }) => userId === query.userId)
    if (query.cursor !== undefined) {
      const last = readCursor(query.cursor)
      found = found.filter((session) => order(session, last) > 0)
    }
    const rest = found.slice(query.offset ?? 0)
    const sessions = rest.slice(0, query.limit)
    const last = sessions.at(-1)
    const nextCursor = last && rest.length > query.limit ? writeCursor(last) : null
    return copy({ sessions, nextCursor })
  }

  async count(userId: string, options: CallOptions = {}): Promise<number> {
    this.enter(options)
    checkOptions('call', options)
    name('user id', userId, 255)
    const owned = [...this.data.sessions.values()].filter(({ session }) => session.userId === userId)
    return owned.filter(({ session }) => !this.isExpired(session)).length
  }

  async sweep(request: { readonly limit: number }, options: CallOptions = {}): Promise<number> {
    this.enter(options)
    checkOptions('call', options)
    checkSweep(request)
    const expired = [...this.data.sessions.values()].filter(({ session }) => this.isExpired(session))
    const swept = expired.slice(0, request.limit)
    for (const { session } of swept) this.data.sessions.delete(session.id)
    return swept.length
  }

  async health(): Promise<Health> {
    if (!this.closed) return { ok: true, latencyMs: 0 }
    return { ok: false, latencyMs: 0, error: new SessError('STORE_CLOSED', 'reference store: closed') }
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

/** A reference store on data of its own, or shared with others. */
export function openReferenceStore(data: ReferenceData = new ReferenceData()): SessionStore {
  return new ReferenceStore(data)
}

function answer(session: Session, change: Change, what: Partial<Committed>): Committed {
  const { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } = session
  const nothing = {
    ...{ changed: false, messages: [], amended: [], removed: [] },
    ...{ removedCount: 0, droppedCount: 0, replayed: false },
  }
  const counters = { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt }
  return { ...counters, ...nothing, ...what, ...(change.session && { session }) }
}
