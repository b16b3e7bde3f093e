import type { Message } from './model.ts'

export const SESS_ERROR_CODES = [
  'SESSION_NOT_FOUND',
  'SESSION_EXPIRED',
  'SESSION_EXISTS',
  'SESSION_CLOSED',
  'MESSAGE_NOT_FOUND',
  'MESSAGE_LIMIT',
  'LIMIT_EXCEEDED',
  'CONFLICT',
  'INVALID_ARGUMENT',
  'UNSUPPORTED',
  'STORE_UNAVAILABLE',
  'STORE_CLOSED',
  'CORRUPT_DATA',
  'DECRYPTION_FAILED',
  'CONFIG_INVALID',
] as const

export type SessErrorCode = (typeof SESS_ERROR_CODES)[number]

/** The session as a `CONFLICT` found it. */
export interface ConflictState {
  readonly version: number
  readonly lastSeq: number
  readonly createdAt: number
  /** Of the keys in `if.absent`, those that were there. */
  readonly present?: readonly string[]
  /** Of the keys in `if.present`, those that were not there. */
  readonly missing?: readonly string[]
  /** Of the appended ids, the messages that were there, in the order given; of more than 8 MiB they may be the first alone. */
  readonly messages?: readonly Message[]
}

export interface SessErrorOptions {
  /** What failed below, such as the driver's error. */
  readonly cause?: unknown
  readonly sessionId?: string
  readonly current?: ConflictState
  readonly outcome?: 'none' | 'unknown'
  readonly messageIds?: readonly string[]
  readonly issues?: readonly unknown[]
}

const BRAND = Symbol.for('sess.error')

/**
 * The only error that Sess throws, but for an abort, which throws the signal's own reason.
 * Compare `code` (or use {@link isSessError}): two copies of this package may meet in one process.
 * Messages name the operation and the session, never a conversation's content or a secret.
 */
export class SessError extends Error {
  readonly code: SessErrorCode
  /** Whether the same call may succeed when repeated as it is. */
  readonly retryable: boolean
  declare readonly sessionId?: string
  /** `unknown`: the call may have been applied; `none`: it was not. */
  readonly outcome: 'none' | 'unknown'
  /** With `outcome: 'unknown'`, the ids of the messages, so that the append can be repeated without doubling any. */
  declare readonly messageIds?: readonly string[]
  /** With `CONFLICT`. Not enumerable, so that a log of the error holds no content. */
  declare readonly current?: ConflictState
  /** What a schema said of a value that it refused. Not enumerable either: schemas quote what they refuse. */
  declare readonly issues?: readonly unknown[]

  constructor(code: SessErrorCode, message: string, options: SessErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SessError'
    this.code = code
    this.retryable = code === 'STORE_UNAVAILABLE'
    this.outcome = options.outcome ?? 'none'
    if (options.sessionId !== undefined) this.sessionId = options.sessionId
    if (options.messageIds) this.messageIds = options.messageIds
    if (options.current) Object.defineProperty(this, 'current', { value: options.current, enumerable: false })
    if (options.issues) Object.defineProperty(this, 'issues', { value: options.issues, enumerable: false })
    Object.defineProperty(this, BRAND, { value: true, enumerable: false })
  }

  /** A twin copy's errors are instances as well; of a class of your own, only those that it made. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: subclasses inherit this.
    return this === SessError ? isSessError(error) : Error[Symbol.hasInstance].call(this, error)
  }
}

/** Whether a caught value is a SessError (of this code, if one is given), from whichever copy of this package. */
export function isSessError(error: unknown, code?: SessErrorCode): error is SessError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as { [BRAND]?: unknown })[BRAND] === true &&
    (code === undefined || (error as SessError).code === code)
  )
}

// `instanceof` asks the code, so that stores need only one class and a twin copy's errors are known too.

/** `error instanceof SessionNotFoundError` is `isSessError(error, 'SESSION_NOT_FOUND')`. */
export class SessionNotFoundError extends SessError {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return isSessError(error, 'SESSION_NOT_FOUND')
  }
}

/** `error instanceof SessionExpiredError` is `isSessError(error, 'SESSION_EXPIRED')`. */
export class SessionExpiredError extends SessError {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return isSessError(error, 'SESSION_EXPIRED')
  }
}

/** `error instanceof StoreUnavailableError` is `isSessError(error, 'STORE_UNAVAILABLE')`. */
export class StoreUnavailableError extends SessError {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return isSessError(error, 'STORE_UNAVAILABLE')
  }
}

/** `error instanceof InvalidSessionError` is `isSessError(error, 'INVALID_ARGUMENT')`. */
export class InvalidSessionError extends SessError {
  static override [Symbol.hasInstance](error: unknown): boolean {
    return isSessError(error, 'INVALID_ARGUMENT')
  }
}

/** Whether there is no such session, or none any more. */
export function isGone(error: unknown): boolean {
  return isSessError(error, 'SESSION_NOT_FOUND') || isSessError(error, 'SESSION_EXPIRED')
}

/** What a wrapper or store throws for an option that it cannot take. */
export function invalidOption(operation: string, why: string): SessError {
  return new SessError('CONFIG_INVALID', `${operation}: ${why}`)
}
