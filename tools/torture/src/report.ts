import { readFileSync, writeFileSync } from 'node:fs'
import type { Run } from './run.ts'

const BEGIN = '<!-- runs: written by `pnpm torture --report` -->'
const END = '<!-- end of runs -->'

type Counts = Readonly<Record<string, number>>

/** The table of runs in Markdown. */
function toTable(runs: readonly Run[]): string {
  const rows = runs.map(({ options, version, processes, summary }) => {
    const losses = list(summary.allowed)
    const findings = list(summary.findings)
    const verdict = findings
      ? `**found:** ${findings}`
      : losses
        ? `legal; allowed losses: ${losses}`
        : 'legal'
    return [
      `${options.store} (${version})`,
      (summary.seconds / 60).toFixed(1),
      `${processes} × ${options.clients}`,
      number(summary.operations),
      number(summary.acknowledged),
      number(summary.unknown),
      list(summary.faults),
      summary.parked > 0 ? `${verdict}; parked sessions: ${summary.parked}` : verdict,
      String(options.seed),
    ]
  })
  const head = [
    'Store',
    'Minutes',
    'Processes × clients',
    'Operations',
    'Messages acknowledged',
    'Ends unknown',
    'Faults',
    'Verdict',
    'Seed',
  ]
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function list(counts: Counts): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ')
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}

/** Puts the table where the page has its marks. */
export function writeReport(page: string, runs: readonly Run[]): void {
  const text = readFileSync(page, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${page} has no place for the runs: ${BEGIN} … ${END}`)
  writeFileSync(page, `${text.slice(0, begin)}${BEGIN}\n\n${toTable(runs)}\n\n${text.slice(end)}`)
}
