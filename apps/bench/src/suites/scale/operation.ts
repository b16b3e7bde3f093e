import { spread } from '../../measure.ts'
import type { Section } from '../../suite.ts'
import { whole } from '../../suite.ts'

/** A call whose time is taken where there is little and where there is much. */
export interface Operation {
  readonly name: string
  /** How often it is called; it may change what it is called on. */
  readonly calls: number
  readonly call: (i: number) => Promise<unknown>
}

/** Microseconds of a call, in the median. */
export type Taken = ReadonlyMap<string, number>

/** One call after the other. */
export async function timeEach(operations: readonly Operation[]): Promise<Taken> {
  const taken = new Map<string, number>()
  for (const { name, calls, call } of operations) {
    const times: number[] = []
    for (let i = 0; i < calls; i++) {
      const start = performance.now()
      await call(i)
      times.push((performance.now() - start) * 1000)
    }
    taken.set(name, spread(times).median)
  }
  return taken
}

export function compared(
  title: string,
  [little, small]: readonly [string, Taken],
  [much, large]: readonly [string, Taken],
  notes: readonly string[],
): Section {
  const us = (value: number | undefined) =>
    value === undefined ? '–' : value < 10 ? value.toFixed(1) : whole(Math.round(value))
  return {
    title,
    rows: [],
    table: {
      head: ['median of single calls', `µs at ${little}`, `µs at ${much}`, 'as fast as there'],
      rows: [...large].map(([name, time]) => {
        const before = small.get(name)
        return [name, us(before), us(time), before === undefined ? '–' : (before / time).toFixed(2)]
      }),
    },
    notes,
  }
}
