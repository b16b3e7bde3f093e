import { SessError } from '@sess/core'
import { invalidOption } from '@sess/core/store'
import { DATA_KEY_BYTES } from './data-key.ts'
import type { EncryptionKey, KeyService, KeyUse } from './encryption-key.ts'
import { bodyOf, bytesOf, toEnvelope } from './envelope.ts'
import { LocalKey } from './local-key.ts'

/** The keys that wrap data keys: the first writes, all read. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, KeyService>
  readonly #first: string

  /** @param operation named in errors */
  constructor(operation: string, keys: readonly EncryptionKey[]) {
    if (!Array.isArray(keys) || keys.length === 0)
      throw invalidOption(operation, 'keys must be a list of at least one key')
    for (const key of keys)
      if (typeof key?.id !== 'string' || !/^[\w.-]{1,64}$/.test(key.id))
        throw invalidOption(
          operation,
          'the id of a key must be 1 to 64 letters, digits, dots, dashes or underscores',
        )
    this.#keys = new Map(keys.map((key) => [key.id, serviceOf(operation, key)]))
    if (this.#keys.size < keys.length) throw invalidOption(operation, 'two keys have the same id')
    this.#first = (keys[0] as EncryptionKey).id
  }

  /** A data key as it is stored: `sess:k1:`, the key's id, `:`, the wrapped bytes. */
  async wrap(dataKey: Buffer, use: KeyUse): Promise<string> {
    const key = this.#keys.get(this.#first) as KeyService
    try {
      const wrapped = await key.wrap(dataKey, use)
      return toEnvelope('k', Buffer.from(wrapped), `${this.#first}:`)
    } catch (cause) {
      throw this.#failure('STORE_UNAVAILABLE', `key '${this.#first}' could not wrap the data key`, use, cause)
    }
  }

  async unwrap(stored: string, use: KeyUse): Promise<Buffer> {
    const id = wrapperOf(stored, use.sessionId)
    const key = this.#keys.get(id)
    if (key === undefined)
      throw this.#failure(
        'DECRYPTION_FAILED',
        `its data key is wrapped by key '${id}', which is not given`,
        use,
      )
    const wrapped = bytesOf(
      bodyOf('k', stored, '').slice(id.length + 1),
      `the data key of session '${use.sessionId}'`,
    )
    const why = `key '${id}' does not unwrap its data key`
    try {
      const bytes = Buffer.from(await key.unwrap(wrapped, use))
      if (bytes.length === DATA_KEY_BYTES) return bytes
    } catch (cause) {
      throw this.#failure('DECRYPTION_FAILED', why, use, cause)
    }
    throw this.#failure('DECRYPTION_FAILED', why, use)
  }

  /** Whether a data key is wrapped by the key that writes. */
  isNewest(stored: string, sessionId: string): boolean {
    return wrapperOf(stored, sessionId) === this.#first
  }

  #failure(
    code: 'DECRYPTION_FAILED' | 'STORE_UNAVAILABLE',
    why: string,
    { sessionId }: KeyUse,
    cause?: unknown,
  ): unknown {
    if (cause instanceof SessError) return cause
    return new SessError(code, `session '${sessionId}': ${why}`, { sessionId, cause })
  }
}

/** The id of the key that wrapped a data key. @throws `CORRUPT_DATA` */
export function wrapperOf(stored: string, sessionId: string): string {
  const what = `the data key of session '${sessionId}'`
  const id = /^([\w.-]{1,64}):/.exec(bodyOf('k', stored, what))?.[1]
  if (id === undefined) throw new SessError('CORRUPT_DATA', `${what} names no key`, { sessionId })
  return id
}

function serviceOf(operation: string, given: EncryptionKey): KeyService {
  const { id } = given
  const forms = [given.key, given.passphrase, given.wrap].filter((form) => form !== undefined)
  if (forms.length !== 1)
    throw invalidOption(operation, `key '${id}' must have one of key, passphrase, or wrap and unwrap`)
  if (given.key !== undefined) return new LocalKey(id, rawKey(operation, id, given.key))
  if (given.passphrase !== undefined) return LocalKey.of(operation, id, given.passphrase, given.salt)
  if (typeof given.wrap !== 'function' || typeof given.unwrap !== 'function')
    throw invalidOption(operation, `wrap and unwrap of key '${id}' must be functions`)
  return given
}

function rawKey(operation: string, id: string, given: unknown): Buffer {
  // Both alphabets are read by Node; whitespace around is what an environment variable may bring.
  const text = typeof given === 'string' ? given.trim() : undefined
  if (text !== undefined && /^[\w+/-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  if (given instanceof Uint8Array && given.length === DATA_KEY_BYTES) return Buffer.from(given)
  throw invalidOption(
    operation,
    `key '${id}' must be 32 bytes, or their base64 (a passphrase goes into passphrase)`,
  )
}
