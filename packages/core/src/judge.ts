import type { Change, Committed, Cut, SessionPatch } from './commit.ts'
import { SessError } from './error.ts'
import { jsonBytes, sameJson } from './json.ts'
import { DEFAULT_LIMITS, MAX_PAGE } from './limits.ts'
import type { ContextEntry, Message, Metadata, NewMessage, NewSession, Session } from './model.ts'
import type { CommitOptions, Conditions, CreateOptions } from './session-store.ts'
import { utf8Bytes } from './text.ts'

// What a store decides once it holds a session still (by a lock, a transaction or a single thread). Pure: a store
// reads the facts, asks here, and writes what the verdict says.

/** What a store knows of a session beside its record. */
export interface SessionFacts {
  /** The stored message with this id, found by an index. */
  message(id: string): Message | undefined
  /** Which seqs a cut would take, both ends included, and how many messages lie there. */
  range(cut: Cut): { readonly from: number; readonly to: number; readonly count: number }
  /** The bytes of a stored context entry (see {@link entryBytes}), 0 where there is none. */
  entryBytes(key: string): number
  /** The stored context keys with this prefix. */
  keysUnder(prefix: string): readonly string[]
  /** The sum of `entryBytes` over all keys. */
  readonly contextBytes: number
}

/** What a commit comes to. */
export interface Verdict {
  /** Where set, the commit was applied before: nothing is to be written, and these are its messages. */
  readonly replayed?: readonly Message[]
  /** The seqs to remove, and how many messages lie there. */
  readonly cut?: { readonly from: number; readonly to: number; readonly count: number }
  /** How many of the oldest messages to drop after appending. */
  readonly dropped: number
  /** The appended messages as to be stored. */
  readonly messages: readonly Message[]
  /** The amended messages as to be stored. */
  readonly amended: readonly Message[]
  /** The context keys to remove, each of which is there. */
  readonly unset: readonly string[]
  readonly contextBytes: number
  /** The record after the commit; the same object where nothing changed. */
  readonly session: Session
}

const NONE: readonly never[] = []

/** Whether a session has expired at `now`. */
export function isExpired(session: Pick<Session, 'expiresAt'>, now: number): boolean {
  return session.expiresAt !== null && now >= session.expiresAt
}

/**
 * Lets a call through to a session that is there, owned as the call wants it and not expired.
 * @throws `SESSION_NOT_FOUND`, `SESSION_EXPIRED`
 */
export function admit(
  operation: string,
  id: string,
  session: Session | undefined,
  now: number,
  owner?: { readonly userId?: string | null },
): Session {
  // A foreign session must look absent: whether it expired is nobody else's business.
  if (session === undefined || (owner?.userId !== undefined && owner.userId !== session.userId))
    throw new SessError('SESSION_NOT_FOUND', `${operation}: there is no session '${id}'`, { sessionId: id })
  if (isExpired(session, now))
    throw new SessError('SESSION_EXPIRED', `${operation}: session '${id}' has expired`, { sessionId: id })
  return session
}

/** Judges a commit on an admitted session: repeats, conditions, closed, cap and limits, in this order. */
export function judgeCommit(
  session: Session,
  change: Change,
  options: CommitOptions | undefined,
  facts: SessionFacts,
  now: number,
): Verdict {
  const append = change.append ?? NONE
  if (append.length > 0) {
    const replayed = judgeRepeats(session, append, facts)
    if (replayed)
      return {
        replayed,
        dropped: 0,
        messages: replayed,
        amended: NONE,
        unset: NONE,
        contextBytes: facts.contextBytes,
        session,
      }
  }
  if (options?.if !== undefined) judgeConditions(session, options.if, facts)
  const stamp = options?.stamp
  if (stamp !== undefined && (stamp.version <= session.version || stamp.lastSeq < session.lastSeq))
    throw refusal(session, 'INVALID_ARGUMENT', 'the stamp is older than the session')
  if (append.length > 0 && !session.isActive)
    throw refusal(session, 'SESSION_CLOSED', 'the session is closed')

  const cut = change.cut && facts.range(change.cut)
  const cutCount = cut?.count ?? 0
  const amended = change.amend ? judgeAmendments(session, change.amend, cut, facts, now, stamp) : NONE
  const dropped = append.length > 0 ? judgeCap(session, session.messageCount - cutCount, append.length) : 0
  const cutOfAll = change.cut !== undefined && 'afterSeq' in change.cut && change.cut.afterSeq === 0
  if ((cutOfAll ? 0 : cutCount) + dropped > MAX_PAGE)
    throw refusal(
      session,
      'LIMIT_EXCEEDED',
      `one commit removes at most ${MAX_PAGE} messages: cut in several`,
    )
  const unset = change.unset === undefined ? NONE : keysToUnset(change.unset, facts)
  const contextBytes = judgeContext(session, unset, change.set ?? NONE, facts, options)

  const patch = change.session
  const moved =
    cutCount > 0 ||
    amended.length > 0 ||
    append.length > 0 ||
    unset.length > 0 ||
    (change.set?.length ?? 0) > 0
  if (!moved && (patch === undefined || Object.values(patch).every((value) => value === undefined)))
    return { dropped: 0, messages: NONE, amended: NONE, unset: NONE, contextBytes, session }

  // A tail cut uses up one seq, so that a condition on lastSeq notices the rewind.
  const base =
    session.lastSeq +
    (cutCount > 0 && change.cut !== undefined && ('afterSeq' in change.cut || 'newest' in change.cut) ? 1 : 0)
  const next = {
    ...session,
    version: stamp?.version ?? session.version + 1,
    lastSeq: stamp?.lastSeq ?? base + append.length,
    messageCount: session.messageCount - cutCount + append.length - dropped,
    updatedAt:
      stamp?.updatedAt ??
      (moved || !isLifetimeOnly(patch) ? Math.max(now, session.updatedAt) : session.updatedAt),
  }
  if (patch !== undefined) patchSession(next, session, patch, options)
  next.expiresAt = stamp !== undefined ? stamp.expiresAt : nextExpiry(session, next, patch, now)
  const messages =
    append.length === 0 ? NONE : storedMessages(append, base, next.version, now, session.lastSeq)
  return { ...(cut && { cut }), dropped, messages, amended, unset, contextBytes, session: next }
}

/** Judges a new session, and gives its record and messages as to be stored. */
export function judgeCreate(
  session: NewSession,
  options: CreateOptions | undefined,
  now: number,
): { readonly session: Session; readonly messages: readonly Message[]; readonly contextBytes: number } {
  const { messages, context, ...fields } = session
  const stamp = options?.stamp
  const record: Session = {
    ...fields,
    metadata: { ...session.metadata },
    createdAt: stamp?.createdAt ?? now,
    updatedAt: stamp?.updatedAt ?? now,
    expiresAt: stamp !== undefined ? stamp.expiresAt : session.ttlMs === null ? null : now + session.ttlMs,
    version: stamp?.version ?? 1,
    messageCount: messages.length,
    lastSeq: stamp?.lastSeq ?? messages.length,
  }
  if (session.maxMessages !== null && messages.length > session.maxMessages)
    throw refusal(
      record,
      'MESSAGE_LIMIT',
      `a batch of ${messages.length} is larger than the cap of ${session.maxMessages}`,
      'create',
    )
  judgeMetadata(record, {}, options, 'create')
  let contextBytes = 0
  for (const [key, value] of context) contextBytes += entryBytes(key, value)
  judgeContextLimit(record, contextBytes, 0, options, 'create')
  return { session: record, messages: storedMessages(messages, 0, record.version, now, 0), contextBytes }
}

/** The answer to a commit: the verdict, and the messages that the cut took (none to list for a cut of all). */
export function committed(verdict: Verdict, change: Change, removed: readonly Message[]): Committed {
  const { session, replayed } = verdict
  const answer = {
    version: session.version,
    lastSeq: session.lastSeq,
    messageCount: session.messageCount,
    updatedAt: session.updatedAt,
    expiresAt: session.expiresAt,
    messages: verdict.messages,
    amended: verdict.amended,
    removed,
    removedCount: (verdict.cut?.count ?? 0) + verdict.dropped,
    replayed: replayed !== undefined,
  }
  return change.session === undefined ? answer : { ...answer, session }
}

/** What an entry counts against the limit on the context, and a pair against that on the metadata. */
export function entryBytes(key: string, value: ContextEntry[1]): number {
  return utf8Bytes(key) + jsonBytes(value)
}

/** Whether a repeated message is the one stored: the role, and the digest where both have one, else the JSON text of content and metadata. */
export function sameMessage(stored: Message, repeated: NewMessage): boolean {
  if (stored.role !== repeated.role) return false
  if (stored.digest !== undefined && repeated.digest !== undefined) return stored.digest === repeated.digest
  return sameJson(stored.content, repeated.content) && sameJson(stored.metadata, repeated.metadata)
}

function judgeRepeats(
  session: Session,
  append: readonly NewMessage[],
  facts: SessionFacts,
): readonly Message[] | undefined {
  let stored: Message[] | undefined
  let equal = true
  for (const message of append) {
    const there = facts.message(message.id)
    if (there === undefined) continue
    stored ??= []
    stored.push(there)
    equal &&= sameMessage(there, message)
  }
  if (stored === undefined) return undefined
  if (equal && stored.length === append.length) return stored
  throw conflict(session, 'a message id is taken by other content, or only part of the batch is there', {
    messages: stored,
  })
}

function judgeConditions(session: Session, conditions: Conditions, facts: SessionFacts): void {
  if (conditions.version !== undefined && conditions.version !== session.version)
    throw conflict(session, `the version is ${session.version}, not ${conditions.version}`)
  if (conditions.lastSeq !== undefined && conditions.lastSeq !== session.lastSeq)
    throw conflict(session, `the last seq is ${session.lastSeq}, not ${conditions.lastSeq}`)
  const present = conditions.absent?.filter((key) => facts.entryBytes(key) > 0) ?? NONE
  if (present.length > 0) throw conflict(session, 'a context key that must be absent is there', { present })
}

function judgeAmendments(
  session: Session,
  amend: NonNullable<Change['amend']>,
  cut: Verdict['cut'],
  facts: SessionFacts,
  now: number,
  stamp: CommitOptions['stamp'],
): readonly Message[] {
  return amend.map((amendment) => {
    const stored = facts.message(amendment.id)
    if (stored === undefined || (cut !== undefined && stored.seq >= cut.from && stored.seq <= cut.to))
      throw refusal(session, 'MESSAGE_NOT_FOUND', `there is no message '${amendment.id}'`)
    const { digest: _, ...rest } = stored
    return {
      ...rest,
      ...(amendment.content !== undefined && { content: amendment.content }),
      ...(amendment.metadata !== undefined && { metadata: amendment.metadata }),
      ...(amendment.digest !== undefined && { digest: amendment.digest }),
      version: stamp?.version ?? session.version + 1,
      amendedAt: stamp?.updatedAt ?? Math.max(now, session.updatedAt),
    }
  })
}

/** How many of the oldest must go to make room. */
function judgeCap(session: Session, count: number, added: number): number {
  const cap = session.maxMessages
  if (cap === null || count + added <= cap) return 0
  if (added > cap)
    throw refusal(session, 'MESSAGE_LIMIT', `a batch of ${added} is larger than the cap of ${cap}`)
  if (session.overflow === 'reject')
    throw refusal(session, 'MESSAGE_LIMIT', `the session holds ${count} of at most ${cap} messages`)
  return count + added - cap
}

function keysToUnset(unset: NonNullable<Change['unset']>, facts: SessionFacts): readonly string[] {
  if ('prefix' in unset) return facts.keysUnder(unset.prefix)
  return [...new Set(unset)].filter((key) => facts.entryBytes(key) > 0)
}

function judgeContext(
  session: Session,
  unset: readonly string[],
  set: readonly ContextEntry[],
  facts: SessionFacts,
  options: CommitOptions | undefined,
): number {
  let bytes = facts.contextBytes
  for (const key of unset) bytes -= facts.entryBytes(key)
  const gone = set.length > 0 && unset.length > 0 ? new Set(unset) : undefined
  for (const [key, value] of set)
    bytes += entryBytes(key, value) - (gone?.has(key) ? 0 : facts.entryBytes(key))
  judgeContextLimit(session, bytes, facts.contextBytes, options, 'commit')
  return bytes
}

function judgeContextLimit(
  session: Session,
  bytes: number,
  before: number,
  options: CreateOptions | undefined,
  operation: string,
): void {
  const limit = options?.limits?.contextBytes ?? DEFAULT_LIMITS.contextBytes
  // What shrinks is let through, else a lowered limit could never be met again.
  if (bytes > limit && bytes > before)
    throw refusal(
      session,
      'LIMIT_EXCEEDED',
      `the context would be ${bytes} bytes, at most ${limit} are allowed`,
      operation,
    )
}

function judgeMetadata(
  session: Session,
  before: Metadata,
  options: CreateOptions | undefined,
  operation: string,
): void {
  const limit = options?.limits?.metadataBytes ?? DEFAULT_LIMITS.metadataBytes
  const bytes = metadataBytes(session.metadata)
  if (bytes > limit && bytes > metadataBytes(before))
    throw refusal(
      session,
      'LIMIT_EXCEEDED',
      `the metadata would be ${bytes} bytes, at most ${limit} are allowed`,
      operation,
    )
}

function metadataBytes(metadata: Metadata): number {
  let bytes = 0
  for (const key of Object.keys(metadata)) bytes += entryBytes(key, metadata[key] as string)
  return bytes
}

type Draft = { -readonly [K in keyof Session]: Session[K] }

function patchSession(
  next: Draft,
  before: Session,
  patch: SessionPatch,
  options: CommitOptions | undefined,
): void {
  const { metadata, ...fields } = patch
  for (const [key, value] of Object.entries(fields))
    if (value !== undefined) Object.assign(next, { [key]: value })
  if (metadata === undefined) return
  const merged = new Map(Object.entries(before.metadata))
  for (const [key, value] of Object.entries(metadata))
    value === null ? merged.delete(key) : merged.set(key, value)
  next.metadata = Object.fromEntries(merged)
  judgeMetadata(next, before.metadata, options, 'commit')
}

function isLifetimeOnly(patch: SessionPatch | undefined): boolean {
  return Object.entries(patch ?? {}).every(
    ([key, value]) => value === undefined || key === 'ttlMs' || key === 'sliding',
  )
}

function nextExpiry(
  before: Session,
  next: Session,
  patch: SessionPatch | undefined,
  now: number,
): number | null {
  if (next.ttlMs === null) return null
  if (patch?.ttlMs !== undefined) return now + next.ttlMs
  return next.sliding && before.expiresAt !== null
    ? Math.max(before.expiresAt, now + next.ttlMs)
    : before.expiresAt
}

function storedMessages(
  append: readonly NewMessage[],
  base: number,
  version: number,
  now: number,
  lastSeq: number,
): readonly Message[] {
  return append.map((message, i) => {
    const seq = message.seq ?? base + i + 1
    if (seq <= lastSeq)
      throw new SessError('INVALID_ARGUMENT', 'commit: a stamped seq is not above the last one')
    const stored: { -readonly [K in keyof Message]: Message[K] } = {
      id: message.id,
      seq,
      role: message.role,
      content: message.content,
      metadata: message.metadata,
      createdAt: message.createdAt ?? now,
      version: message.version ?? version,
    }
    if (message.amendedAt !== undefined) stored.amendedAt = message.amendedAt
    if (message.digest !== undefined) stored.digest = message.digest
    return stored
  })
}

function conflict(
  session: Session,
  why: string,
  more: { messages?: readonly Message[]; present?: readonly string[] } = {},
): SessError {
  return new SessError('CONFLICT', `commit: session '${session.id}': ${why}`, {
    sessionId: session.id,
    current: { version: session.version, lastSeq: session.lastSeq, ...more },
  })
}

function refusal(session: Session, code: SessError['code'], why: string, operation = 'commit'): SessError {
  return new SessError(code, `${operation}: session '${session.id}': ${why}`, { sessionId: session.id })
}
