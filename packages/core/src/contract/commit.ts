import type { ContextEntry, Json, JsonObject, Message, NewMessage, Overflow, Session } from './model.ts'
import type { OneOf } from './one-of.ts'

/** The parts are applied in this order, and `version` rises by one if anything changed: whatever is named, but for what is to be removed and is not there. At most 1,000 of each (`LIMIT_EXCEEDED`), but for what a prefix unsets, which the limit on context bounds. Ids of messages are judged before the cut. */
export interface Change {
  readonly cut?: Cut
  readonly amend?: readonly Amendment[]
  readonly append?: readonly NewMessage[]
  readonly unset?: readonly string[] | { readonly prefix: string }
  readonly set?: readonly ContextEntry[]
  readonly session?: SessionPatch
}
/** Takes at most 1,000 messages away (`LIMIT_EXCEEDED`), `afterSeq: 0` all of them. A tail cut (`afterSeq`, `newest`) that takes any uses up one seq. */
export type Cut = OneOf<
  | { readonly afterSeq: number }
  | { readonly beforeSeq: number }
  | { readonly newest: number }
  | { readonly oldest: number }
>
/** Replaces content, metadata or both of a message in place; an unknown id is `MESSAGE_NOT_FOUND`. */
export interface Amendment {
  readonly id: string
  readonly content?: Json
  readonly metadata?: JsonObject
  readonly digest?: string
}
/** `metadata` merges, `null` removes a key. `ttlMs` starts a new lifetime now, `null` one without end. */
export interface SessionPatch {
  readonly metadata?: { readonly [key: string]: string | null }
  readonly userId?: string | null
  readonly isActive?: boolean
  readonly maxMessages?: number | null
  readonly overflow?: Overflow
  readonly ttlMs?: number | null
  readonly sliding?: boolean
}
export interface Committed {
  /** Whether anything was changed: `false` for a repeat, and where there was nothing to change. */
  readonly changed: boolean
  /** Tells which session it was of those that had this id. */
  readonly createdAt: number
  readonly version: number
  readonly lastSeq: number
  readonly messageCount: number
  readonly updatedAt: number
  readonly expiresAt: number | null
  /** What was appended, as stored, in the order given; what was stored before where `replayed`. */
  readonly messages: readonly Message[]
  readonly amended: readonly Message[]
  /** What the cut took, oldest first; of more than 8 MiB it may be the newest alone; empty for a cut of all. */
  readonly removed: readonly Message[]
  /** How many the cut and drop-oldest took. */
  readonly removedCount: number
  /** How many of them drop-oldest took. */
  readonly droppedCount: number
  /** All appended ids were there with equal content: nothing of the change was applied. */
  readonly replayed: boolean
  /** Where the change has a session part. */
  readonly session?: Session
}
