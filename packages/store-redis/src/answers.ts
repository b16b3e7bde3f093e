import { type Change, type Committed, SessError, type SessErrorCode, type Session } from '@sess/core'
import { unavailable } from '@sess/core/store'
import { stored, toMessage } from './element.ts'
import { type Counters, newerSchema, toAppended, toCounters, toSession } from './record.ts'

// What the scripts answer, as the contract wants it.

interface Applied {
  readonly change: Change
  readonly counters: Counters
  readonly now: number
  readonly dropped: number
  readonly taken?: string
  readonly changed?: boolean
  readonly removed?: readonly string[]
  readonly amended?: readonly string[]
  readonly session?: Session | undefined
}

// Frozen, since answers share it.
const NONE: readonly never[] = Object.freeze([])

/** Written out, since spreads cost more than all the rest of a plain append. */
export function committedOf(applied: Applied): Committed {
  const { change, now, removed = NONE, amended = NONE, session } = applied
  const { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } = applied.counters
  const { append = NONE } = change
  const before = lastSeq - append.length
  const answer: Committed = {
    createdAt,
    version,
    lastSeq,
    messageCount,
    updatedAt,
    expiresAt,
    changed: applied.changed ?? true,
    messages: append.map((message, i) => stored(message, before + i + 1, version, now)),
    amended: amended.length > 0 ? amended.map(toMessage) : NONE,
    removed: removed.length > 0 ? removed.map(toMessage) : NONE,
    removedCount: Number(applied.taken ?? 0) + applied.dropped,
    droppedCount: applied.dropped,
    replayed: false,
  }
  return session === undefined ? answer : { ...answer, session }
}

/** What the lean script did, and whether the session's end moves with each append. */
export function appended(change: Change, packed: string, now?: string, dropped = 0) {
  const { counters, slides } = toAppended(packed)
  const when = now === undefined ? counters.updatedAt : Number(now)
  return { committed: committedOf({ change, counters, now: when, dropped }), slides }
}

export function replayedOf(id: string, change: Change, reply: readonly unknown[]): Committed {
  const [, packed, metadata, ...elements] = reply as [string, string, string[], ...string[]]
  const session = patchedOf(id, change, packed, metadata)
  return {
    ...toCounters(packed),
    changed: false,
    messages: elements.map(toMessage),
    amended: [],
    removed: [],
    removedCount: 0,
    droppedCount: 0,
    replayed: true,
    ...(session !== undefined && { session }),
  }
}

/** The session, which a commit answers where it changes that itself. */
export function patchedOf(
  id: string,
  change: Change,
  packed: string,
  metadata: readonly string[],
): Session | undefined {
  return change.session === undefined ? undefined : toSession(id, packed, metadata)
}

/** What a script on a session answers. Anything else is the answer to something else, perhaps. */
export function partsOf(operation: string, reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw unavailable(operation, 'the server answered something else', undefined, 'unknown').error
}

const REFUSALS: { readonly [word: string]: readonly [SessErrorCode, why: string] } = {
  F: ['SESSION_CLOSED', 'it is closed'],
  O: ['LIMIT_EXCEEDED', 'one commit removes at most 1000 messages: cut them in several'],
}

/** The error that a script's refusal stands for. */
export function toRefusal(operation: string, id: string, reply: readonly unknown[]): SessError {
  const [word, first, second] = reply as string[]
  const refuse = (code: SessErrorCode, why: string) =>
    new SessError(code, `${operation}: session '${id}': ${why}`, { sessionId: id })
  const known = REFUSALS[word ?? '']
  if (known !== undefined) return refuse(...known)
  switch (word) {
    case 'N':
      return new SessError('SESSION_NOT_FOUND', `${operation}: there is no session '${id}'`, {
        sessionId: id,
      })
    case 'E':
      return new SessError('SESSION_EXPIRED', `${operation}: session '${id}' has expired`, { sessionId: id })
    case 'M':
      return refuse('MESSAGE_NOT_FOUND', `there is no message '${first}'`)
    case 'L':
      return refuse('MESSAGE_LIMIT', `${first} more messages do not fit beside the ${second} that it holds`)
    case 'B':
      return refuse('LIMIT_EXCEEDED', `${first} bytes of context are more than the limit`)
    case 'D':
      return refuse('LIMIT_EXCEEDED', `${first} bytes of metadata are more than the limit`)
    case 'C':
      return conflict(operation, id, reply)
    default:
      return newerSchema(operation)
  }
}

function conflict(operation: string, id: string, reply: readonly unknown[]): SessError {
  const [, version, lastSeq, createdAt, present = [], missing = [], messages = []] = reply as [
    string,
    string,
    string,
    string,
    string[]?,
    string[]?,
    string[]?,
  ]
  const current = {
    version: Number(version),
    lastSeq: Number(lastSeq),
    createdAt: Number(createdAt),
    ...(present.length > 0 && { present }),
    ...(missing.length > 0 && { missing }),
    ...(messages.length > 0 && { messages: messages.map(toMessage) }),
  }
  const why = messages.length > 0 ? 'message ids are taken' : 'it is not as the condition wants it'
  return new SessError('CONFLICT', `${operation}: session '${id}': ${why}`, { sessionId: id, current })
}
