import { SessError } from '@sess/core'
import type { Call } from './connection.ts'
import { retold } from './errors.ts'

/** Calls under way: each ends at its deadline or abort, and a close waits for all. */
export class Calls {
  readonly #timeoutMs: number
  readonly #underWay = new Set<Promise<unknown>>()
  #closed = false

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  refuseClosed(operation: string): void {
    if (this.#closed) throw new SessError('STORE_CLOSED', `${operation}: this Redis store is closed`)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Does the work of a call. @param messageIds told where the call may have been applied */
  run<T>(
    operation: string,
    options: { readonly signal?: AbortSignal | undefined } | undefined,
    repeatable: boolean,
    work: (call: Call) => Promise<T>,
    messageIds?: readonly string[],
  ): Promise<T> {
    let isOver = false
    const deadline = performance.now() + this.#timeoutMs
    const call: Call = { operation, repeatable, deadline, isOver: () => isOver }
    const end = () => {
      isOver = true
    }
    const done = this.#bounded(call, options?.signal, work(call), end).catch((error: unknown) => {
      throw messageIds?.length ? withIds(error, messageIds) : error
    })
    this.#underWay.add(done)
    const forget = () => this.#underWay.delete(done)
    done.then(forget, forget)
    return done
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#underWay)
  }

  #bounded<T>(call: Call, signal: AbortSignal | undefined, work: Promise<T>, onEnd: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const abort = () => settle(() => reject(signal?.reason))
      const timer = setTimeout(() => settle(() => reject(late(call, this.#timeoutMs))), this.#timeoutMs)
      const settle = (end: () => void) => {
        onEnd()
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        end()
      }
      signal?.addEventListener('abort', abort, { once: true })
      work.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      )
    })
  }
}

function late({ operation, isSent, cause }: Call, ms: number): SessError {
  return new SessError('STORE_UNAVAILABLE', `${operation}: no answer within ${ms} ms`, {
    cause,
    outcome: isSent === true ? 'unknown' : 'none',
  })
}

function withIds(error: unknown, messageIds: readonly string[]): unknown {
  return error instanceof SessError && error.outcome === 'unknown' ? retold(error, { messageIds }) : error
}
