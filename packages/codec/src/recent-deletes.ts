/** Longer than a millisecond of the store's clock, by this process's. */
const TICK_MS = 1.5

/**
 * Keeps apart two sessions that have the same id. What tells them apart, for a process that has the data key of the
 * first, is `createdAt`, in milliseconds: a session is not made in the same one in which this process deleted another.
 */
export class RecentDeletes {
  /** By session id, the last at the end. */
  readonly #times = new Map<string, number>()
  #ofUser = Number.NEGATIVE_INFINITY

  /** @param sessionId none for all sessions of a user */
  note(sessionId?: string): void {
    const now = performance.now()
    for (const [id, time] of this.#times) {
      if (now - time < TICK_MS) break
      this.#times.delete(id)
    }
    if (sessionId === undefined) this.#ofUser = now
    else this.#times.set(sessionId, now)
  }

  /** Ends when a session may be made under an id: at once, but just after a delete. */
  async pass(sessionId: string): Promise<void> {
    const last = Math.max(this.#ofUser, this.#times.get(sessionId) ?? Number.NEGATIVE_INFINITY)
    while (performance.now() - last < TICK_MS) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
