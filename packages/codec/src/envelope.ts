import { type Json, SessError } from '@sess/core'

/** What an envelope holds: something encrypted, a wrapped data key, something compressed. */
export type EnvelopeKind = 'e' | 'k' | 'z'

/** The one version of each kind that this release writes and reads. */
const VERSION = 1

/**
 * Bytes as text that tells what it is: `sess:`, the kind, the version, `:`, a label that some kinds have, base64url
 * without padding. It has the same length in characters, bytes and, but for two quotes, JSON.
 */
export function toEnvelope(kind: EnvelopeKind, bytes: Buffer, label = ''): string {
  return `sess:${kind}${VERSION}:${label}${bytes.toString('base64url')}`
}

/** Whether a value is, or claims to be, an envelope of a kind, of whatever version. */
export function isEnvelope(kind: EnvelopeKind, value: Json): value is string {
  return typeof value === 'string' && value.startsWith(`sess:${kind}`)
}

/** What stands behind the version. @throws `CORRUPT_DATA` for a version that this release does not know */
export function bodyOf(kind: EnvelopeKind, envelope: string, what: string): string {
  const head = `sess:${kind}${VERSION}:`
  if (envelope.startsWith(head)) return envelope.slice(head.length)
  throw new SessError('CORRUPT_DATA', `${what} has an envelope that this release does not know`)
}

/** The bytes of a body. @throws `CORRUPT_DATA` where it is not exactly what {@link toEnvelope} writes */
export function bytesOf(body: string, what: string): Buffer {
  const bytes = Buffer.from(body, 'base64url')
  // Node's decoder skips what is no base64, and ignores the last bits: many texts would be one envelope.
  if (bytes.toString('base64url') === body) return bytes
  throw new SessError('CORRUPT_DATA', `${what} is not the base64 of an envelope`)
}

/** The bytes of an envelope without a label, if it is exactly one that this release writes. */
export function strictBytesOf(kind: EnvelopeKind, envelope: string): Buffer | undefined {
  const head = `sess:${kind}${VERSION}:`
  const bytes = Buffer.from(envelope.slice(head.length), 'base64url')
  return toEnvelope(kind, bytes) === envelope ? bytes : undefined
}

/** How many bytes the body of an envelope without a label stands for. */
export function sizeOf(kind: EnvelopeKind, envelope: string): number {
  return Math.floor(((envelope.length - `sess:${kind}${VERSION}:`.length) * 3) / 4)
}
