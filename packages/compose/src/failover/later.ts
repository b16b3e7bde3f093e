import { Turns } from '../turns.ts'

/** Until what was put off is done, so that much of it can be done in one step. */
const REST_MS = 20
/** So much of one key is not put off any longer. */
const MOST = 64

/** Work that nobody waits for: it is put off for a moment, and done by key in the order in which it came. */
export class Later<Job> {
  readonly #do: (key: string, jobs: readonly Job[]) => Promise<void>
  readonly #jobs = new Map<string, Job[]>()
  readonly #turns = new Turns()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param work does some jobs of a key, oldest first; what it throws is dropped */
  constructor(work: (key: string, jobs: readonly Job[]) => Promise<void>) {
    this.#do = work
  }

  put(key: string, job: Job): void {
    const jobs = this.#jobs.get(key)
    if (jobs === undefined) this.#jobs.set(key, [job])
    else if (jobs.push(job) >= MOST) this.#start(key)
    this.#timer ??= setTimeout(() => this.#startAll(), REST_MS).unref()
  }

  /** Does now what was put off, and resolves when it is done: of this key, or of all. */
  async idle(key?: string): Promise<void> {
    const isDone = () => (key === undefined ? this.#jobs.size === 0 : !this.#jobs.has(key))
    do {
      if (key === undefined) this.#startAll()
      else this.#start(key)
      await this.#turns.idle(key)
    } while (!isDone())
  }

  #startAll(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const key of [...this.#jobs.keys()]) this.#start(key)
  }

  #start(key: string): void {
    const jobs = this.#jobs.get(key)
    this.#jobs.delete(key)
    if (jobs !== undefined) this.#turns.take(key, () => this.#do(key, jobs)).catch(() => {})
  }
}
