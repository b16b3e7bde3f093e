import type {
  CallOptions,
  Change,
  CommitOptions,
  Conditions,
  ContextEntry,
  CreateOptions,
  Cut,
  Json,
  LoadOptions,
  Message,
  NewMessage,
  Session,
} from '@sess/core'
import { bytesOf, fail } from './reference-input.ts'
import { copy, readContext } from './reference-read.ts'

/** A session with all that belongs to it. Replaced whole by each commit, never written into. */
export interface ReferenceEntry {
  readonly session: Session
  /** Oldest first. */
  readonly messages: readonly Message[]
  readonly context: ReadonlyMap<string, Json>
}

/** What reference stores keep: those opened on the same data see the same sessions. */
export class ReferenceData {
  readonly sessions = new Map<string, ReferenceEntry>()
  readonly now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }
}

/** What the reference store decides, each sentence of the contract in one method, so that a subclass can break that one. */
export class ReferenceRules {
  protected readonly data: ReferenceData
  protected closed = false
  /** The time of the call that is being answered: no call waits for anything, so there is one at a time. */
  protected now = 0

  constructor(data: ReferenceData = new ReferenceData()) {
    this.data = data
  }

  /** A closed store answers no call, an aborted call is not begun. */
  protected enter(options: CallOptions): void {
    if (this.closed) fail('STORE_CLOSED', 'the store is closed')
    options.signal?.throwIfAborted()
    this.now = this.data.now()
  }

  protected isExpired({ expiresAt }: Session): boolean {
    return expiresAt !== null && this.now >= expiresAt
  }

  protected owns({ userId }: Session, owner: LoadOptions['if']): boolean {
    return owner?.userId === undefined || owner.userId === userId
  }

  /** The session, if it is there, the caller's and not expired. */
  protected admit(id: string, owner: LoadOptions['if']): ReferenceEntry {
    const entry = this.data.sessions.get(id)
    if (entry === undefined || !this.owns(entry.session, owner))
      fail('SESSION_NOT_FOUND', 'no such session', { sessionId: id })
    if (this.isExpired(entry.session)) fail('SESSION_EXPIRED', 'the session has expired', { sessionId: id })
    return entry
  }

  /** The stored messages where all of a batch are there and equal, `undefined` where none is. */
  protected repeats(
    entry: ReferenceEntry,
    append: readonly NewMessage[],
    conditions: Conditions = {},
  ): readonly Message[] | undefined {
    const messages = append.flatMap(({ id }) => entry.messages.find((stored) => stored.id === id) ?? [])
    if (messages.length === 0) return undefined
    if (messages.length === append.length && messages.every((m, i) => this.same(m, append[i] as NewMessage)))
      return messages
    return this.conflict(entry, 'messages with these ids are there', {
      ...this.missedKeys(entry, conditions),
      messages: copy(messages),
    })
  }

  protected same(stored: Message, repeated: NewMessage): boolean {
    if (stored.role !== repeated.role) return false
    if (stored.digest !== undefined && repeated.digest !== undefined) return stored.digest === repeated.digest
    return (
      JSON.stringify([stored.content, stored.metadata]) ===
      JSON.stringify([repeated.content, repeated.metadata])
    )
  }

  protected conditions(entry: ReferenceEntry, conditions: Conditions): void {
    const { session } = entry
    const { version = session.version, lastSeq = session.lastSeq } = conditions
    const { createdAt = session.createdAt } = conditions
    const isSame =
      version === session.version && lastSeq === session.lastSeq && createdAt === session.createdAt
    const keys = this.missedKeys(entry, conditions)
    if (isSame && Object.keys(keys).length === 0) return
    this.conflict(entry, 'not as it was', keys)
  }

  /** The keys that should not be there, and those that should. */
  protected missedKeys(
    { context }: ReferenceEntry,
    conditions: Conditions,
  ): { present?: string[]; missing?: string[] } {
    const present = (conditions.absent ?? []).filter((key) => context.has(key))
    const missing = (conditions.present ?? []).filter((key) => !context.has(key))
    return { ...(present.length > 0 && { present }), ...(missing.length > 0 && { missing }) }
  }

  protected conflict(
    { session }: ReferenceEntry,
    why: string,
    more: { messages?: Message[]; present?: string[]; missing?: string[] } = {},
  ): never {
    const { id, version, lastSeq, createdAt } = session
    fail('CONFLICT', why, { sessionId: id, current: { version, lastSeq, createdAt, ...more } })
  }

  /** A copy must be ahead of what is there: `lastSeq` is what the session's would be without it. */
  protected stampIsNewer(
    entry: ReferenceEntry,
    lastSeq: number,
    appended: readonly Message[],
    { stamp }: CommitOptions,
  ): void {
    if (!stamp) return
    const { version, updatedAt } = entry.session
    if (stamp.version <= version || stamp.lastSeq < lastSeq || stamp.updatedAt < updatedAt)
      this.conflict(entry, 'the stamp is older than the session')
    if (appended.some(({ seq }) => seq <= entry.session.lastSeq))
      this.conflict(entry, 'a stamped seq is not above the last')
  }

  /** The messages that a cut takes. */
  protected cut(messages: readonly Message[], cut: Cut): readonly Message[] {
    if (cut.afterSeq !== undefined) return messages.filter(({ seq }) => seq > cut.afterSeq)
    if (cut.beforeSeq !== undefined) return messages.filter(({ seq }) => seq < cut.beforeSeq)
    return cut.newest !== undefined ? messages.slice(-cut.newest) : messages.slice(0, cut.oldest)
  }

  /** A tail cut that took something uses up one seq. */
  protected usesSeq({ cut }: Change, removed: readonly Message[]): boolean {
    return removed.length > 0 && cut !== undefined && (cut.afterSeq !== undefined || cut.newest !== undefined)
  }

  protected amend(
    { session }: ReferenceEntry,
    kept: readonly Message[],
    change: Change,
    { stamp }: CommitOptions,
  ): readonly Message[] {
    const version = stamp?.version ?? session.version + 1
    const amendedAt = stamp?.updatedAt ?? Math.max(this.now, session.updatedAt)
    return (change.amend ?? []).map((amendment) => {
      const stored = kept.find(({ id }) => id === amendment.id)
      if (!stored) return fail('MESSAGE_NOT_FOUND', 'no such message', { sessionId: session.id })
      // What a digest was of has changed, unless a new one says otherwise.
      const { digest: _, ...rest } = stored
      return { ...rest, ...amendment, version, amendedAt }
    })
  }

  /** How many of the oldest messages must make room. */
  protected drop({ maxMessages, overflow, id }: Session, count: number, added: number): number {
    if (maxMessages === null || count + added <= maxMessages) return 0
    if (overflow === 'reject' || added > maxMessages)
      fail('MESSAGE_LIMIT', 'the session is full', { sessionId: id })
    return count + added - maxMessages
  }

  protected stored({ seq: _, ...message }: NewMessage, seq: number, version: number): Message {
    return { createdAt: this.now, version, ...message, seq }
  }

  protected context(before: ReadonlyMap<string, Json>, { unset = [], set = [] }: Change): Map<string, Json> {
    const context = new Map(before)
    const keys = 'prefix' in unset ? readContext(before, { prefix: unset.prefix, limit: before.size }) : unset
    for (const key of keys) context.delete(typeof key === 'string' ? key : key[0])
    for (const [key, value] of set) context.set(key, value)
    return context
  }

  /** The session's fields after a commit. */
  protected next(
    before: Session,
    change: Change,
    { stamp }: CommitOptions,
    what: { lastSeq: number; moved: boolean; patched: boolean },
  ): Session {
    if (!what.moved && !what.patched) return before
    const { metadata = {}, ...fields } = change.session ?? {}
    const now = this.now
    const next = { ...before, ...fields, version: stamp?.version ?? before.version + 1 }
    const merged = Object.entries({ ...before.metadata, ...metadata }).filter(([, value]) => value !== null)
    const lifetimeOnly =
      !what.moved && patchedFields(change, before).every((key) => key === 'ttlMs' || key === 'sliding')
    return {
      ...next,
      metadata: Object.fromEntries(merged) as Session['metadata'],
      lastSeq: stamp?.lastSeq ?? what.lastSeq,
      updatedAt: stamp?.updatedAt ?? (lifetimeOnly ? before.updatedAt : Math.max(now, before.updatedAt)),
      expiresAt: stamp ? stamp.expiresAt : this.expiry(before.expiresAt, next, 'ttlMs' in fields),
    }
  }

  protected expiry(before: number | null, { ttlMs, sliding }: Session, anew: boolean): number | null {
    const renewed = ttlMs === null ? null : this.now + ttlMs
    if (anew) return renewed
    return sliding && before !== null && renewed !== null ? Math.max(before, renewed) : before
  }

  /** What grows must stay within its limit. */
  protected limits(
    before: ReferenceEntry | undefined,
    after: ReferenceEntry,
    { limits, stamp }: CreateOptions,
  ): void {
    if (stamp) return
    const { contextBytes = 1024 * 1024, metadataBytes = 64 * 1024 } = limits ?? {}
    const context = sizeOf(after.context)
    if (context > contextBytes && context > sizeOf(before?.context ?? []))
      fail('LIMIT_EXCEEDED', 'too much context', { sessionId: after.session.id })
    const metadata = sizeOf(Object.entries(after.session.metadata))
    if (metadata > metadataBytes && metadata > sizeOf(Object.entries(before?.session.metadata ?? {})))
      fail('LIMIT_EXCEEDED', 'too much metadata', { sessionId: after.session.id })
  }
}

function sizeOf(entries: Iterable<ContextEntry>): number {
  return [...entries].reduce((sum, [key, value]) => sum + bytesOf(key) + bytesOf(JSON.stringify(value)), 0)
}

/** The session's fields that a change sets; metadata only where it sets a key or removes one that is there. */
export function patchedFields({ session = {} }: Change, before: Session): readonly string[] {
  const { metadata = {}, ...fields } = session
  const changes = Object.keys(metadata).some((key) => metadata[key] !== null || key in before.metadata)
  return changes ? ['metadata', ...Object.keys(fields)] : Object.keys(fields)
}
