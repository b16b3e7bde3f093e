import type { EncryptionKey } from '../src/index.ts'

/** A key of 32 equal bytes. */
export function rawKey(id: string, byte = 7): EncryptionKey {
  return { id, key: new Uint8Array(32).fill(byte) }
}

export const KEYS = [rawKey('test')] as const
