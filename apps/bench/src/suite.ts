import type { Chart } from './chart.ts'
import type { Rounds, Spread } from './measure.ts'

/** How much a run does. */
export interface Plan {
  /** Of comparisons that time thousands of calls in a round. */
  readonly long: Rounds
  /** Of comparisons that time a few calls in a round, as where what is measured must not grow by them. */
  readonly short: Rounds
  /** The large one of two sizes that are compared. */
  readonly large: number
  /** Calls timed in a long round. */
  readonly calls: number
  /** How long a soak takes. */
  readonly minutes: number
}

export const FULL: Plan = {
  long: { rounds: 15, warmUp: 2 },
  short: { rounds: 61, warmUp: 20, collects: 'minor' },
  large: 100_000,
  calls: 20_000,
  minutes: 20,
}
/** To see that all runs; its figures mean nothing. */
export const QUICK: Plan = {
  long: { rounds: 1, warmUp: 1 },
  short: { rounds: 1, warmUp: 1, collects: 'minor' },
  large: 2_000,
  calls: 200,
  minutes: 0.02,
}

/** One comparison. All ratios are speeds: 1 is as fast (or as small), 0.5 costs twice as much. */
export interface Row {
  readonly what: string
  /** What it is compared with. */
  readonly to: string
  readonly ratio: Spread
  /** The same comparison for the floor, where it has a cost of its own. */
  readonly floor?: Spread
  /** The ratio divided by the floor's, within rounds. */
  readonly beyond?: Spread
  readonly goal?: Goal
}

export interface Goal {
  readonly of: 'ratio' | 'beyond'
  readonly atLeast: number
}

export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
  /** Figures that are no ratios, side by side. */
  readonly table?: Table
  /** Drawn where the sections are written to a folder. */
  readonly chart?: Chart
  /** Figures that are no ratios, for orientation. */
  readonly notes?: readonly string[]
}

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Sections in the order in which they are printed, each as soon as it is measured. */
export type Suite = (plan: Plan) => AsyncIterable<Section>

/** `undefined` where a row has no goal. */
export function isHeld(row: Row): boolean | undefined {
  if (row.goal === undefined) return undefined
  return (row[row.goal.of] as Spread).median >= row.goal.atLeast
}

export function whole(count: number): string {
  return count.toLocaleString('en-US')
}
