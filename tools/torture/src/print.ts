import { type Finding, KINDS } from './checker/finding.ts'
import type { Call, Fault, History, Op, Row } from './history.ts'

/** The last of what could not be made small. */
const MOST_LINES = 60

/** A finding and the calls that show it, in the order in which they began. */
export function print(finding: Finding, { ops, faults }: History): string {
  const begin = Math.min(...ops.map(({ invoke }) => invoke))
  const end = Math.max(
    ...ops.map(({ invoke, complete }) => (complete === Number.POSITIVE_INFINITY ? invoke : complete)),
  )
  const ids = new Set(ops.flatMap(({ call }) => (call.f === 'append' ? call.ids : [])))
  const around = faults.filter((fault) => fault.begin <= end && fault.end >= begin)
  const lines = [
    ...ops.map((op) => ({ t: op.invoke, text: printOp(op, begin, ids) })),
    ...around.map((fault) => ({ t: fault.begin, text: printFault(fault, begin) })),
  ].sort((a, b) => a.t - b.t)
  const left = Math.max(0, lines.length - MOST_LINES)
  return [
    `${finding.kind}: ${KINDS[finding.kind]}`,
    `  session ${finding.session}: ${finding.detail}`,
    ...(left > 0 ? [`  … ${left} more …`] : []),
    ...lines.slice(left).map(({ text }) => `  ${text}`),
  ].join('\n')
}

function time(t: number, begin: number): string {
  return t === Number.POSITIVE_INFINITY ? '         …' : `${((t - begin) / 1000).toFixed(3).padStart(10)}`
}

function printFault({ name, begin: from, end }: Fault, begin: number): string {
  return `${time(from, begin)} –${time(end, begin)} ms  *** ${name}`
}

function printOp(op: Op, begin: number, ids: ReadonlySet<string>): string {
  const who = `${op.client}#${op.n}`.padEnd(14)
  return `${time(op.invoke, begin)} –${time(op.complete, begin)} ms  ${who} ${printCall(op.call)} → ${printEnd(op, ids)}`
}

function printCall(call: Call): string {
  switch (call.f) {
    case 'append': {
      const condition = call.ifLastSeq === undefined ? '' : ` if lastSeq = ${call.ifLastSeq}`
      return `append ${call.ids.join(', ')}${call.turn ? ` with turn ${call.turn.n}` : ''}${condition}`
    }
    case 'set':
      return `set ${call.value} if version = ${call.ifVersion}`
    case 'amend':
      return `amend ${call.id} to ${call.rev}`
    case 'last':
      return `read last ${call.last}`
    case 'page':
      return `read ${call.limit} after seq ${call.afterSeq}`
    case 'session':
      return `read session with last ${call.last}`
    case 'final':
      return 'read everything'
  }
}

function printEnd({ outcome, answer, code, current }: Op, ids: ReadonlySet<string>): string {
  if (outcome !== 'ok') {
    const found = current ? `, found version ${current.version}, lastSeq ${current.lastSeq}` : ''
    return outcome === 'unknown' ? `unknown${code ? ` (${code})` : ', never answered'}` : `${code}${found}`
  }
  const { version, lastSeq, value, rows, isStale } = answer ?? {}
  return [
    version !== undefined && `version ${version}`,
    lastSeq !== undefined && `lastSeq ${lastSeq}`,
    value !== undefined && `register ${value}`,
    rows && printRows(rows, ids),
    isStale && 'said to be old',
  ]
    .filter(Boolean)
    .join(', ')
}

/** Of a long log what the calls are about, with its beginning and end. */
function printRows(rows: readonly Row[], ids: ReadonlySet<string>): string {
  const text: string[] = []
  let left = 0
  for (const [index, [seq, id, version, rev]] of rows.entries()) {
    const isShown = rows.length <= 6 || index === 0 || index === rows.length - 1 || ids.has(id)
    if (isShown && left > 0) text.push(`… ${left} more …`)
    left = isShown ? 0 : left + 1
    if (isShown) text.push(`${seq}: ${id} (v${version}${rev === null ? ', torn' : rev && `, ${rev}`})`)
  }
  return `[${text.join('; ')}]`
}
