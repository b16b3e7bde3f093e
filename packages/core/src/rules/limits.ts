import { SessError } from '../contract/error.ts'

/** Configurable limits of what goes in; bytes are those of UTF-8 JSON text. */
export interface InputLimits {
  /** Content and metadata of one message together. Default 1 MiB. */
  readonly messageBytes: number
  /** Messages in one call. Default, and at most, 1,000. */
  readonly batchMessages: number
  /** Content and metadata of all messages in one call. Default 8 MiB. */
  readonly batchBytes: number
  /** All keys and values of a session's context. Default 1 MiB. */
  readonly contextBytes: number
  /** All keys and values of a session's metadata. Default 64 KiB. */
  readonly metadataBytes: number
}

export const DEFAULT_LIMITS: InputLimits = {
  messageBytes: 1024 * 1024,
  batchMessages: 1000,
  batchBytes: 8 * 1024 * 1024,
  contextBytes: 1024 * 1024,
  metadataBytes: 64 * 1024,
}

/** The largest page, batch or cut, in messages, keys or sessions. */
export const MAX_PAGE = 1000
/** A page of messages or context ends at this many bytes of JSON text, but never before its first entry. */
export const PAGE_BYTES = 8 * 1024 * 1024

/** The last time that a session may carry: stores sort times by thirteen digits, and thirteen nines are never. */
export const MAX_TIME = 9_999_999_999_998

/** Context keys that begin so belong to wrappers; applications can neither read nor write them. */
export const RESERVED_PREFIX = 'sess:'

/** Refuses what is not a whole number between `min` and `max`. */
export function checkWhole(operation: string, what: string, value: unknown, min: number, max?: number): void {
  const number = value as number
  if (Number.isSafeInteger(value) && number >= min && (max === undefined || number <= max)) return
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`
  throw new SessError('INVALID_ARGUMENT', `${operation}: ${what} must be a whole number ${range}`)
}

/** Refuses what is no time in whole milliseconds since the epoch, before which it may lie. */
export function checkTime(operation: string, what: string, value: unknown): void {
  if (!Number.isSafeInteger(value))
    throw new SessError('INVALID_ARGUMENT', `${operation}: ${what} must be a whole number of milliseconds`)
}
