import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomFillSync } from 'node:crypto'

export const DATA_KEY_BYTES = 32
const WRITER_BYTES = 8
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What sealing adds to a text, in bytes, before it becomes an envelope. */
export const SEAL_BYTES = WRITER_BYTES + NONCE_BYTES + TAG_BYTES

const MAX_COUNT = 2 ** 32 - 1
/** Keys of other writers that are kept, since making one costs as much as opening a short text. */
const MAX_READERS = 64

/**
 * The key of one session, under which all of its texts are sealed by AES-256-GCM.
 *
 * No nonce comes twice for a key. Nothing is sealed under the data key itself: each process that writes makes a key of
 * its own from it (HMAC-SHA256 of the data key over 8 random bytes, the writer), and counts in the first 4 bytes of
 * the nonce what it seals under that; when they are used up it becomes a new writer. The other 8 bytes of each nonce
 * are random: two writers that drew the same 8 bytes, or two copies of one process (a machine resumed twice from one
 * snapshot), would have to draw 8 more equal bytes at the same count.
 */
export class DataKey {
  readonly bytes: Buffer
  readonly #digestKey: Buffer
  readonly #readers = new Map<string, Buffer>()
  #writer: Writer | undefined

  /** @param bytes 32 of them; new and random ones where there are none */
  constructor(bytes: Buffer = randomBytes(DATA_KEY_BYTES)) {
    this.bytes = bytes
    this.#digestKey = this.#derive('digest')
  }

  /** Seals a text or bytes for one place: `aad` must be the same to open it. */
  seal(text: string | Buffer, aad: string): Buffer {
    const { id, key, nonce } = this.#next()
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.from(aad))
    const sealed = typeof text === 'string' ? cipher.update(text, 'utf8') : cipher.update(text)
    return Buffer.concat([id, nonce, sealed, cipher.final(), cipher.getAuthTag()])
  }

  /** The bytes, or `undefined` where it was sealed under another key or for another place, or is not whole. */
  open(sealed: Buffer, aad: string): Buffer | undefined {
    if (sealed.length < SEAL_BYTES) return undefined
    const key = this.#reader(sealed.subarray(0, WRITER_BYTES))
    const nonce = sealed.subarray(WRITER_BYTES, WRITER_BYTES + NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(aad))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const bytes = decipher.update(sealed.subarray(WRITER_BYTES + NONCE_BYTES, -TAG_BYTES))
    try {
      decipher.final()
    } catch {
      return undefined
    }
    return bytes
  }

  /** A fingerprint of several parts, which only those who have the key can make: 43 characters. */
  digest(parts: readonly (string | Buffer)[]): string {
    const mac = createHmac('sha256', this.#digestKey)
    // Its length in front of each, or two lists of parts could come to the same bytes.
    for (const part of parts) mac.update(`${Buffer.byteLength(part)}:`).update(part)
    return mac.digest('base64url')
  }

  #next(): { readonly id: Buffer; readonly key: Buffer; readonly nonce: Buffer } {
    if (this.#writer === undefined || this.#writer.count === MAX_COUNT) {
      const id = randomBytes(WRITER_BYTES)
      this.#writer = { id, key: this.#derive('writer', id), count: 0 }
    }
    const { id, key } = this.#writer
    const nonce = Buffer.allocUnsafe(NONCE_BYTES)
    nonce.writeUInt32BE(this.#writer.count++)
    takeRandom(nonce, 4)
    return { id, key, nonce }
  }

  #reader(id: Buffer): Buffer {
    const name = id.toString('latin1')
    const known = this.#readers.get(name)
    if (known !== undefined) return known
    const key = this.#derive('writer', id)
    if (this.#readers.size >= MAX_READERS) this.#readers.clear()
    this.#readers.set(name, key)
    return key
  }

  #derive(use: 'writer' | 'digest', id: Buffer = Buffer.alloc(0)): Buffer {
    return createHmac('sha256', this.bytes).update(`sess:e1 ${use} `).update(id).digest()
  }
}

interface Writer {
  readonly id: Buffer
  readonly key: Buffer
  count: number
}

// Drawn in bulk: one call to the generator for each nonce would cost half as much as sealing.
const pool = Buffer.alloc(4096)
let used = pool.length

function takeRandom(into: Buffer, from: number): void {
  const count = into.length - from
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  pool.copy(into, from, used, used + count)
  used += count
}
