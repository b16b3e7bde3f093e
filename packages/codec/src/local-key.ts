import { createCipheriv, createDecipheriv, createHmac, scrypt } from 'node:crypto'
import { SessError } from '@sess/core'
import { invalidOption } from '@sess/core/store'
import type { KeyService, KeyUse } from './encryption-key.ts'

const SALT_BYTES = 24
const TAG_BYTES = 16
/** The one nonce of a key that seals one thing. */
const NONCE = Buffer.alloc(12)

const MIN_PASSPHRASE = 12
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }

/**
 * A wrapping key in this process's memory.
 *
 * No nonce comes twice for a key: each data key is wrapped by AES-256-GCM under a key made for it alone, of a salt that
 * is itself an HMAC over the data key, the session and the key's id. The same key comes again only for the same data
 * key of the same session, and then to the same bytes. Since the salt is checked when it is unwrapped, no other key
 * can be made to open it to something else.
 */
export class LocalKey implements KeyService {
  readonly #id: string
  readonly #key: Buffer

  constructor(id: string, key: Buffer) {
    this.#id = id
    this.#key = key
  }

  /** A key made of a passphrase, on first use. */
  static of(operation: string, id: string, passphrase: unknown, salt: unknown = `sess:${id}`): KeyService {
    if (typeof passphrase !== 'string' || passphrase.length < MIN_PASSPHRASE)
      throw new SessError(
        'CONFIG_INVALID',
        `${operation}: the passphrase of key '${id}' must be at least ${MIN_PASSPHRASE} characters long`,
      )
    if (typeof salt !== 'string' || salt === '')
      throw invalidOption(operation, `the salt of key '${id}' must be some text`)
    let made: Promise<LocalKey> | undefined
    const key = () => {
      made ??= stretch(passphrase, salt).then((bytes) => new LocalKey(id, bytes))
      return made
    }
    return {
      wrap: async (dataKey, use) => (await key()).wrap(dataKey, use),
      unwrap: async (wrapped, use) => (await key()).unwrap(wrapped, use),
    }
  }

  async wrap(dataKey: Uint8Array, { sessionId }: KeyUse): Promise<Uint8Array> {
    const key = this.#key
    const salt = this.#salt(key, dataKey, sessionId)
    const cipher = createCipheriv('aes-256-gcm', wrappingKey(key, salt), NONCE, { authTagLength: TAG_BYTES })
    return Buffer.concat([salt, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
  }

  async unwrap(wrapped: Uint8Array, { sessionId }: KeyUse): Promise<Uint8Array> {
    const key = this.#key
    const salt = wrapped.subarray(0, SALT_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', wrappingKey(key, salt), NONCE, {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(wrapped.subarray(-TAG_BYTES))
    const dataKey = Buffer.concat([
      decipher.update(wrapped.subarray(SALT_BYTES, -TAG_BYTES)),
      decipher.final(),
    ])
    if (!this.#salt(key, dataKey, sessionId).equals(salt)) throw new Error('wrapped for another session')
    return dataKey
  }

  #salt(key: Buffer, dataKey: Uint8Array, sessionId: string): Buffer {
    const place = JSON.stringify(['sess:k1 salt', this.#id, sessionId])
    return createHmac('sha256', key).update(place).update(dataKey).digest().subarray(0, SALT_BYTES)
  }
}

function wrappingKey(key: Buffer, salt: Uint8Array): Buffer {
  return createHmac('sha256', key).update('sess:k1 wrap ').update(salt).digest()
}

function stretch(passphrase: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, COST, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
