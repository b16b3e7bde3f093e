import { plural } from '../words.ts'
import type { Check } from './checks/index.ts'
import { type Outcome, TURNS, type Verdict } from './run.ts'
import type { Way } from './ways.ts'

/** The tables, a store each, with what did not hold below them, and one line that says it all. */
export function reportOf(
  outcomes: readonly Outcome[],
  checks: readonly Pick<Check, 'name' | 'about'>[],
  ways: readonly Way[],
): { readonly text: string; readonly held: boolean } {
  const stores = [...new Set(outcomes.map(({ store }) => store))]
  const tables = stores.map((store) =>
    tableOf(
      store,
      outcomes.filter((outcome) => outcome.store === store),
      [TURNS, ...checks.map(({ name }) => name)],
    ),
  )
  const faults = outcomes.flatMap(faultsOf)
  const parts = [
    legendOf('Ways to use a store', ways),
    legendOf('Checks', [{ name: TURNS, about: 'each turn sees what the turns before it wrote' }, ...checks]),
    ...tables,
    ...(faults.length > 0 ? [`Not held:\n${faults.join('\n')}`] : []),
    lastLine(outcomes, stores.length, faults.length),
  ]
  return { text: parts.join('\n\n'), held: faults.length === 0 }
}

function legendOf(
  title: string,
  entries: readonly { readonly name: string; readonly about: string }[],
): string {
  return [`${title}:`, ...entries.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`)].join('\n')
}

function tableOf(store: string, outcomes: readonly Outcome[], checks: readonly string[]): string {
  const numbers = (name: string, of: (outcome: Outcome) => number) => [
    name,
    ...outcomes.map((outcome) => Math.round(of(outcome)).toLocaleString('en')),
  ]
  const rows = [
    [store, ...outcomes.map(({ way }) => way)],
    ...checks.map((check) => [check, ...outcomes.map(({ verdicts }) => cellOf(verdicts.get(check)))]),
    numbers('conversations', ({ conversations }) => conversations),
    numbers('messages', ({ messages }) => messages),
    numbers('messages/s', ({ perSecond }) => perSecond),
  ]
  const widths = (rows[0] as string[]).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] as string).length)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  '),
  )
  const rule = '-'.repeat((lines[0] as string).length)
  return [lines[0], rule, ...lines.slice(1, -3), rule, ...lines.slice(-3)].join('\n')
}

function cellOf(verdict: Verdict): string {
  if (verdict === undefined) return '-'
  return verdict === true ? 'held' : 'NOT HELD'
}

function faultsOf({ store, way, verdicts }: Outcome): readonly string[] {
  return [...verdicts]
    .filter(([, verdict]) => typeof verdict === 'string')
    .map(([check, why]) => `  ${store}, ${way}, ${check}: ${why}`)
}

function lastLine(outcomes: readonly Outcome[], stores: number, faults: number): string {
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0)
  const tried = sum(
    ({ verdicts }) => [...verdicts.values()].filter((verdict) => verdict !== undefined).length,
  )
  const where = `${plural(outcomes.length, 'way')} to use ${plural(stores, 'store')}`
  const what = `${plural(
    sum(({ conversations }) => conversations),
    'conversation',
  )}, ${plural(
    sum(({ messages }) => messages),
    'message',
  )}`
  if (faults === 0) return `All ${plural(tried, 'check')} held: ${where}, ${what}.`
  return `${faults} of ${plural(tried, 'check')} did not hold: ${where}, ${what}.`
}
