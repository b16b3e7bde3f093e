/** A longer interval would overflow the timer and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Runs something at an interval (at most 24.8 days) without keeping the process alive; answers the way to stop it. */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, Math.min(ms, MAX_TIMER_MS))
  // Edge runtimes give numbers, which keep nothing alive.
  ;(timer as { unref?: () => void }).unref?.()
  return () => clearInterval(timer)
}
