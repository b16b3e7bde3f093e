import { isSessError, SessError, type SessionStore } from '@sess/core'

/** Whether a call failed because its store is not there. */
export function isOutage(error: unknown): error is SessError {
  return isSessError(error, 'STORE_UNAVAILABLE')
}

/** Lets calls through to the primary until too many fail in a row, and again when a probe succeeds. */
export class Breaker {
  readonly #primary: SessionStore
  readonly #limit: number
  readonly #onChange: (isOut: boolean) => void
  /** In a row. */
  #failures = 0
  #isOut = false

  /** @param limit so many failures in a row, and the primary is out */
  constructor(primary: SessionStore, limit: number, onChange: (isOut: boolean) => void) {
    this.#primary = primary
    this.#limit = limit
    this.#onChange = onChange
  }

  get isOut(): boolean {
    return this.#isOut
  }

  /** @throws `STORE_UNAVAILABLE` at once while the primary is out */
  async run<T>(operation: string, call: () => Promise<T>): Promise<T> {
    if (this.#isOut) throw new SessError('STORE_UNAVAILABLE', `${operation}: the primary store is out`)
    try {
      const answer = await call()
      this.#failures = 0
      return answer
    } catch (error) {
      if (isOutage(error)) this.#failed()
      throw error
    }
  }

  /** Asks the primary how it is. @throws what is the matter */
  async probe(signal: AbortSignal): Promise<void> {
    const { ok, error } = await this.#primary.health({ signal })
    if (!ok) {
      const failure = error ?? new SessError('STORE_UNAVAILABLE', 'health: the primary store is not well')
      if (isOutage(failure)) this.#failed()
      throw failure
    }
    this.#failures = 0
    this.#change(false)
  }

  #failed(): void {
    if (!this.#isOut && ++this.#failures >= this.#limit) this.#change(true)
  }

  #change(isOut: boolean): void {
    if (isOut === this.#isOut) return
    this.#isOut = isOut
    this.#onChange(isOut)
  }
}
