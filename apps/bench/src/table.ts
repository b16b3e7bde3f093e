import { cpus, loadavg, totalmem } from 'node:os'
import type { Spread } from './measure.ts'
import { isHeld, type Row, type Section } from './suite.ts'

const HEAD = ['', 'beside', 'ratio', 'min–max', 'floor’s', 'beyond floor', 'goal']

/** A section as markdown tables whose columns also line up in a terminal. */
export function toMarkdown({ title, rows, table, notes = [] }: Section): string {
  const parts = [
    `### ${title}`,
    ...(rows.length > 0 ? [aligned(HEAD, rows.map(toCells))] : []),
    ...(table ? [aligned(table.head, table.rows)] : []),
    ...notes,
  ]
  return `${parts.join('\n\n')}\n`
}

function aligned(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Where and how it was measured. */
export function machine(command: string): string {
  const [cpu] = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  const load = (loadavg()[0] as number).toFixed(1)
  return [
    `\`${command}\` on ${cpu?.model.trim() ?? 'an unknown CPU'}, ${cpus().length} cores, ${gib} GiB, Node ${process.version}, ${process.platform}, load ${load} at the start.`,
    '',
    'Ratios are speeds: 1.00 is as fast, 0.50 takes twice as long. Contenders alternate within each round; a figure is the median of the rounds’ ratios. “Floor’s” is the same comparison for the floor, “beyond floor” ours divided by it.',
    '',
  ].join('\n')
}

function toCells(row: Row): readonly string[] {
  return [
    row.what,
    row.to,
    row.ratio.median.toFixed(2),
    `${row.ratio.min.toFixed(2)}–${row.ratio.max.toFixed(2)}`,
    median(row.floor),
    median(row.beyond),
    goal(row),
  ]
}

function median(spread: Spread | undefined): string {
  return spread === undefined ? '' : spread.median.toFixed(2)
}

function goal(row: Row): string {
  if (row.goal === undefined) return ''
  const { of, atLeast } = row.goal
  const what = of === 'beyond' ? 'beyond floor ' : ''
  return `${what}≥ ${atLeast.toFixed(2)} ${isHeld(row) ? 'held' : 'NOT HELD'}`
}
