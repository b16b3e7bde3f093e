import { ExponentialBackoff, type IBackoff } from 'cockatiel'
import { pause } from '../pause.ts'

/** Does its work again and again, ever less often, until there is nothing left to do; keeps no process alive. */
export class Recovery {
  readonly #work: (signal: AbortSignal) => Promise<boolean>
  readonly #backoff: ExponentialBackoff<number>
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #isAsked = false

  /** @param work answers whether it is done; what it throws means that it is not */
  constructor(firstMs: number, lastMs: number, work: (signal: AbortSignal) => Promise<boolean>) {
    this.#backoff = new ExponentialBackoff({ initialDelay: firstMs, maxDelay: lastMs })
    this.#work = work
  }

  /** To be called whenever there may be something to do. */
  start(): void {
    this.#isAsked = true
    if (this.#closing.signal.aborted) return
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Lets what is being done come to its end. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let next: IBackoff<unknown> | undefined; !signal.aborted; ) {
      this.#isAsked = false
      const isDone = await this.#work(signal).catch(() => false)
      if (isDone && !this.#isAsked) return
      next = isDone ? undefined : (next?.next(undefined) ?? this.#backoff.next())
      await pause(next?.duration ?? 0, signal, false)
    }
  }
}
