import { SessError } from '../contract/error.ts'
import type { Call } from './call.ts'

/** A driver's error, told apart. */
export interface Failure {
  readonly error: SessError
  /** Nothing was applied, and the same call may succeed in a moment. */
  readonly passes: boolean
}

/** A server that is not there for a call. */
export function unavailable(
  operation: string,
  why: string,
  cause: unknown,
  outcome: 'none' | 'unknown',
  passes = false,
): Failure {
  return { error: new SessError('STORE_UNAVAILABLE', `${operation}: ${why}`, { cause, outcome }), passes }
}

/**
 * Throws where a call that failed may not be sent again (law 11): it is over, or nothing says that it may pass or that
 * the same thing twice comes to the same.
 * @param ms until the next attempt and its answer: one that the deadline cuts off would leave nobody knowing its end
 */
export function refuseAgain(call: Call, { error, passes }: Failure, ms: number): void {
  call.cause = error.cause
  const isSafe = passes || (error.outcome === 'unknown' && call.repeatable)
  if (isSafe && !call.isOver && performance.now() + ms < call.deadline) return
  // What an earlier attempt or step may have done, a later refusal does not undo.
  throw call.isSent ? retold(error, { outcome: 'unknown' }) : error
}

/** The same error, with more that is known of the call. */
export function retold(
  error: SessError,
  more: { readonly outcome?: 'none' | 'unknown'; readonly messageIds?: readonly string[] },
): SessError {
  const { code, message, cause, outcome, sessionId } = error
  return new SessError(code, message, {
    cause,
    outcome,
    ...(sessionId !== undefined && { sessionId }),
    ...more,
  })
}
