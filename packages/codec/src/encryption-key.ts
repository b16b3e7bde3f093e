/**
 * A key that wraps the data keys of sessions. `id` goes into what is stored, to find the key again: 1 to 64 letters,
 * digits, `.`, `_`, `-`, never used for another key.
 */
export type EncryptionKey = { readonly id: string } & (
  | {
      /** 32 bytes, or their base64 or base64url. */
      readonly key: Uint8Array | string
      readonly passphrase?: never
      readonly wrap?: never
    }
  | {
      /** At least 12 characters, of which scrypt makes the key (N 131,072, r 8, p 1: a fraction of a second and 128 MiB, once a process). */
      readonly passphrase: string
      /** Part of the key like the passphrase: the same in all processes. Default: made of the id. */
      readonly salt?: string
      readonly key?: never
      readonly wrap?: never
    }
  | (KeyService & { readonly key?: never; readonly passphrase?: never })
)

/** A key that never leaves where it is, such as in a KMS. Called once for a session and a process, as long as it stays in the cache. */
export interface KeyService {
  /** Encrypts a data key of 32 bytes. */
  wrap(dataKey: Uint8Array, use: KeyUse): Promise<Uint8Array>
  /** The inverse. What it throws becomes `DECRYPTION_FAILED`, unless it is a `SessError`: throw `STORE_UNAVAILABLE` for what may be tried again. */
  unwrap(wrapped: Uint8Array, use: KeyUse): Promise<Uint8Array>
}

export interface KeyUse {
  /** To be authenticated with the data key, where the service can. */
  readonly sessionId: string
}
