import type { Change, Committed, SessionPatch } from '../contract/commit.ts'
import type { Message, NewMessage, NewSession, Session } from '../contract/model.ts'
import type { CommitOptions, CreateOptions, Stamp } from '../contract/session-store.ts'
import { MAX_PAGE } from './limits.ts'
import {
  type CutRange,
  conflict,
  isCutOfAll,
  judgeAmendments,
  judgeCap,
  judgeConditions,
  judgeContext,
  judgeMetadata,
  judgeRepeats,
  refusal,
  type SessionFacts,
} from './rules.ts'

// What a store decides once it holds a session still (by a lock, a transaction or a single thread). Pure: a store
// reads the facts, asks here, and writes what the verdict says.

/** What a commit comes to. Its messages are new objects, the store's to keep; what they hold is the caller's. */
export interface Verdict {
  /** The commit was applied before: nothing is to be written. */
  readonly replayed: boolean
  /** The seqs to remove, and how many messages lie there. */
  readonly cut: CutRange | undefined
  /** How many of the oldest messages to drop after appending. */
  readonly dropped: number
  /** The appended messages as to be stored; the stored ones where `replayed`. */
  readonly messages: readonly Message[]
  /** The amended messages as to be stored. */
  readonly amended: readonly Message[]
  /** The context keys to remove, each of which is there. */
  readonly unset: readonly string[]
  readonly contextBytes: number
  /** The record after the commit; the same object where nothing changed. */
  readonly session: Session
}

// Frozen, since answers share it.
const NONE: readonly never[] = Object.freeze([])

/** Judges a commit on an admitted session: repeats, conditions, closed, cap and limits, in this order. */
export function judgeCommit(
  session: Session,
  change: Change,
  options: CommitOptions | undefined,
  facts: SessionFacts,
  now: number,
): Verdict {
  const { append = NONE, set = NONE, session: patch } = change
  // What a stamp comes with was judged elsewhere.
  const isCopy = options?.stamp !== undefined
  const repeated = append.length > 0 ? judgeRepeats(session, append, options?.if, facts) : undefined
  if (repeated !== undefined) return unchanged(session, facts, repeated)
  if (options?.if !== undefined) judgeConditions(session, options.if, facts)
  if (append.length > 0 && !session.isActive && !isCopy)
    throw refusal('commit', session, 'SESSION_CLOSED', 'it is closed')

  const cut = change.cut && facts.range(change.cut)
  const taken = cut?.count ?? 0
  const amended = change.amend ? judgeAmendments(session, change.amend, cut, facts) : NONE
  const kept = session.messageCount - taken
  const dropped = dropsOf(session, kept, append.length, options?.stamp)
  if ((isCutOfAll(change) ? 0 : taken) + dropped > MAX_PAGE)
    throw refusal(
      'commit',
      session,
      'LIMIT_EXCEEDED',
      `one commit removes at most ${MAX_PAGE} messages: cut them in several`,
    )
  const unset = change.unset === undefined ? NONE : keysToUnset(change.unset, facts)
  const contextBytes = judgeContext('commit', session, unset, set, facts, options)

  const moved = taken + dropped + amended.length + append.length + unset.length + set.length > 0
  const fields = patch === undefined ? NONE : fieldsOf(patch, session)
  if (!moved && fields.length === 0 && !isCopy) return unchanged(session, facts)
  // A tail cut uses up one seq, so that a condition on lastSeq notices the rewind.
  const base = session.lastSeq + (taken > 0 && isTailCut(change) ? 1 : 0)
  const counts = { messageCount: kept + append.length - dropped, lastSeq: base + append.length }
  const touched = moved || fields.some((field) => field !== 'ttlMs' && field !== 'sliding')
  const next = nextRecord(session, counts, touched ? Math.max(now, session.updatedAt) : session.updatedAt)
  if (patch !== undefined) applyPatch(next, patch, options)
  next.expiresAt = expiryAfter(session, next, patch, now)
  if (options?.stamp !== undefined) applyStamp(next, session, options.stamp)
  return {
    replayed: false,
    cut,
    dropped,
    messages: append.length > 0 ? storedMessages(append, base, next, session, now) : NONE,
    amended: amended.map((message) => ({ ...message, version: next.version, amendedAt: next.updatedAt })),
    unset,
    contextBytes,
    session: next,
  }
}

/** Judges a new session, and gives its record and messages as to be stored. */
export function judgeCreate(
  input: NewSession,
  options: CreateOptions | undefined,
  now: number,
): { readonly session: Session; readonly messages: readonly Message[]; readonly contextBytes: number } {
  const { messages } = input
  const stamp = options?.stamp
  const session: Draft<Session> = {
    id: input.id,
    userId: input.userId,
    metadata: { ...input.metadata },
    createdAt: stamp?.createdAt ?? now,
    updatedAt: now,
    expiresAt: input.ttlMs === null ? null : now + input.ttlMs,
    ttlMs: input.ttlMs,
    sliding: input.sliding,
    version: 1,
    messageCount: messages.length,
    lastSeq: messages.length,
    maxMessages: input.maxMessages,
    overflow: input.overflow,
    isActive: input.isActive,
  }
  if (stamp !== undefined) applyStamp(session, undefined, stamp)
  else judgeCap('create', session, 0, messages.length)
  judgeMetadata('create', session, {}, options)
  const nothing = { entryBytes: () => 0, contextBytes: 0 }
  const contextBytes = judgeContext('create', session, NONE, input.context, nothing, options)
  return { session, messages: storedMessages(messages, 0, session, undefined, now), contextBytes }
}

/** The answer to a commit on a record `before`: the verdict, and the messages that the cut took (none to list for a cut of all). */
export function committed(
  { session, cut, dropped, messages, amended, replayed }: Verdict,
  before: Session,
  change: Change,
  removed: readonly Message[],
): Committed {
  const answer: Committed = {
    changed: session !== before,
    createdAt: session.createdAt,
    version: session.version,
    lastSeq: session.lastSeq,
    messageCount: session.messageCount,
    updatedAt: session.updatedAt,
    expiresAt: session.expiresAt,
    messages,
    amended,
    removed,
    removedCount: (cut?.count ?? 0) + dropped,
    droppedCount: dropped,
    replayed,
  }
  return change.session === undefined ? answer : { ...answer, session }
}

/** Written out, since a spread costs as much as all the rest of a plain append. */
function nextRecord(
  session: Session,
  { messageCount, lastSeq }: Pick<Session, 'messageCount' | 'lastSeq'>,
  updatedAt: number,
): Draft<Session> {
  return {
    id: session.id,
    userId: session.userId,
    metadata: session.metadata,
    createdAt: session.createdAt,
    updatedAt,
    expiresAt: session.expiresAt,
    ttlMs: session.ttlMs,
    sliding: session.sliding,
    version: session.version + 1,
    messageCount,
    lastSeq,
    maxMessages: session.maxMessages,
    overflow: session.overflow,
    isActive: session.isActive,
  }
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }

function unchanged(session: Session, facts: SessionFacts, repeated?: readonly Message[]): Verdict {
  return {
    replayed: repeated !== undefined,
    cut: undefined,
    dropped: 0,
    messages: repeated ?? NONE,
    amended: NONE,
    unset: NONE,
    contextBytes: facts.contextBytes,
    session,
  }
}

/** How many of the oldest go after the append: to keep the cap, or as the stamp says. */
function dropsOf(session: Session, kept: number, added: number, stamp: Stamp | undefined): number {
  if (stamp !== undefined) return Math.min(stamp.dropped ?? 0, kept + added)
  return added > 0 ? judgeCap('commit', session, kept, added) : 0
}

function keysToUnset(unset: NonNullable<Change['unset']>, facts: SessionFacts): readonly string[] {
  if ('prefix' in unset) return facts.keysUnder(unset.prefix)
  return [...new Set(unset)].filter((key) => facts.entryBytes(key) > 0)
}

function isTailCut({ cut }: Change): boolean {
  return cut !== undefined && ('afterSeq' in cut || 'newest' in cut)
}

/** The fields that a patch sets; metadata only where it sets a key or removes one that is there. */
function fieldsOf({ metadata = {}, ...fields }: SessionPatch, before: Session): readonly string[] {
  const set = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [field]))
  const changes = Object.entries(metadata).some(
    ([key, value]) => value !== null || Object.hasOwn(before.metadata, key),
  )
  return changes ? ['metadata', ...set] : set
}

function applyPatch(next: Draft<Session>, patch: SessionPatch, options: CommitOptions | undefined): void {
  const { metadata, ...fields } = patch
  for (const [field, value] of Object.entries(fields))
    if (value !== undefined) Object.assign(next, { [field]: value })
  if (metadata === undefined) return
  const before = next.metadata
  const merged = new Map(Object.entries(before))
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null) merged.delete(key)
    else merged.set(key, value)
  }
  next.metadata = Object.fromEntries(merged)
  judgeMetadata('commit', next, before, options)
}

function expiryAfter(
  before: Session,
  next: Session,
  patch: SessionPatch | undefined,
  now: number,
): number | null {
  const renewed = next.ttlMs === null ? null : now + next.ttlMs
  if (patch?.ttlMs !== undefined) return renewed
  const slides = next.sliding && renewed !== null && before.expiresAt !== null
  return slides ? Math.max(before.expiresAt, renewed) : before.expiresAt
}

function applyStamp(next: Draft<Session>, before: Session | undefined, stamp: Stamp): void {
  const isOlder =
    before !== undefined &&
    (stamp.version <= before.version || stamp.lastSeq < next.lastSeq || stamp.updatedAt < before.updatedAt)
  if (isOlder) throw conflict(before, 'the stamp is older than the session')
  next.version = stamp.version
  next.lastSeq = stamp.lastSeq
  next.updatedAt = stamp.updatedAt
  next.expiresAt = stamp.expiresAt
}

function storedMessages(
  append: readonly NewMessage[],
  base: number,
  session: Session,
  before: Session | undefined,
  now: number,
): readonly Message[] {
  const lastSeq = before?.lastSeq ?? 0
  return append.map((message, i) => {
    const seq = message.seq ?? base + i + 1
    if (seq <= lastSeq) throw conflict(before ?? session, 'a stamped seq is not above the last one')
    const stored: Draft<Message> = {
      id: message.id,
      seq,
      role: message.role,
      content: message.content,
      metadata: message.metadata,
      createdAt: message.createdAt ?? now,
      version: message.version ?? session.version,
    }
    if (message.amendedAt !== undefined) stored.amendedAt = message.amendedAt
    if (message.digest !== undefined) stored.digest = message.digest
    return stored
  })
}
