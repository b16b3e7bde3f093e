import type { SessionStore } from '@sess/core'
import { withCompression } from './compression.ts'
import { withEncryption } from './encryption.ts'

/** What of a configuration's section `session` matters here. */
interface Wanted {
  readonly enable_compression: boolean
  readonly enable_encryption: boolean
  readonly encryption_key: string
}

/** What wrapped data keys name as their key. */
const KEY_ID = 'encryption_key'

/**
 * For `wrappers` of `@sess/config`: compresses and encrypts as `session.enable_compression` and
 * `session.enable_encryption` say. `session.encryption_key` is taken for a passphrase, of 12 characters at least.
 */
export function codec() {
  return {
    does: ['compression', 'encryption'] as const,
    wrap(store: SessionStore, { enable_compression, enable_encryption, encryption_key }: Wanted) {
      const keys = [{ id: KEY_ID, passphrase: encryption_key }]
      const sealed = enable_encryption ? withEncryption(store, { keys }) : store
      // What is encrypted does not compress.
      return enable_compression ? withCompression(sealed) : sealed
    },
  }
}
