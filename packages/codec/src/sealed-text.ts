import type { Json } from '@sess/core'
import { isEnvelope, strictBytesOf, toEnvelope } from './envelope.ts'

/** In front of bytes that are the body of a compressed value: no JSON text begins so. */
const PACKED = 0

/** Content as it is sealed: its JSON text, or, where it was compressed before, the bytes themselves, which spares a second base64. */
export function toSealedText(content: Json): string | Buffer {
  const bytes = isEnvelope('z', content) ? strictBytesOf('z', content) : undefined
  return bytes === undefined ? JSON.stringify(content) : Buffer.concat([Buffer.of(PACKED), bytes])
}

/** The inverse. */
export function fromSealedText(bytes: Buffer): Json {
  return bytes[0] === PACKED ? toEnvelope('z', bytes.subarray(1)) : JSON.parse(bytes.toString('utf8'))
}
