import {
  type Change,
  type CommitOptions,
  type Committed,
  type Conditions,
  type ContextEntry,
  isSessError,
  type Limits,
  SessError,
  type SessionStore,
} from '@sess/core'
import { isPlainAppend, RESERVED_PREFIX } from '@sess/core/store'
import { KEY, type Known, SHREDDED } from './data-keys.ts'
import { heldBytes, isSure, keepsWithin, limitsOf, mayGrow, NO_LIMITS } from './limits.ts'
import { commitOrRepeat } from './repeats.ts'
import type { SessionCipher } from './session-cipher.ts'

/** A data key; with `firstAt` a new one, to be stored with the commit if the session is at that version still. */
export type WritingKey = Known & { readonly firstAt?: number }

/** No session was made then. */
const NEVER = -1

/** Whether a change has anything to seal, may answer anything sealed, or undoes what keeps a shredded session as it is. */
export function needsKey(change: Change): boolean {
  const { cut, session, unset = [] } = change
  const isUnset = 'prefix' in unset ? isReachedBy(unset.prefix) : unset.includes(SHREDDED)
  return seals(change) || cut !== undefined || session?.isActive === true || isUnset
}

function isReachedBy(prefix: string): boolean {
  return prefix.startsWith(RESERVED_PREFIX) && SHREDDED.startsWith(prefix)
}

function seals({ amend = [], append = [], set = [], session }: Change): boolean {
  return amend.length + append.length + set.length > 0 || Object.keys(session?.metadata ?? {}).length > 0
}

/** One change of a session, sealed under a data key and applied only if that is the session's key at that moment. */
export class SealedCommit {
  readonly #store: SessionStore
  readonly #id: string
  readonly #key: WritingKey
  readonly #cipher: SessionCipher
  readonly #change: Change
  readonly #options: CommitOptions | undefined

  /** @param change as the caller wrote it */
  constructor(
    store: SessionStore,
    id: string,
    key: WritingKey,
    cipher: SessionCipher,
    change: Change,
    options: CommitOptions | undefined,
  ) {
    this.#store = store
    this.#id = id
    this.#key = key
    this.#cipher = cipher
    this.#change = change
    this.#options = options
  }

  async send(): Promise<Committed> {
    const sealed = this.#seal()
    if (this.#options?.stamp !== undefined || !mayGrow(this.#change)) return this.#commit(sealed, NO_LIMITS)
    const limits = limitsOf(this.#options)
    if (!isSure(this.#change, limits)) return this.#judge(sealed, limits)
    try {
      return await this.#commit(sealed, limits)
    } catch (error) {
      if (isSessError(error, 'LIMIT_EXCEEDED')) return this.#judge(sealed, limits, error)
      throw error
    }
  }

  /** Whether the key is the session's now. */
  isStored({ replayed }: Committed): boolean {
    return this.#key.firstAt === undefined || (this.#givesKey && !replayed)
  }

  /** Whether a commit was refused because the key is not the session's, or no longer its first one. */
  missedItsKey(error: unknown): error is SessError {
    if (!isSessError(error, 'CONFLICT') || error.current === undefined) return false
    const { createdAt, firstAt } = this.#key
    const isAsked = this.#options?.if?.version !== undefined
    return (
      error.current.createdAt !== createdAt ||
      (!isAsked && firstAt !== undefined && error.current.version !== firstAt)
    )
  }

  /**
   * Holds the limits against what is there, and commits if it is there still.
   * @param refused what the store, which counts more, said before
   */
  async #judge(sealed: Change, limits: Required<Limits>, refused?: unknown): Promise<Committed> {
    const { signal, if: { version: asked, userId } = {} } = this.#options ?? {}
    const owner = userId !== undefined && { if: { userId } }
    for (;;) {
      const { session, context = [] } = await this.#store.load(
        this.#id,
        { context: true },
        { signal, ...owner },
      )
      const pinned = asked ?? this.#key.firstAt
      // The store says what else does not hold.
      if (pinned !== undefined && pinned !== session.version) return this.#commit(sealed, limits)
      const fits = keepsWithin(this.#change, session, context, limits)
      if (!fits && refused !== undefined) throw refused
      try {
        const change = fits ? sealed : tooLarge(sealed, context)
        return await this.#commit(
          change,
          fits ? NO_LIMITS : { ...NO_LIMITS, contextBytes: 0 },
          session.version,
        )
      } catch (error) {
        const moved = isSessError(error, 'CONFLICT') && error.current?.version !== session.version
        if (!moved || pinned !== undefined) throw error
      }
    }
  }

  #commit(sealed: Change, limits: Required<Limits>, version = this.#key.firstAt): Promise<Committed> {
    const options = { ...this.#options, limits, if: this.#conditions(version) }
    return commitOrRepeat(
      (change) => this.#store.commit(this.#id, change, options).catch((error) => this.#fail(error)),
      this.#change,
      sealed,
      (stored) => stored.map((message) => this.#cipher.openMessage(message)),
    )
  }

  /** The messages of another session than the key's cannot be opened: of such a conflict only that is told. */
  #fail(error: unknown): never {
    if (!this.missedItsKey(error)) throw error
    const { message, current } = error
    if (current === undefined) throw error
    const { version, lastSeq, createdAt } = current
    throw new SessError('CONFLICT', message, {
      sessionId: this.#id,
      current: { version, lastSeq, createdAt },
    })
  }

  /** @param version at which the session must be, for the commit's own sake */
  #conditions(version: number | undefined): Conditions {
    const asked = this.#options?.if
    const own = { createdAt: this.#key.createdAt, ...(version !== undefined && { version }) }
    const conditions = { ...own, ...asked }
    // An append alone is refused of a shredded session because that is closed, at no cost.
    if (!isPlainAppend(this.#change, this.#options))
      Object.assign(conditions, { absent: [...(asked?.absent ?? []), SHREDDED] })
    // The caller's version does not hold; should it by now, the key that is there by then would be lost.
    if (this.#key.firstAt !== undefined && conditions.version !== this.#key.firstAt)
      return { ...conditions, createdAt: NEVER }
    return conditions
  }

  /** A session gets its first key with what is sealed under it, and else stays as it is. */
  get #givesKey(): boolean {
    return this.#key.firstAt !== undefined && seals(this.#change)
  }

  #seal(): Change {
    const { amend, append, set, session } = this.#change
    const cipher = this.#cipher
    const metadata = {
      ...(session?.metadata && cipher.sealMetadata(session.metadata)),
      ...(this.#givesKey && { [KEY]: this.#key.stored }),
    }
    return {
      ...this.#change,
      ...(amend && { amend: amend.map((amendment) => cipher.sealAmendment(amendment)) }),
      ...(append && { append: append.map((message) => cipher.sealMessage(message)) }),
      ...(set && { set: set.map((entry) => cipher.sealEntry(entry)) }),
      ...((session?.metadata || this.#givesKey) && { session: { ...session, metadata } }),
    }
  }
}

/** The same change, but that the store must refuse it for its size, after all that comes first. */
function tooLarge(sealed: Change, context: readonly ContextEntry[]): Change {
  return { ...sealed, set: [['sess:too-large', 'x'.repeat(heldBytes(context) + 1)]] }
}
