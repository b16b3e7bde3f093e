/** What a server said of its clock is believed for so long, and not nearer to a moment than that. */
const [BELIEVED_MS, MARGIN_MS] = [600_000, 60_000]

/** A server's clock by what it said once, for whoever needs no more than to know that a moment is far off. */
export class ServerClock {
  readonly #said: number
  readonly #at = performance.now()
  readonly #wall = Date.now()

  /** @param seconds since 1970, said just now */
  constructor(seconds: number) {
    this.#said = 1000 * seconds
  }

  /** Whether a moment (ms since 1970 by that clock; `null`: never) has surely not come yet. */
  isBefore(moment: number | null): boolean {
    // A machine that slept stopped the one, somebody may have set the other.
    const passed = Math.max(performance.now() - this.#at, Date.now() - this.#wall)
    return passed < BELIEVED_MS && (moment === null || this.#said + passed + MARGIN_MS < moment)
  }
}
