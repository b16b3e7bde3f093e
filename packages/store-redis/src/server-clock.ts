/** What a server said of its clock is believed for so long, and no nearer to a moment than that. */
const [BELIEVED_MS, MARGIN_MS] = [600_000, 60_000]

/** A moment by both clocks of this machine: one stops while the machine sleeps, the other may be set. */
export interface Asked {
  readonly at: number
  readonly wall: number
}

export function askedNow(): Asked {
  return { at: performance.now(), wall: Date.now() }
}

/** A server's clock by what it said once, for whoever needs no more than to know that a moment is far off. */
export class ServerClock {
  readonly #said: number
  readonly #asked: Asked

  /**
   * @param seconds since 1970
   * @param asked before it was sent for: however late the answer was handled, the clock is not taken for slower
   */
  constructor(seconds: number, asked: Asked) {
    this.#said = 1000 * seconds
    this.#asked = asked
  }

  get isBelieved(): boolean {
    return this.isBefore(null)
  }

  /** Whether a moment (ms since 1970 by that clock; `null`: never) is more than a minute off. */
  isBefore(moment: number | null): boolean {
    const passed = Math.max(performance.now() - this.#asked.at, Date.now() - this.#asked.wall)
    return passed < BELIEVED_MS && (moment === null || this.#said + passed + MARGIN_MS < moment)
  }
}
