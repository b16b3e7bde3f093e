import { SessError, type Session } from '@sess/core'
import { abortable, Lru } from '@sess/core/store'
import { DataKey } from './data-key.ts'
import { type KeyRing, wrapperOf } from './key-ring.ts'

/** The metadata key under which a session carries its wrapped data key, so that whatever gives the session gives the key: a list too. */
export const KEY = 'sess:key'
/** The context key that a session has once it was shredded, on whose absence writes are conditioned. */
export const SHREDDED = 'sess:shredded'
/** What stands in the place of the wrapped data key then. */
export const TOMBSTONE = 'sess:k1:'

/** The data key of one incarnation of a session. */
export interface Known {
  readonly createdAt: number
  /** As stored, wrapped. */
  readonly stored: string
  readonly key: DataKey
}

export function isShredded({ metadata }: Session): boolean {
  return metadata[KEY] === TOMBSTONE
}

/** The data keys of the sessions that this process last worked on. */
export class DataKeys {
  readonly #ring: KeyRing
  /** By session. */
  readonly #known: Lru<Known>
  /** Being unwrapped: a page of loads at once asks a key service once. */
  readonly #pending = new Map<string, Promise<Known>>()

  constructor(ring: KeyRing, most: number) {
    this.#ring = ring
    this.#known = new Lru(most)
  }

  /** The key of whichever incarnation was seen last, without asking the store. */
  last(sessionId: string): Known | undefined {
    return this.#known.get(sessionId)
  }

  /** The key of a session as it was just read; `undefined` where it has none. @throws `DECRYPTION_FAILED` where it was shredded */
  async of(session: Session, signal: AbortSignal | undefined): Promise<Known | undefined> {
    const { id, createdAt } = session
    const stored = session.metadata[KEY]
    if (stored === undefined) return undefined
    if (isShredded(session)) throw shredded(id)
    const last = this.last(id)
    if (last?.stored === stored && last.createdAt === createdAt) return last
    const name = `${createdAt} ${id} ${stored}`
    const pending = this.#pending.get(name) ?? this.#unwrap(id, createdAt, stored)
    this.#pending.set(name, pending)
    pending.finally(() => this.#pending.delete(name)).catch(() => {})
    const known = await abortable(pending, signal)
    this.remember(id, known)
    return known
  }

  /** A new key, not stored yet. */
  async make(sessionId: string, signal: AbortSignal | undefined): Promise<Omit<Known, 'createdAt'>> {
    const key = new DataKey()
    return { key, stored: await abortable(this.#ring.wrap(key.bytes, { sessionId }), signal) }
  }

  remember(sessionId: string, known: Known): void {
    this.#known.set(sessionId, known)
  }

  forget(sessionId: string): void {
    this.#known.delete(sessionId)
  }

  clear(): void {
    this.#known.clear()
  }

  async #unwrap(sessionId: string, createdAt: number, stored: string): Promise<Known> {
    return { createdAt, stored, key: new DataKey(await this.#ring.unwrap(stored, { sessionId })) }
  }
}

/** What errors say of a key. */
export function nameOf(known: Pick<Known, 'stored'> | undefined, sessionId: string): string {
  if (known === undefined) return 'no data key'
  return `the data key, which key '${wrapperOf(known.stored, sessionId)}' wraps`
}

export function shredded(sessionId: string): SessError {
  return new SessError('DECRYPTION_FAILED', `session '${sessionId}' was shredded: its data key is gone`, {
    sessionId,
  })
}
