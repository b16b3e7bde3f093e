import { setTimeout as sleep } from 'node:timers/promises'
import type { Takeover } from '../history.ts'
import type { Random } from '../random.ts'

/** A way to break something, and to mend it again. */
export interface Breakage {
  readonly name: string
  /** Another one takes its place. */
  readonly takeover?: Takeover
  /** Ends when all is as before. @param random says how long and how bad */
  strike(random: Random): Promise<void>
}

/** Stops a process in its tracks for some time. */
export async function stopFor(one: { pause(): void; resume(): void }, ms: number): Promise<void> {
  one.pause()
  await sleep(ms)
  one.resume()
}
