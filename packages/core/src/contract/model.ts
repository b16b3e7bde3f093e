/** Any value that JSON text can carry. `undefined`, `Date`, `BigInt`, `NaN` and class instances are not among them. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** What happens to an append that meets the cap: refused with `MESSAGE_LIMIT`, or the oldest messages make room. */
export type Overflow = 'reject' | 'drop-oldest'

/** String pairs about a session, such as its title or channel. */
export interface Metadata {
  readonly [key: string]: string
}

/** One conversation, without its messages and context. Times are milliseconds since the epoch, by the store's clock. */
export interface Session<M = Metadata> {
  readonly id: string
  /** The owner; `null` belongs to nobody and appears in no user's list or count. */
  readonly userId: string | null
  readonly metadata: M
  readonly createdAt: number
  /** Never goes back; moved by every commit but one that only changes the lifetime. */
  readonly updatedAt: number
  /** From this moment on every call answers `SESSION_EXPIRED`; `null` never expires. */
  readonly expiresAt: number | null
  /** The lifetime last asked for, from which a sliding session renews itself; `null` never expires. */
  readonly ttlMs: number | null
  /** Whether each commit moves `expiresAt` to at least `ttlMs` from now. */
  readonly sliding: boolean
  /** 1 at creation, one more with each commit that changes something. */
  readonly version: number
  readonly messageCount: number
  /** The highest seq ever used; never goes back, not even when messages are cut. */
  readonly lastSeq: number
  /** The cap on `messageCount`; `null` has none. */
  readonly maxMessages: number | null
  readonly overflow: Overflow
  /** A closed session (`false`) refuses new messages with `SESSION_CLOSED`. */
  readonly isActive: boolean
}

/** One entry of a session's log. */
export interface Message<C = Json, D = JsonObject> {
  readonly id: string
  /** Its place: 1, 2, 3 … per session, given by the store, never reused. */
  readonly seq: number
  readonly role: string
  readonly content: C
  readonly metadata: D
  /** The caller's time or else the store's. Data only: order is by `seq`. */
  readonly createdAt: number
  /** The session's version when this message was last written. */
  readonly version: number
  /** When it was last amended, by the store's clock; absent when it never was. */
  readonly amendedAt?: number
  /** A wrapper's fingerprint of what it hid in `content`, see {@link NewMessage.digest}. */
  readonly digest?: string
}

/** A message on its way into a store. */
export interface NewMessage {
  readonly id: string
  readonly role: string
  readonly content: Json
  readonly metadata: JsonObject
  /** Milliseconds since the epoch; the store's clock when absent. */
  readonly createdAt?: number
  /** At most 44 characters. Where a stored and a repeated message both have one, it is compared instead of their content and metadata. */
  readonly digest?: string
  /** Only, and always, beside a `stamp`. */
  readonly seq?: number
  /** Only beside a `stamp`; the stamp's version when absent. */
  readonly version?: number
  /** Only beside a `stamp`. */
  readonly amendedAt?: number
}

/** A key of the context and its value. */
export type ContextEntry = readonly [key: string, value: Json]

/** A session on its way into a store. */
export interface NewSession {
  readonly id: string
  readonly userId: string | null
  readonly metadata: Metadata
  readonly ttlMs: number | null
  readonly sliding: boolean
  readonly maxMessages: number | null
  readonly overflow: Overflow
  readonly isActive: boolean
  readonly context: readonly ContextEntry[]
  readonly messages: readonly NewMessage[]
}
