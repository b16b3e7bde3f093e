import { pause } from '../pause.ts'

const LOOK_MS = 10
/** How often is looked without anything having moved. */
const MOST_LOOKS = 50

/** Waits for another process as long as that gets on. */
export class Patience {
  #seen: number | undefined
  #looks = 0

  /** Waits a moment; `false` when there is no hope. @param seen what moves while the other gets on */
  async waits(seen: number | undefined, signal: AbortSignal): Promise<boolean> {
    this.#looks = seen === this.#seen ? this.#looks + 1 : 0
    this.#seen = seen
    if (this.#looks > MOST_LOOKS || signal.aborted) return false
    await pause(LOOK_MS, signal)
    return true
  }
}
