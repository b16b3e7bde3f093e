import { compareUtf8, RESERVED_PREFIX } from '@sess/core/store'

/** Least and greatest, as `ZRANGEBYLEX` takes them. */
export type Range = readonly [least: string, greatest: string]

// Redis compares bytes: no UTF-8 text begins with 0xff, but a client sends text. The greatest code point comes after all that begins with the prefix and anything else.
const END = '\u{10ffff}'.repeat(64)

/** The keys that begin with a prefix, past one of them; reserved ones only where the prefix is reserved itself. */
export function rangesUnder(prefix: string, after?: string, reverse = false): readonly Range[] {
  const whole: Range = [`[${prefix}`, `(${prefix}${END}`]
  const isReserved = prefix.startsWith(RESERVED_PREFIX)
  const halves: readonly Range[] =
    !isReserved && RESERVED_PREFIX.startsWith(prefix)
      ? [
          [whole[0], `(${RESERVED_PREFIX}`],
          [`[${RESERVED_PREFIX.slice(0, -1)};`, whole[1]],
        ]
      : [whole]
  const past = after === undefined ? halves : halves.flatMap((range) => beyond(range, after, reverse))
  return reverse ? [...past].reverse() : past
}

/** What of a range lies past a key. */
function beyond([least, greatest]: Range, after: string, reverse: boolean): readonly Range[] {
  const [low, high] = [least.slice(1), greatest.slice(1)]
  if (reverse) {
    if (compareUtf8(after, low) <= 0) return []
    return [[least, compareUtf8(after, high) < 0 ? `(${after}` : greatest]]
  }
  if (compareUtf8(after, high) >= 0) return []
  return [[compareUtf8(after, low) >= 0 ? `(${after}` : least, greatest]]
}
