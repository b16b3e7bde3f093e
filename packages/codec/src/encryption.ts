import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type ContextEntry,
  type CreateOptions,
  type DeleteOptions,
  isSessError,
  type ListQuery,
  type Loaded,
  type LoadOptions,
  type Message,
  type NewSession,
  type Page,
  SessError,
  type Session,
  type SessionStore,
  type StoreEvent,
  type Want,
} from '@sess/core'
import {
  checkCommit,
  checkCreate,
  checkLoad,
  deleteUserOf,
  invalidOption,
  ownChange,
  ownSession,
  passthrough,
  tell,
} from '@sess/core/store'
import { DataKeys, isShredded, KEY, type Known, nameOf, SHREDDED, shredded, TOMBSTONE } from './data-keys.ts'
import type { EncryptionKey } from './encryption-key.ts'
import { KeyRing } from './key-ring.ts'
import { isWithin, limitsOf, NO_LIMITS } from './limits.ts'
import { RecentDeletes } from './recent-deletes.ts'
import { openCommitted } from './repeats.ts'
import { needsKey, SealedCommit, type WritingKey } from './sealed-commit.ts'
import { SessionCipher } from './session-cipher.ts'

export interface EncryptionOptions {
  /** The keys that wrap the data keys of sessions: the first writes, all read. */
  readonly keys: readonly EncryptionKey[]
  /** Lets pass what is not encrypted, and gives old sessions a data key when they are written: for the time of a migration, in which nothing says that something was not put there. Default `false`. */
  readonly allowPlain?: boolean
  /** How many sessions' data keys stay in memory, those used last. Default 10,000. */
  readonly cachedKeys?: number
  /** Told of each session that got its first data key after it was made without one: `{ type: 'key-given', sessionId }`. */
  readonly onEvent?: (event: StoreEvent) => void
}

/**
 * A store whose messages, context and session metadata are encrypted before they reach `store`, each authenticated
 * with its place, under a data key of the session's own. What does not open is `DECRYPTION_FAILED`.
 * @throws `CONFIG_INVALID` for options that are none
 * @example `withEncryption(store, { keys: [{ id: '2026-01', key: process.env.SESS_KEY }] })`
 */
export function withEncryption(store: SessionStore, options: EncryptionOptions): SessionStore {
  const encryption = new Encryption(store, options)
  return {
    ...passthrough(store, 'encryption'),
    create: (session, o) => encryption.create(session, o),
    load: (id, want, o) => encryption.load(id, want, o),
    commit: (id, change, o) => encryption.commit(id, change, o),
    delete: (id, o) => encryption.delete(id, o),
    list: (query, o) => encryption.list(query, o),
    close: () => encryption.close(),
    ...(store.deleteUser && {
      deleteUser: (userId: string, o?: CallOptions) => encryption.deleteUser(userId, o),
    }),
  }
}

/** How often a commit is begun anew because its session was made anew, or given a key, meanwhile. */
const MOST_ATTEMPTS = 20

class Encryption {
  readonly #store: SessionStore
  readonly #keys: DataKeys
  readonly #deletes = new RecentDeletes()
  readonly #allowPlain: boolean
  readonly #onEvent: ((event: StoreEvent) => void) | undefined

  constructor(store: SessionStore, options: EncryptionOptions) {
    const { keys, allowPlain = false, cachedKeys = 10_000, onEvent } = options ?? {}
    if (typeof allowPlain !== 'boolean')
      throw invalidOption('withEncryption', 'allowPlain must be true or false')
    if (!Number.isSafeInteger(cachedKeys) || cachedKeys < 1)
      throw invalidOption('withEncryption', 'cachedKeys must be a whole number of at least 1')
    this.#store = store
    this.#keys = new DataKeys(new KeyRing('withEncryption', keys), cachedKeys)
    this.#allowPlain = allowPlain
    this.#onEvent = onEvent
  }

  async create(input: NewSession, options?: CreateOptions): Promise<Session> {
    checkCreate(input, options)
    refuseOwn('create', input.metadata, input.context)
    const plain = ownSession(input)
    const made = await this.#keys.make(plain.id, options?.signal)
    const cipher = this.#cipher(plain.id, made)
    const sealed: NewSession = {
      ...plain,
      metadata: { ...cipher.sealMetadata(plain.metadata), [KEY]: made.stored },
      context: plain.context.map((entry) => cipher.sealEntry(entry)),
      messages: plain.messages.map((message) => cipher.sealMessage(message)),
    }
    await this.#deletes.pass(plain.id)
    // What is too large as it is, is larger sealed: the store refuses it in its turn.
    const limits = limitsOf(options)
    const session = await this.#store.create(sealed, {
      ...options,
      limits: isWithin(plain, limits) ? NO_LIMITS : limits,
    })
    this.#keys.remember(plain.id, { ...made, createdAt: session.createdAt })
    return { ...session, metadata: plain.metadata }
  }

  async load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    checkLoad('load', id, want, options)
    const loaded = await this.#store.load(id, want, options)
    const { session, messages, context, reserved } = loaded
    const cipher = await this.#cipherOf(session, options)
    const isKeysOnly =
      typeof want?.context === 'object' && 'keysOnly' in want.context && want.context.keysOnly
    const open = (entry: ContextEntry) => (isKeysOnly ? entry : cipher.openEntry(entry))
    return {
      session: this.#open(session, cipher),
      ...(messages && { messages: messages.map((message) => cipher.openMessage(message)) }),
      ...(context && { context: context.filter(isCallers).map(open) }),
      ...(reserved && { reserved: reserved.filter(isCallers).map((entry) => cipher.openEntry(entry)) }),
    }
  }

  async list(query: ListQuery, options?: CallOptions): Promise<Page> {
    const page = await this.#store.list(query, options)
    const open = async (session: Session) => this.#open(session, await this.#cipherOf(session, options))
    return { ...page, sessions: await Promise.all(page.sessions.map(open)) }
  }

  async commit(id: string, input: Change, options?: CommitOptions): Promise<Committed> {
    checkCommit(id, input, options)
    refuseOwn('commit', input.session?.metadata, input.set)
    // Before anything is awaited: the caller may go on changing what it passed.
    const change = ownChange(input)
    if (!needsKey(change)) return this.#openSession(await this.#store.commit(id, change, options), options)
    for (let attempt = 1; ; attempt++) {
      const last = attempt === 1 ? this.#keys.last(id) : undefined
      const key: WritingKey = isOf(options, last) ? last : await this.#learn(id, options)
      const cipher = this.#cipher(id, key)
      const commit = new SealedCommit(this.#store, id, key, cipher, change, options)
      try {
        const answer = await commit.send()
        if (commit.isStored(answer)) this.#given(id, key)
        return this.#opened(answer, change, cipher)
      } catch (error) {
        if (isSessError(error, 'CONFLICT') && error.current?.present?.includes(SHREDDED)) throw shredded(id)
        if (!commit.missedItsKey(error) || attempt === MOST_ATTEMPTS) throw error
      }
    }
  }

  async delete(id: string, options?: DeleteOptions): Promise<boolean> {
    this.#keys.forget(id)
    const isDeleted = await this.#store.delete(id, options)
    if (isDeleted) this.#deletes.note(id)
    return isDeleted
  }

  async deleteUser(userId: string, options?: CallOptions): Promise<number> {
    const deleted = await deleteUserOf(this.#store, userId, options)
    if (deleted > 0) this.#deletes.note()
    return deleted
  }

  async close(): Promise<void> {
    await this.#store.close()
    this.#keys.clear()
  }

  /** The key to write a session with, as the store has it; a new one for a session that has none, where that is allowed. */
  async #learn(id: string, options: CommitOptions | undefined): Promise<WritingKey> {
    const { signal, if: { userId } = {} } = options ?? {}
    const owner = userId !== undefined && { if: { userId } }
    const { session } = await this.#store.load(id, undefined, { signal, ...owner })
    const known = await this.#keys.of(session, signal)
    if (known !== undefined) return known
    if (!this.#allowPlain) throw plain(id)
    const { createdAt, version } = session
    return { ...(await this.#keys.make(id, signal)), createdAt, firstAt: version }
  }

  #given(id: string, { firstAt, ...known }: WritingKey): void {
    this.#keys.remember(id, known)
    if (firstAt !== undefined) tell(this.#onEvent, { type: 'key-given', store: 'encryption', sessionId: id })
  }

  #opened(answer: Committed, change: Change, cipher: SessionCipher): Committed {
    const open = (stored: readonly Message[]) => stored.map((message) => cipher.openMessage(message))
    const { session, ...rest } = openCommitted(answer, change.append, open)
    return session && change.session ? { ...rest, session: this.#open(session, cipher) } : rest
  }

  /** The answer to a commit that had nothing to seal, and has nothing sealed but the session's metadata. */
  async #openSession(answer: Committed, options: CallOptions | undefined): Promise<Committed> {
    const { session } = answer
    if (session === undefined) return answer
    return { ...answer, session: this.#open(session, await this.#cipherOf(session, options)) }
  }

  /** The session as its owner wrote it. Of one that was shredded there is no metadata left. */
  #open(session: Session, cipher: SessionCipher): Session {
    const { [KEY]: stored, ...metadata } = session.metadata
    return { ...session, metadata: stored === TOMBSTONE ? {} : cipher.openMetadata(metadata) }
  }

  async #cipherOf(session: Session, options: CallOptions | undefined): Promise<SessionCipher> {
    const { id } = session
    if (isShredded(session)) return new SessionCipher(id, undefined, 'a data key, for it was shredded', false)
    const known = await this.#keys.of(session, options?.signal)
    if (known === undefined && !this.#allowPlain) throw plain(id)
    return this.#cipher(id, known)
  }

  #cipher(id: string, known: Pick<Known, 'key' | 'stored'> | undefined): SessionCipher {
    return new SessionCipher(id, known?.key, nameOf(known, id), this.#allowPlain)
  }
}

function isCallers([key]: ContextEntry): boolean {
  return key !== SHREDDED
}

/** Whether a key that was seen last is, as far as the caller tells, that of the session it means. */
function isOf(options: CommitOptions | undefined, known: Known | undefined): known is Known {
  const createdAt = options?.if?.createdAt
  return known !== undefined && (createdAt === undefined || createdAt === known.createdAt)
}

function refuseOwn(operation: string, metadata: object = {}, context: readonly ContextEntry[] = []): void {
  const own = Object.hasOwn(metadata, KEY) ? KEY : context.find((entry) => !isCallers(entry))?.[0]
  if (own !== undefined)
    throw new SessError('INVALID_ARGUMENT', `${operation}: the key '${own}' is the encryption's own`)
}

function plain(id: string): SessError {
  const why = 'has no data key: it was written without encryption, which allowPlain alone lets pass'
  return new SessError('DECRYPTION_FAILED', `session '${id}' ${why}`, { sessionId: id })
}
