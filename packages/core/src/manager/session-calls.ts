import type { Committed, Cut } from '../contract/commit.ts'
import { isGone } from '../contract/error.ts'
import type { ContextPage, MessageWindow, Want } from '../contract/load.ts'
import type { ContextEntry, Json, Message, Session } from '../contract/model.ts'
import type { OneOf } from '../contract/one-of.ts'
import { leaseOf, watchOf } from '../contract/optional.ts'
import type {
  CallOptions,
  Conditions,
  Lease,
  LoadOptions,
  Pulse,
  SessionStore,
} from '../contract/session-store.ts'
import { DEFAULT_LIMITS, type InputLimits, RESERVED_PREFIX } from '../rules/limits.ts'
import { type Duration, parseDuration } from '../values/duration.ts'
import { setOwn } from '../values/json.ts'
import {
  type AmendmentInput,
  type ChangeInput,
  checkKey,
  checkPrefix,
  checkShape,
  type MessageInput,
  type SessionUpdate,
  toChange,
  withSchemas,
} from './input.ts'
import type {
  ContentOut,
  ContextIn,
  ContextKey,
  ContextOut,
  MessageMetadataOut,
  MetadataOut,
  Parts,
  Schemas,
} from './schema.ts'

export type SessionOf<P extends Parts> = Session<MetadataOut<P>>
export type MessageOf<P extends Parts> = Message<ContentOut<P>, MessageMetadataOut<P>>

/** Which messages: a store's window, whose limit may be left out (100). */
export type MessageQuery = OneOf<
  | { readonly last: number }
  | { readonly afterSeq: number; readonly limit?: number }
  | { readonly beforeSeq: number; readonly limit?: number }
  | { readonly offset: number; readonly limit?: number }
  | { readonly limit: number }
  | { readonly ids: readonly string[] }
>

/** What `getSession` reads beside the session's fields. */
export interface SessionWant<P extends Parts = Parts> {
  readonly context?: true | { readonly keys: readonly ContextKey<P>[] }
  /** `true`: the newest 100. */
  readonly messages?: true | MessageQuery
}
/** Keys that have no type of their own may be read like those of any object. */
type ContextObject<P extends Parts> = string extends ContextKey<P> ? ContextOut<P> : Partial<ContextOut<P>>

/** A session with what was wanted beside its fields. */
export type SessionWith<P extends Parts, W> = SessionOf<P> &
  (W extends { readonly context: object | true } ? { readonly context: ContextObject<P> } : unknown) &
  (W extends { readonly messages: object | true } ? { readonly messages: readonly MessageOf<P>[] } : unknown)

export type CommitResult<P extends Parts = Parts> = Omit<
  Committed,
  'messages' | 'amended' | 'removed' | 'session'
> & {
  readonly messages: readonly MessageOf<P>[]
  readonly amended: readonly MessageOf<P>[]
  readonly removed: readonly MessageOf<P>[]
  readonly session?: SessionOf<P>
}

/** A page of the context; `nextKey` is the `after` of the next page, and `null` when this one is empty, which is the end. */
export interface ContextList<P extends Parts = Parts> {
  readonly entries: readonly (readonly [key: ContextKey<P>, value: ContextOut<P>[ContextKey<P>]])[]
  readonly nextKey: string | null
}

/** A lease that this process holds. */
export interface SessionLease extends Lease {
  /** The same lease with a later end, or `null` when it was lost. */
  extend(ttl: Duration, options?: CallOptions): Promise<SessionLease | null>
  /** Gives it back; `false` when it was lost before. */
  release(options?: CallOptions): Promise<boolean>
}

/** What the calls of a manager share. */
export interface Wiring {
  readonly store: SessionStore
  readonly schemas: Schemas | undefined
  readonly limits: InputLimits
}

/** The calls on one session. With an owner, another's session is `SESSION_NOT_FOUND` to each of them. */
export class SessionCalls<P extends Parts> {
  readonly #store: SessionStore
  readonly #schemas: Schemas | undefined
  readonly #limits: InputLimits
  readonly #owner: string | null | undefined

  /** @internal */
  constructor(wiring: Wiring, owner?: string | null) {
    this.#store = wiring.store
    this.#schemas = wiring.schemas
    this.#limits = wiring.limits
    this.#owner = owner
  }

  /**
   * A whole turn in one atomic write; every other writer here is a short form of it.
   * @throws `CONFLICT` with the current values where a condition in `if` does not hold, and nothing is changed
   */
  async commit(
    id: string,
    change: ChangeInput<P>,
    options?: CallOptions & { readonly if?: Omit<Conditions, 'userId'> },
  ): Promise<CommitResult<P>> {
    for (const key of [...(options?.if?.absent ?? []), ...(options?.if?.present ?? [])])
      checkKey('commit', key)
    return (await this.#commit('commit', id, change, options?.if, options)) as unknown as CommitResult<P>
  }

  /** Appends a message. With an id of the caller's it can be repeated: the stored message comes back. */
  async addMessage(
    id: string,
    message: MessageInput<P>,
    options?: CallOptions & { readonly ifLastSeq?: number },
  ): Promise<MessageOf<P>> {
    const { messages } = await this.#commit(
      'addMessage',
      id,
      { append: [message] },
      lastSeqIs(options),
      options,
    )
    return messages[0] as MessageOf<P>
  }

  /** Appends messages next to each other, all or none. */
  async addMessages(
    id: string,
    messages: readonly MessageInput<P>[],
    options?: CallOptions & { readonly ifLastSeq?: number },
  ): Promise<readonly MessageOf<P>[]> {
    const committed = await this.#commit('addMessages', id, { append: messages }, lastSeqIs(options), options)
    return committed.messages as readonly MessageOf<P>[]
  }

  /** Rewrites a message in place, with the same id and seq: a draft finished, a redaction. */
  async amendMessage(
    id: string,
    messageId: string,
    amendment: AmendmentInput<P>,
    options?: CallOptions & { readonly ifVersion?: number },
  ): Promise<MessageOf<P>> {
    const committed = await this.#commit(
      'amendMessage',
      id,
      { amend: [{ ...amendment, id: messageId }] },
      versionIs(options),
      options,
    )
    return committed.amended[0] as MessageOf<P>
  }

  /** Removes messages and answers them, oldest first; for a cut of all (`afterSeq: 0`) none are listed. */
  async cutMessages(
    id: string,
    cut: Cut,
    options?: CallOptions & { readonly ifLastSeq?: number },
  ): Promise<readonly MessageOf<P>[]> {
    const { removed } = await this.#commit('cutMessages', id, { cut }, lastSeqIs(options), options)
    return removed as readonly MessageOf<P>[]
  }

  /** Removes the newest messages and answers them, oldest first. */
  async popMessages(
    id: string,
    count = 1,
    options?: CallOptions & { readonly ifLastSeq?: number },
  ): Promise<readonly MessageOf<P>[]> {
    const { removed } = await this.#commit(
      'popMessages',
      id,
      { cut: { newest: count } },
      lastSeqIs(options),
      options,
    )
    return removed as readonly MessageOf<P>[]
  }

  /** Messages, oldest first. Default: the newest 100. */
  async getMessages(
    id: string,
    query?: MessageQuery,
    options?: CallOptions,
  ): Promise<readonly MessageOf<P>[]> {
    const { messages } = await this.#load(id, { messages: toWindow(query) }, options)
    return messages as readonly MessageOf<P>[]
  }

  /** All messages after a seq, oldest first, a page at a time. */
  async *iterateMessages(
    id: string,
    options?: CallOptions & { readonly afterSeq?: number; readonly pageSize?: number },
  ): AsyncGenerator<MessageOf<P>, void> {
    let afterSeq = options?.afterSeq ?? 0
    for (;;) {
      const page = await this.#load(id, { messages: { afterSeq, limit: options?.pageSize ?? 100 } }, options)
      const messages = page.messages as readonly MessageOf<P>[]
      yield* messages
      const last = messages.at(-1)
      if (last === undefined || last.seq === page.session.lastSeq) return
      afterSeq = last.seq
    }
  }

  /** A session, with messages and context beside its fields where wanted, as one consistent snapshot in one round trip. */
  async getSession<const W extends SessionWant<P> = Record<never, never>>(
    id: string,
    want?: W,
    options?: CallOptions,
  ): Promise<SessionWith<P, W>> {
    const loaded = await this.#load(id, want && toWant(want), options)
    return {
      ...loaded.session,
      ...(loaded.messages && { messages: loaded.messages }),
      ...(loaded.context && { context: toObject(loaded.context) }),
    } as unknown as SessionWith<P, W>
  }

  /** Whether there is a session that has not expired. */
  async sessionExists(id: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.#load(id, undefined, options)
      return true
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
  }

  /** Changes a session's own fields. */
  async updateSession(
    id: string,
    update: SessionUpdate<P>,
    options?: CallOptions & { readonly ifVersion?: number },
  ): Promise<SessionOf<P>> {
    const { session } = await this.#commit(
      'updateSession',
      id,
      { session: update },
      versionIs(options),
      options,
    )
    return session as SessionOf<P>
  }

  /** Gives a session a new lifetime from now on; answers its new `expiresAt`. */
  async extendTTL(id: string, ttl: Duration | 'never', options?: CallOptions): Promise<number | null> {
    return (await this.#commit('extendTTL', id, { session: { ttl } }, undefined, options)).expiresAt
  }

  /** Deletes a session with all that belongs to it; `false` when there was none. */
  async deleteSession(id: string, options?: CallOptions): Promise<boolean> {
    return this.#store.delete(id, this.#options(options))
  }

  /** Sets a key of the context. */
  async setContext<K extends ContextKey<P>>(
    id: string,
    key: K,
    value: ContextIn<P>[K],
    options?: CallOptions & { readonly ifVersion?: number },
  ): Promise<void> {
    await this.#commit(
      'setContext',
      id,
      { set: [[key, value]] } as unknown as ChangeInput<P>,
      versionIs(options),
      options,
    )
  }

  /** The value of a key, `undefined` when there is none. */
  async getContext<K extends ContextKey<P>>(
    id: string,
    key: K,
    options?: CallOptions,
  ): Promise<ContextOut<P>[K] | undefined> {
    checkKey('getContext', key)
    const { context } = await this.#load(id, { context: { keys: [key] } }, options)
    return context?.[0]?.[1] as ContextOut<P>[K] | undefined
  }

  /** A page of the context, ordered by the keys' bytes. Default: the first 100 keys. */
  async listContext(
    id: string,
    page: Partial<ContextPage> = {},
    options?: CallOptions,
  ): Promise<ContextList<P>> {
    const { prefix = '', limit = 100 } = page
    checkPrefix('listContext', prefix)
    const { context } = await this.#load(id, { context: { ...page, prefix, limit } }, options)
    const entries = context as unknown as ContextList<P>['entries']
    return { entries, nextKey: entries.at(-1)?.[0] ?? null }
  }

  /** Removes a key of the context, or all with a prefix. */
  async deleteContext(
    id: string,
    key: ContextKey<P> | { readonly prefix: string },
    options?: CallOptions,
  ): Promise<void> {
    const unset = typeof key === 'object' ? key : [key]
    await this.#commit('deleteContext', id, { unset }, undefined, options)
  }

  /** Yields the session's version and last seq after each change (several at once, perhaps), until it ends. */
  watchSession(id: string, options?: CallOptions & { readonly afterVersion?: number }): AsyncIterable<Pulse> {
    const { afterVersion = 0 } = options ?? {}
    return watchOf(this.#store, id, { afterVersion }, this.#options(options))
  }

  /** Takes the session's lease, so that two runs do not work on it at once; `null` while another holds it. A lease keeps nobody from writing: condition a commit on `lastSeq` for that. */
  async leaseSession(id: string, ttl: Duration, options?: CallOptions): Promise<SessionLease | null> {
    return this.#lease(id, parseDuration('leaseSession', 'ttl', ttl), undefined, options)
  }

  async #lease(
    id: string,
    ttlMs: number,
    token: string | undefined,
    options?: CallOptions,
  ): Promise<SessionLease | null> {
    const lease = await leaseOf(
      this.#store,
      id,
      { ttlMs, ...(token !== undefined && { token }) },
      this.#options(options),
    )
    if (lease === null) return null
    return {
      ...lease,
      extend: (ttl, o) => this.#lease(id, parseDuration('extend', 'ttl', ttl), lease.token, o),
      release: async (o) => (await this.#lease(id, 0, lease.token, o)) !== null,
    }
  }

  #commit(
    operation: string,
    id: string,
    input: ChangeInput<P>,
    conditions: Conditions | undefined,
    options: CallOptions | undefined,
  ): Promise<Committed> {
    const send = (raw: Parameters<typeof toChange>[1]) => {
      const change = toChange(operation, raw, this.#limits)
      const below = this.#options(options, conditions)
      const limited =
        this.#limits === DEFAULT_LIMITS ? below : { ...below, limits: storeLimits(this.#limits) }
      return this.#store.commit(id, change, limited)
    }
    const raw = input as Parameters<typeof toChange>[1]
    checkShape(operation, raw)
    return this.#schemas === undefined ? send(raw) : withSchemas(operation, raw, this.#schemas).then(send)
  }

  #load(id: string, want: Want | undefined, options: CallOptions | undefined) {
    return this.#store.load(id, want, this.#options(options))
  }

  /** What goes down to the store: the signal, the conditions, and the owner as one of them. */
  #options(options: CallOptions | undefined, conditions?: Conditions): LoadOptions | undefined {
    const signal = options?.signal
    if (this.#owner !== undefined) return { signal, if: { ...conditions, userId: this.#owner } }
    if (conditions !== undefined) return { signal, if: conditions }
    return signal && { signal }
  }
}

/** The limits that stores judge. */
export function storeLimits({ contextBytes, metadataBytes }: InputLimits) {
  return { contextBytes, metadataBytes }
}

function lastSeqIs(options: { readonly ifLastSeq?: number } | undefined): Conditions | undefined {
  return options?.ifLastSeq === undefined ? undefined : { lastSeq: options.ifLastSeq }
}

function versionIs(options: { readonly ifVersion?: number } | undefined): Conditions | undefined {
  return options?.ifVersion === undefined ? undefined : { version: options.ifVersion }
}

function toWindow(query: MessageQuery | true | undefined): MessageWindow {
  if (query === undefined || query === true) return { last: 100 }
  if ('last' in query || 'ids' in query) return query
  if ('afterSeq' in query || 'beforeSeq' in query || 'offset' in query)
    return { ...query, limit: query.limit ?? 100 } as MessageWindow
  return { offset: 0, limit: query.limit }
}

function toWant<P extends Parts>({ context, messages }: SessionWant<P>): Want {
  if (typeof context === 'object') for (const key of context.keys) checkKey('getSession', key)
  return {
    ...(context !== undefined && { context }),
    ...(messages !== undefined && { messages: toWindow(messages) }),
  }
}

function toObject(entries: readonly ContextEntry[]): { readonly [key: string]: Json } {
  const object: { [key: string]: Json } = {}
  for (const [key, value] of entries) if (!key.startsWith(RESERVED_PREFIX)) setOwn(object, key, value)
  return object
}
