import { SessError } from '../contract/error.ts'
import type { Json } from '../contract/model.ts'
import { isPlainObject, setOwn } from './json.ts'

/** What the marked form stands for: JSON in which bytes may take the place of any value, and members may be `undefined`. */
export type JsonWithBytes =
  | Json
  | Uint8Array
  | readonly JsonWithBytes[]
  | { readonly [key: string]: JsonWithBytes | undefined }

const MARK = '$bytes'
/** An object of the user's own with a key such as `$bytes` or `$$bytes` gets one more `$` in front of it. */
const MARK_LIKE = /^\$+bytes$/

/** Turns each `Uint8Array` into `{"$bytes": "base64…"}`, the one form in which bytes travel through JSON. {@link unmarkBytes} turns it back. Members that are `undefined`, as typed objects have them, are left out. */
export function markBytes(value: JsonWithBytes): Json {
  if (value instanceof Uint8Array) return { [MARK]: toBase64(value) }
  return mapValues(value, markBytes as (value: Json) => Json, (key) =>
    MARK_LIKE.test(key) ? `$${key}` : key,
  )
}

/** The inverse of {@link markBytes}. @throws `CORRUPT_DATA` where the mark holds no base64, or does not stand alone */
export function unmarkBytes(value: Json): JsonWithBytes {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, MARK))
    return fromBase64(value as { readonly [MARK]: Json })
  return mapValues(value, unmarkBytes as (value: Json) => Json, (key) =>
    MARK_LIKE.test(key) ? key.slice(1) : key,
  )
}

function mapValues(value: JsonWithBytes, each: (value: Json) => Json, rename: (key: string) => string): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(each)
  // Taken for a plain object, a Date or a Map would come out empty.
  if (!isPlainObject(value))
    throw new SessError('INVALID_ARGUMENT', 'markBytes: a value is neither JSON nor a Uint8Array')
  const out: { [key: string]: Json } = {}
  for (const key of Object.keys(value)) {
    const member = (value as { [key: string]: Json | undefined })[key]
    if (member !== undefined) setOwn(out, rename(key), each(member))
  }
  return out
}

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  // In slices, since a call takes a limited number of arguments.
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

function fromBase64(marked: { readonly [MARK]: Json }): Uint8Array {
  const text = marked[MARK]
  try {
    // A key beside the mark would be lost.
    if (typeof text === 'string' && Object.keys(marked).length === 1)
      return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    // Told below, without the content.
  }
  throw new SessError('CORRUPT_DATA', 'unmarkBytes: a value marked as bytes is not base64 alone')
}
