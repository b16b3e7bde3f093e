import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until the condition holds; one that throws does not hold yet. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  let last: unknown
  while (performance.now() < end) {
    try {
      if (await condition()) return
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(50)
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last })
}
