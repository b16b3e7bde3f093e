import type { Checked } from './checker/check.ts'
import type { History } from './history.ts'

type Counts = Readonly<Record<string, number>>

/** A round, or several, in numbers. */
export interface Summary {
  readonly rounds: number
  readonly seconds: number
  readonly operations: number
  /** Messages whose append was acknowledged. */
  readonly acknowledged: number
  readonly unknown: number
  /** Conditions that did not hold. */
  readonly conflicts: number
  readonly sessions: number
  readonly parked: number
  readonly faults: Counts
  /** Of the stores. */
  readonly events: Counts
  readonly findings: Counts
  /** What the claims allow. */
  readonly allowed: Counts
}

export function summarize(
  history: History,
  { findings, allowed }: Checked,
  faults: Counts,
  events: Counts,
  seconds: number,
): Summary {
  const { ops, starts, parked } = history
  const acknowledged = new Set<string>()
  for (const { call, outcome } of ops)
    if (call.f === 'append' && outcome === 'ok') for (const id of call.ids) acknowledged.add(id)
  return {
    rounds: 1,
    seconds,
    operations: ops.length,
    acknowledged: acknowledged.size,
    unknown: ops.filter(({ outcome }) => outcome === 'unknown').length,
    conflicts: ops.filter(({ code }) => code === 'CONFLICT').length,
    sessions: starts.size,
    parked: parked.size,
    ...{ faults, events },
    findings: countBy(findings.map(({ kind }) => kind)),
    allowed: countBy(allowed.map(({ kind }) => kind)),
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Several as one; all fields add up. */
export function total(summaries: readonly Summary[]): Summary {
  const empty: Summary = {
    ...{ rounds: 0, seconds: 0, operations: 0, acknowledged: 0, unknown: 0, conflicts: 0 },
    ...{ sessions: 0, parked: 0, faults: {}, events: {}, findings: {}, allowed: {} },
  }
  return summaries.reduce((sum, one) => {
    const fields = Object.entries(sum).map(([name, value]) => {
      const more = one[name as keyof Summary]
      if (typeof value === 'number' && typeof more === 'number') return [name, value + more]
      return [name, added(value as Counts, more as Counts)]
    })
    return Object.fromEntries(fields) as Summary
  }, empty)
}

function added(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a }
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
