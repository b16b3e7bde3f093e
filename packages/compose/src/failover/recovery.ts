import { pause } from '../pause.ts'

/** Does its work again and again, ever less often, until there is nothing left to do; keeps no process alive. */
export class Recovery {
  readonly #firstMs: number
  readonly #lastMs: number
  readonly #work: (signal: AbortSignal) => Promise<boolean>
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined
  #isAsked = false

  /** @param work answers whether it is done; what it throws means that it is not */
  constructor(firstMs: number, lastMs: number, work: (signal: AbortSignal) => Promise<boolean>) {
    this.#firstMs = firstMs
    this.#lastMs = lastMs
    this.#work = work
  }

  /** To be called whenever there may be something to do. */
  start(): void {
    this.#isAsked = true
    if (this.#closing.signal.aborted) return
    this.#running ??= this.#run()
  }

  /** Lets what is being done come to its end. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; ) {
      this.#isAsked = false
      const isDone = await this.#work(signal).catch(() => false)
      if (isDone && !this.#isAsked) {
        // In the same step: who asks from now on asks for another run.
        this.#running = undefined
        return
      }
      failures = isDone ? 0 : failures + 1
      await pause(isDone ? 0 : this.#restMs(failures), signal, false)
    }
  }

  /** Twice as long each time; at random, so that many processes do not come at once. */
  #restMs(failures: number): number {
    const longest = Math.min(this.#lastMs, this.#firstMs * 2 ** (failures - 1))
    return longest * (0.5 + Math.random() / 2)
  }
}
