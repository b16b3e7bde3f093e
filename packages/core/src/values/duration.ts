import { SessError } from '../contract/error.ts'

/** Milliseconds, or text as Go writes durations: `300ms`, `1.5h`, `2h45m`. */
export type Duration = number | string

/** 100 years: a lifetime beyond it is a mistake, or `'never'`. */
export const MAX_DURATION_MS = 100 * 365 * 24 * 3_600_000

const UNIT_MS: { readonly [unit: string]: number } = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const TERM = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/**
 * A duration in whole milliseconds, rounded up so that no positive one becomes zero.
 * @param what names it in errors
 * @throws `INVALID_ARGUMENT` for what is not a positive duration of at most 100 years
 */
export function parseDuration(operation: string, what: string, value: Duration): number {
  const ms = toMs(value)
  if (isWithin(ms)) return ms
  throw new SessError(
    'INVALID_ARGUMENT',
    `${operation}: ${what} must be a positive duration of at most 100 years, in milliseconds or as '300ms', '1.5h', '2h45m'`,
  )
}

/** Whether {@link parseDuration} would take a value. */
export function isDuration(value: unknown): value is Duration {
  return isWithin(toMs(value))
}

/** As {@link parseDuration}, and `'never'` gives `null`. */
export function parseLifetime(operation: string, what: string, value: Duration | 'never'): number | null {
  return value === 'never' ? null : parseDuration(operation, what, value)
}

function isWithin(ms: number): boolean {
  return ms > 0 && ms <= MAX_DURATION_MS
}

function toMs(value: unknown): number {
  return Math.ceil(typeof value === 'number' ? value : termsMs(value))
}

function termsMs(text: unknown): number {
  if (typeof text !== 'string' || text === '') return Number.NaN
  let ms = 0
  TERM.lastIndex = 0
  while (TERM.lastIndex < text.length) {
    const match = TERM.exec(text)
    if (!match) return Number.NaN
    ms += Number(match[1]) * (UNIT_MS[match[2] as string] as number)
  }
  // 0.1h is 360000.00000000006: what float arithmetic adds is not a millisecond.
  return Math.round(ms * 1e6) / 1e6
}
