import { isSessError, SessError } from '../contract/error.ts'
import type { CallOptions, Health } from '../contract/session-store.ts'
import { checkCall } from '../rules/check-input.ts'
import type { Call } from './call.ts'
import { retold } from './failure.ts'

interface UnderWay extends Call {
  isOver: boolean
  /** Ends it with an error. */
  fail: (error: unknown) => void
}

/** A store's calls under way: each ends at its deadline or abort, and a close waits for all. */
export class Calls {
  readonly #store: string
  readonly #timeoutMs: number
  // In the order of their deadlines, since all have the same time.
  readonly #underWay = new Set<UnderWay>()
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
      const signal = options?.signal
      const abort = signal && (() => call.fail(signal.reason))
      const end = () => {
        call.isOver = true
        // A set keeps what was deleted from it until it grows: what that leads to, the answer too, would outlive the
        // young generation, which costs as much as reading a page.
        call.fail = alreadyOver
        call.messages = undefined
        if (abort) signal.removeEventListener('abort', abort)
        this.#forget(call)
      }
      const call: UnderWay = {
        operation,
        repeatable: true,
        messages: undefined,
        deadline: performance.now() + this.#timeoutMs,
        isOver: false,
        isSent: false,
        isRepeat: false,
        cause: undefined,
        fail: (error) => {
          if (call.isOver) return
          const told = withIds(error, call.messages)
          end()
          reject(told)
        },
      }
      this.#underWay.add(call)
      if (this.#timer === undefined) this.#watch(call)
      if (abort) signal.addEventListener('abort', abort, { once: true })
      work(call).then((value) => {
        if (call.isOver) return
        end()
        resolve(value)
      }, call.fail)
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
    if (this.#underWay.size > 0)
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    clearTimeout(this.#timer)
  }

  #forget(call: UnderWay): void {
    this.#underWay.delete(call)
    if (this.#underWay.size === 0) this.#whenIdle?.()
  }

  /** One timer for all calls: each would set and clear one of its own, and hardly any is ever needed. */
  #watch({ deadline }: Call): void {
    this.#timer = setTimeout(() => this.#endLate(), deadline - performance.now())
    // What a call waits for keeps the process alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  #endLate(): void {
    this.#timer = undefined
    for (const call of this.#underWay) {
      if (call.deadline > performance.now()) {
        this.#watch(call)
        break
      }
      call.fail(late(call, this.#timeoutMs))
    }
  }
}

function alreadyOver(): void {}

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
