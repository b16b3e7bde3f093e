import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until the condition holds; one that throws does not hold yet. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeout = 20_000,
): Promise<void> {
  const end = Date.now() + timeout
  let last: unknown
  while (Date.now() < end) {
    try {
      if (await condition()) return
      last = undefined
    } catch (error) {
      last = error
    }
    await sleep(20)
  }
  throw new Error(`${what}: not within ${timeout} ms`, { cause: last })
}
