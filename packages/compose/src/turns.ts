/** Work on one key is done one after another, on different keys at once. */
export class Turns {
  /** Who waits, by key; a key is there while its work is done. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /** Does the work when all that was to be done on this key before has ended. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) this.#waiting.set(key, [])
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.get(key)?.shift()
      if (next === undefined) this.#waiting.delete(key)
      else next()
    }
  }

  /** Resolves when all that is to be done by now on this key, or on any, has ended. */
  async idle(key?: string): Promise<void> {
    const busy = [...this.#waiting.keys()].filter((one) => key === undefined || one === key)
    await Promise.all(busy.map((one) => this.take(one, async () => {})))
  }
}
