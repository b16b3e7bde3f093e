import {
  type Amendment,
  type ContextEntry,
  type Json,
  type JsonObject,
  type Message,
  type Metadata,
  type NewMessage,
  SessError,
} from '@sess/core'
import { jsonBytes, setOwn } from '@sess/core/store'
import { type DataKey, SEAL_BYTES } from './data-key.ts'
import { bodyOf, bytesOf, isEnvelope, sizeOf, toEnvelope } from './envelope.ts'
import { fromSealedText, toSealedText } from './sealed-text.ts'

type Field = 'content' | 'metadata' | 'digest' | 'context' | 'session'
type SessionPatch = { readonly [key: string]: string | null }

/** What stands in the place of content or metadata: the value sealed and, beside it, the caller's own digest. */
interface Sealed extends JsonObject {
  readonly sess: string
}

/**
 * Seals and opens the parts of one session. Each is bound to its place: the session's id, the field, and the id of the
 * message or the key, so that nothing opens anywhere else. The data key is the incarnation's own: what was sealed for
 * a session that had the same id before does not open either.
 */
export class SessionCipher {
  readonly #sessionId: string
  readonly #key: DataKey | undefined
  readonly #keyName: string
  readonly #allowPlain: boolean

  /**
   * @param key none: whatever is sealed fails to open
   * @param keyName what errors say of the key
   */
  constructor(sessionId: string, key: DataKey | undefined, keyName: string, allowPlain: boolean) {
    this.#sessionId = sessionId
    this.#key = key
    this.#keyName = keyName
    this.#allowPlain = allowPlain
  }

  sealMessage(message: NewMessage): NewMessage {
    const { id, digest } = message
    const content = toSealedText(message.content)
    const metadata = JSON.stringify(message.metadata)
    return {
      ...message,
      content: this.#sealPart('content', id, content, digest),
      metadata: this.#sealPart('metadata', id, metadata),
      // A repeat is known by the caller's digest where there is one, else by its text: the two never meet.
      digest:
        digest === undefined
          ? this.#digest('json', id, content, metadata)
          : this.#digest('digest', id, digest),
    }
  }

  sealAmendment({ id, content, metadata, digest }: Amendment): Amendment {
    const part = (field: 'content' | 'metadata', value: Json) =>
      this.#sealPart(field, id, field === 'content' ? toSealedText(value) : JSON.stringify(value), digest)
    return {
      id,
      ...(content !== undefined && { content: part('content', content) }),
      ...(metadata !== undefined && { metadata: part('metadata', metadata) }),
      ...(digest !== undefined && { digest: this.#digest('digest', id, digest) }),
    }
  }

  sealEntry([key, value]: ContextEntry): ContextEntry {
    return [key, this.#seal('context', key, JSON.stringify(value))]
  }

  sealMetadata<T extends SessionPatch>(metadata: T): T {
    const sealed: { [key: string]: string | null } = {}
    for (const [key, value] of Object.entries(metadata))
      setOwn(sealed, key, value === null ? null : this.#seal('session', key, JSON.stringify(value)))
    return sealed as T
  }

  openMessage(stored: Message): Message {
    const { digest: sealedDigest, ...message } = stored
    const { id, content, metadata } = stored
    if (!isSealed(content) && !isSealed(metadata) && this.#mayBePlain('message', id)) return stored
    const digest = sealedDigest && this.#digestBehind(sealedDigest, stored)
    return {
      ...message,
      content: this.#openPart('content', id, content),
      metadata: this.#openPart('metadata', id, metadata) as JsonObject,
      ...(digest !== undefined && { digest }),
    }
  }

  openEntry([key, value]: ContextEntry): ContextEntry {
    return [key, this.#open('context', key, value)]
  }

  openMetadata(metadata: Metadata): Metadata {
    const opened: { [key: string]: string } = {}
    for (const [key, value] of Object.entries(metadata))
      setOwn(opened, key, this.#open('session', key, value) as string)
    return Object.freeze(opened)
  }

  #sealPart(field: 'content' | 'metadata', id: string, text: string | Buffer, digest?: string): Sealed {
    const sess = this.#seal(field, id, text)
    return digest === undefined
      ? { sess }
      : { sess, digest: this.#seal('digest', id, JSON.stringify(digest)) }
  }

  #openPart(field: 'content' | 'metadata', id: string, stored: Json): Json {
    if (isSealed(stored)) return this.#open(field, id, stored.sess)
    this.#mayBePlain(field, id)
    return stored
  }

  #seal(field: Field, name: string, text: string | Buffer): string {
    return toEnvelope('e', this.#needKey().seal(text, this.#place(field, name)))
  }

  #open(field: Field, name: string, stored: Json): Json {
    if (!isEnvelope('e', stored)) {
      this.#mayBePlain(field, name)
      return stored
    }
    const what = this.#name(field, name)
    const bytes = this.#key?.open(bytesOf(bodyOf('e', stored, what), what), this.#place(field, name))
    if (bytes === undefined) throw this.#failed(field, name)
    return fromSealedText(bytes)
  }

  #digest(...parts: readonly (string | Buffer)[]): string {
    return this.#needKey().digest(parts)
  }

  /** The caller's own digest, if the stored one stands for it: an amendment without one leaves the part with the old one as it was. */
  #digestBehind(sealed: string, { id, content, metadata }: Message): string | undefined {
    for (const part of [content, metadata]) {
      if (!isSealed(part) || part.digest === undefined) continue
      const digest = this.#open('digest', id, part.digest) as string
      if (this.#digest('digest', id, digest) === sealed) return digest
    }
    return undefined
  }

  #needKey(): DataKey {
    if (this.#key !== undefined) return this.#key
    throw this.#error(`session '${this.#sessionId}': there is ${this.#keyName}`)
  }

  #place(field: Field, name: string): string {
    return JSON.stringify(['sess:e1', this.#sessionId, field, name])
  }

  #mayBePlain(field: Field | 'message', name: string): true {
    if (this.#allowPlain) return true
    const why = 'is not encrypted, which allowPlain alone lets pass'
    throw this.#error(`${this.#name(field, name)} ${why}`)
  }

  #failed(field: Field, name: string): SessError {
    return this.#error(`${this.#name(field, name)} does not open with ${this.#keyName}`)
  }

  #error(message: string): SessError {
    return new SessError('DECRYPTION_FAILED', message, { sessionId: this.#sessionId })
  }

  #name(field: Field | 'message', name: string): string {
    const session = `session '${this.#sessionId}'`
    if (field === 'message') return `${session}: message '${name}'`
    if (field === 'context' || field === 'session')
      return `${session}: ${field === 'context' ? 'context key' : 'metadata key'} '${name}'`
    return `${session}: ${field} of message '${name}'`
  }
}

function isSealed(value: Json): value is Sealed {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'sess') &&
    isEnvelope('e', (value as Sealed).sess)
  )
}

/** How many bytes of JSON text a stored value of the context or metadata stands for, told without opening it. */
export function plainBytes(stored: Json): number {
  return isEnvelope('e', stored) ? Math.max(0, sizeOf('e', stored) - SEAL_BYTES) : jsonBytes(stored)
}
