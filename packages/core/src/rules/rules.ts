import type { Amendment, Change, Cut } from '../contract/commit.ts'
import { type ConflictState, SessError, type SessErrorCode } from '../contract/error.ts'
import type { ContextEntry, Message, Metadata, NewMessage, Session } from '../contract/model.ts'
import type { Conditions, CreateOptions, DeleteOptions } from '../contract/session-store.ts'
import { jsonBytes, sameJson } from '../values/json.ts'
import { utf8Bytes } from '../values/text.ts'
import { DEFAULT_LIMITS } from './limits.ts'

// The rules by which a call is let through or refused, one function each.

/** What a store knows of a session beside its record. */
export interface SessionFacts {
  /** The stored message with this id, found by an index. */
  message(id: string): Message | undefined
  /** Which seqs a cut would take, both ends included, and how many messages lie there. */
  range(cut: Cut): CutRange
  /** The {@link entryBytes} of a stored context entry, 0 where there is none. */
  entryBytes(key: string): number
  /** The stored context keys with this prefix; reserved ones only where the prefix is reserved itself. */
  keysUnder(prefix: string): readonly string[]
  /** The sum of `entryBytes` over all keys. */
  readonly contextBytes: number
}

export interface CutRange {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Whether a session has expired at `now`. */
export function isExpired(session: Pick<Session, 'expiresAt'>, now: number): boolean {
  return session.expiresAt !== null && now >= session.expiresAt
}

/**
 * Lets a call through to what was found, if it holds a session that is owned as the call wants it and not expired.
 * @throws `SESSION_NOT_FOUND`, `SESSION_EXPIRED`
 */
export function admit<T extends { readonly session: Session }>(
  operation: string,
  id: string,
  found: T | undefined,
  now: number,
  owner?: { readonly userId?: string | null },
): T {
  // A foreign session must look absent: whether it expired is nobody else's business.
  if (found === undefined || !owns(found.session, owner))
    throw new SessError('SESSION_NOT_FOUND', `${operation}: there is no session '${id}'`, { sessionId: id })
  if (isExpired(found.session, now))
    throw new SessError('SESSION_EXPIRED', `${operation}: session '${id}' has expired`, { sessionId: id })
  return found
}

/** Lets a creation through where nothing was found but what has expired. @throws `SESSION_EXISTS` */
export function admitNew(id: string, found: { readonly session: Session } | undefined, now: number): void {
  if (found === undefined || isExpired(found.session, now)) return
  throw new SessError('SESSION_EXISTS', `create: there is a session '${id}' already`, { sessionId: id })
}

/** Whether a repeated message is the one stored: the role, and the digest where both have one, else the JSON text of content and metadata. */
export function sameMessage(stored: Message, repeated: NewMessage): boolean {
  if (stored.role !== repeated.role) return false
  if (stored.digest !== undefined && repeated.digest !== undefined) return stored.digest === repeated.digest
  return sameJson(stored.content, repeated.content) && sameJson(stored.metadata, repeated.metadata)
}

/** The stored messages where all of a batch are there and equal. @throws `CONFLICT` where only some are */
export function judgeRepeats(
  session: Session,
  append: readonly NewMessage[],
  conditions: Conditions | undefined,
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
  const why = 'a message id is taken by other content, or only part of the batch is there'
  throw conflict(session, why, { ...missedKeys(conditions ?? {}, facts), messages: stored })
}

/** @throws `CONFLICT` where any does not hold, with the keys that should not be there, or should, in any case */
export function judgeConditions(
  session: Session,
  conditions: Conditions,
  facts: Pick<SessionFacts, 'entryBytes'>,
  operation = 'commit',
): void {
  const missed = (['version', 'lastSeq', 'createdAt'] as const).find(
    (field) => conditions[field] !== undefined && conditions[field] !== session[field],
  )
  const keys = missedKeys(conditions, facts)
  if (missed === undefined && keys === undefined) return
  const why =
    missed === undefined
      ? 'a context key is there that must be absent, or is not that must be present'
      : `its ${missed} is ${session[missed]}, not ${conditions[missed]}`
  throw conflict(session, why, keys, operation)
}

function missedKeys(
  { absent = [], present = [] }: Conditions,
  facts: Pick<SessionFacts, 'entryBytes'>,
): Pick<ConflictState, 'present' | 'missing'> | undefined {
  const there = absent.filter((key) => facts.entryBytes(key) > 0)
  const missing = present.filter((key) => facts.entryBytes(key) === 0)
  if (there.length + missing.length === 0) return undefined
  return { ...(there.length > 0 && { present: there }), ...(missing.length > 0 && { missing }) }
}

/** Whether a delete may go on: `false` where there is nothing, or another owner's. @throws `CONFLICT` */
export function admitDelete(
  found: { readonly session: Session } | undefined,
  conditions: DeleteOptions['if'],
): boolean {
  if (found === undefined || !owns(found.session, conditions)) return false
  if (conditions !== undefined) judgeConditions(found.session, conditions, NO_CONTEXT, 'delete')
  return true
}

const NO_CONTEXT = { entryBytes: () => 0 }

function owns({ userId }: Session, owner: { readonly userId?: string | null } | undefined): boolean {
  return owner?.userId === undefined || owner.userId === userId
}

/** The amended messages, with the version and time of this commit still to come. */
export function judgeAmendments(
  session: Session,
  amend: readonly Amendment[],
  cut: CutRange | undefined,
  facts: SessionFacts,
): readonly Message[] {
  return amend.map(({ id, ...parts }) => {
    const stored = facts.message(id)
    if (stored === undefined || (cut !== undefined && stored.seq >= cut.from && stored.seq <= cut.to))
      throw refusal('commit', session, 'MESSAGE_NOT_FOUND', `there is no message '${id}'`)
    // The old digest stands for the old content.
    const { digest: _, ...rest } = stored
    return { ...rest, ...parts }
  })
}

/** How many of the oldest messages must go to make room. @throws `MESSAGE_LIMIT` */
export function judgeCap(operation: string, session: Session, count: number, added: number): number {
  const cap = session.maxMessages
  if (cap === null || count + added <= cap) return 0
  if (added > cap)
    throw refusal(operation, session, 'MESSAGE_LIMIT', `a batch of ${added} is larger than the cap of ${cap}`)
  if (session.overflow === 'reject')
    throw refusal(operation, session, 'MESSAGE_LIMIT', `it holds ${count} of at most ${cap} messages`)
  return count + added - cap
}

/** What an entry counts against the limit on the context, and a pair against that on the metadata. */
export function entryBytes(key: string, value: ContextEntry[1]): number {
  return utf8Bytes(key) + jsonBytes(value)
}

/** The bytes of the context after removing and setting keys. @throws `LIMIT_EXCEEDED` */
export function judgeContext(
  operation: string,
  session: Session,
  unset: readonly string[],
  set: readonly ContextEntry[],
  facts: Pick<SessionFacts, 'entryBytes' | 'contextBytes'>,
  options: CreateOptions | undefined,
): number {
  let bytes = facts.contextBytes
  for (const key of unset) bytes -= facts.entryBytes(key)
  const gone = set.length > 0 && unset.length > 0 ? new Set(unset) : undefined
  for (const [key, value] of set)
    bytes += entryBytes(key, value) - (gone?.has(key) ? 0 : facts.entryBytes(key))
  const limit = options?.limits?.contextBytes ?? DEFAULT_LIMITS.contextBytes
  if (options?.stamp === undefined)
    judgeGrowth(operation, session, 'context', bytes, facts.contextBytes, limit)
  return bytes
}

/** Holds a session's metadata against its limit. @throws `LIMIT_EXCEEDED` */
export function judgeMetadata(
  operation: string,
  session: Session,
  before: Metadata,
  options: CreateOptions | undefined,
): void {
  if (options?.stamp !== undefined) return
  const limit = options?.limits?.metadataBytes ?? DEFAULT_LIMITS.metadataBytes
  judgeGrowth(operation, session, 'metadata', metadataBytes(session.metadata), metadataBytes(before), limit)
}

function metadataBytes(metadata: Metadata): number {
  return Object.entries(metadata).reduce((sum, [key, value]) => sum + entryBytes(key, value), 0)
}

function judgeGrowth(
  operation: string,
  session: Session,
  what: string,
  bytes: number,
  before: number,
  limit: number,
): void {
  // What shrinks is let through, else a lowered limit could never be met again.
  if (bytes > limit && bytes > before)
    throw refusal(operation, session, 'LIMIT_EXCEEDED', `${bytes} bytes of ${what}, at most ${limit} allowed`)
}

export function refusal(operation: string, session: Session, code: SessErrorCode, why: string): SessError {
  return new SessError(code, `${operation}: session '${session.id}': ${why}`, { sessionId: session.id })
}

export function conflict(
  session: Session,
  why: string,
  more?: Pick<ConflictState, 'messages' | 'present' | 'missing'>,
  operation = 'commit',
): SessError {
  const { version, lastSeq, createdAt } = session
  const current = { version, lastSeq, createdAt, ...more }
  return new SessError('CONFLICT', `${operation}: session '${session.id}': ${why}`, {
    sessionId: session.id,
    current,
  })
}

/** Whether a change takes all messages away, for which neither the limit of a cut nor its list of messages holds. */
export function isCutOfAll({ cut }: Change): boolean {
  return cut !== undefined && 'afterSeq' in cut && cut.afterSeq === 0
}
