import { isSessError, SessError, type SessionStore } from '@sess/core'
import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel'

/** Whether a call failed because its store is not there. */
export function isOutage(error: unknown): error is SessError {
  return isSessError(error, 'STORE_UNAVAILABLE')
}

/** Lets calls through to the primary until too many fail in a row, and again when a probe succeeds. */
export class Breaker {
  readonly #primary: SessionStore
  readonly #policy: CircuitBreakerPolicy
  /** Whether the last call failed. */
  #hasFailed = false

  /** @param failures in a row, after which the primary is out */
  constructor(primary: SessionStore, failures: number, onChange: (isOut: boolean) => void) {
    this.#primary = primary
    // No call but a probe ever finds it half open, so that none waits for the outcome of another.
    this.#policy = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(failures),
      // By a clock that may be set back, nothing is later than this.
      halfOpenAfter: Number.NEGATIVE_INFINITY,
    })
    let wasOut = false
    const change = (isOut: boolean) => {
      // A probe that fails breaks what was broken.
      if (isOut !== wasOut) onChange(isOut)
      wasOut = isOut
    }
    this.#policy.onBreak(() => change(true))
    this.#policy.onReset(() => change(false))
  }

  get isOut(): boolean {
    return this.#policy.state !== CircuitState.Closed
  }

  /** @throws `STORE_UNAVAILABLE` at once while the primary is out */
  async run<T>(operation: string, call: () => Promise<T>): Promise<T> {
    if (this.isOut) throw new SessError('STORE_UNAVAILABLE', `${operation}: the primary store is out`)
    try {
      const answer = await call()
      // A success after others is no news, and telling it costs more than all else here.
      if (this.#hasFailed) await this.#note(undefined)
      return answer
    } catch (error) {
      if (isOutage(error)) await this.#note(error)
      throw error
    }
  }

  /** How a call ended, unless it began before the primary went out. */
  async #note(failure: SessError | undefined): Promise<void> {
    this.#hasFailed = failure !== undefined
    if (this.isOut) return
    const outcome = () => (failure === undefined ? Promise.resolve() : Promise.reject(failure))
    await this.#policy.execute(outcome).catch(() => {})
  }

  /** Asks the primary how it is. @throws what is the matter */
  async probe(signal: AbortSignal): Promise<void> {
    await this.#policy.execute(async () => {
      const { ok, error } = await this.#primary.health({ signal })
      if (!ok) throw error ?? new SessError('STORE_UNAVAILABLE', 'health: the primary store is not well')
    })
  }
}
