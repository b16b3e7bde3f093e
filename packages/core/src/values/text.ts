import { SessError } from '../contract/error.ts'

/** Bytes of a string in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      bytes += 2
      i++
    } else bytes += 2
  }
  return bytes
}

/** Orders strings by their UTF-8 bytes, which `<` does not where surrogates meet U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** What is named, for errors, and how many UTF-8 bytes its names may have at most. */
export const NAMES = {
  'session id': 200,
  'message id': 200,
  'user id': 255,
  'context key': 255,
  'metadata key': 255,
  role: 64,
} as const

/** Refuses a name that is not a well-formed string of 1 to {@link NAMES} bytes. */
export function checkName(
  operation: string,
  what: keyof typeof NAMES,
  value: unknown,
): asserts value is string {
  if (typeof value === 'string') {
    const max = NAMES[what]
    const { length } = value
    // Three bytes at most for a UTF-16 unit: only long names need to be counted.
    if (
      length > 0 &&
      (length * 3 <= max || (length <= max && utf8Bytes(value) <= max)) &&
      value.isWellFormed()
    )
      return
  }
  throw new SessError(
    'INVALID_ARGUMENT',
    `${operation}: the ${what} must be a string of well-formed Unicode, 1 to ${NAMES[what]} bytes long`,
  )
}
