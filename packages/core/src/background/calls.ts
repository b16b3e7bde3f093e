import { isSessError, SessError } from '../contract/error.ts'
import type { CallOptions, Health } from '../contract/session-store.ts'
import { checkCall } from '../rules/check-input.ts'
import type { Call } from './call.ts'
import { CallList, UnderWay } from './call-list.ts'
import { retold } from './failure.ts'

/** A store's calls under way: each ends at its deadline or abort, and a close waits for all. */
export class Calls {
  readonly #store: string
  readonly #timeoutMs: number
  // In the order of their deadlines too, since all have the same time.
  readonly #underWay = new CallList()
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false
  #whenIdle: (() => void) | undefined

  /** @param store its name in errors */
  constructor(store: string, timeoutMs: number) {
    this.#store = store
    this.#timeoutMs = timeoutMs
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /**
   * Does the work of a call, when `check` has let its arguments through.
   * @throws `STORE_CLOSED`, what `check` throws, `STORE_UNAVAILABLE` at the deadline, the signal's reason at an abort,
   *   else what the work throws
   */
  run<T>(
    operation: string,
    options: CallOptions | undefined,
    check: () => void,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed)
        throw new SessError('STORE_CLOSED', `${operation}: this ${this.#store} store is closed`)
      check()
      const call = new UnderWay(operation, performance.now() + this.#timeoutMs, reject)
      const answer = work(call)
      // Not before: the rest is done while what was sent is on its way.
      this.#underWay.add(call)
      if (this.#timer === undefined) this.#watch(call)
      if (options?.signal) this.#listen(call, options.signal)
      answer.then(
        (value) => {
          if (this.#end(call)) resolve(value)
        },
        (error) => this.#fail(call, error),
      )
    })
  }

  /** Whether the server answers what `ask` sends. Never throws. */
  async health(options: CallOptions | undefined, ask: (call: Call) => Promise<unknown>): Promise<Health> {
    const start = performance.now()
    const check = () => checkCall('health', options)
    try {
      await this.run('health', options, check, (call) => {
        call.repeatable = false
        return ask(call)
      })
      return { ok: true, latencyMs: performance.now() - start }
    } catch (cause) {
      const error = isSessError(cause)
        ? cause
        : new SessError('STORE_UNAVAILABLE', 'health: aborted', { cause })
      return { ok: false, latencyMs: performance.now() - start, error }
    }
  }

  /** Refuses calls from now on; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#underWay.first !== undefined)
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    clearTimeout(this.#timer)
  }

  #listen(call: UnderWay, signal: AbortSignal): void {
    const abort = () => this.#fail(call, signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    call.ignoreSignal = () => signal.removeEventListener('abort', abort)
  }

  #fail(call: UnderWay, error: unknown): void {
    if (this.#end(call)) call.reject(withIds(error, call.messages))
  }

  /** @returns whether it was under way until now */
  #end(call: UnderWay): boolean {
    if (call.isOver) return false
    call.isOver = true
    call.ignoreSignal?.()
    this.#underWay.remove(call)
    if (this.#underWay.first === undefined) this.#whenIdle?.()
    return true
  }

  /** One timer for all calls: each would set and clear one of its own, and hardly any is ever needed. */
  #watch({ deadline }: Call): void {
    this.#timer = setTimeout(() => this.#endLate(), deadline - performance.now())
    // What a call waits for keeps the process alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  #endLate(): void {
    this.#timer = undefined
    for (let call = this.#underWay.first; call !== undefined; call = this.#underWay.first) {
      if (call.deadline > performance.now()) {
        this.#watch(call)
        break
      }
      this.#fail(call, late(call, this.#timeoutMs))
    }
  }
}

function late({ operation, isSent, cause }: Call, ms: number): SessError {
  return new SessError('STORE_UNAVAILABLE', `${operation}: no answer within ${ms} ms`, {
    cause,
    outcome: isSent ? 'unknown' : 'none',
  })
}

function withIds(error: unknown, messages: readonly { readonly id: string }[] = []): unknown {
  if (!(error instanceof SessError) || error.outcome !== 'unknown' || messages.length === 0) return error
  return retold(error, { messageIds: messages.map(({ id }) => id) })
}
