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
