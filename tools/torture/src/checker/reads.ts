import type { Op, Row } from '../history.ts'
import type { Finding } from './finding.ts'
import { found } from './log.ts'
import { isRead, type SessionHistory } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/** What everybody could know at a time: the session was so far. */
interface Fact {
  readonly t: number
  readonly lastSeq: number
  readonly version: number
  readonly by: Op
}

/** Each read is the window that was asked for, whole batches only, and no older than what was known before it. */
export function* checkReads(history: SessionHistory): Generator<Found> {
  const facts = factsOf(history)
  const amended = amendmentsOf(history)
  for (const op of history.reads) {
    yield* checkWindow(op)
    yield* checkBatches(op, history)
    if (op.answer?.isStale || history.parked) continue
    yield* checkRecent(op, factBefore(facts, op.invoke))
    yield* checkAmended(op, amended)
  }
  for (const op of history.ops)
    if (op.current && !history.parked) yield* checkRecent(op, factBefore(facts, op.invoke))
}

function subjectOf(op: Op): string {
  return `${op.client}#${op.n}`
}

/** The seqs that the answer had to show, as far as it says itself. */
function* checkWindow(op: Op): Generator<Found> {
  const { call, answer } = op
  const seqs = (answer?.rows ?? []).map(([seq]) => seq)
  const [first] = seqs
  const last = seqs.at(-1) ?? 0
  let fault: string | undefined
  if (first !== undefined && seqs.some((seq, i) => seq !== first + i)) fault = 'its seqs are not consecutive'
  else if (call.f === 'page' && first !== undefined && first !== call.afterSeq + 1)
    fault = `it begins at seq ${first} instead of ${call.afterSeq + 1}`
  else if (call.f === 'page' && seqs.length > call.limit) fault = 'it is longer than its limit'
  else if ((call.f === 'last' || call.f === 'session') && seqs.length < Math.min(call.last, last))
    fault = `it has ${seqs.length} messages of ${last}`
  else if (call.f === 'session' && answer?.lastSeq !== last)
    fault = `it ends at seq ${last} and lastSeq is ${answer?.lastSeq}`
  if (fault !== undefined) yield found('broken-read', subjectOf(op), `${call.f}: ${fault}`, [op])
}

/** How far the session was, as a read shows it; a full page does not. */
function extentOf({ call, answer }: Op): number | undefined {
  if (answer?.lastSeq !== undefined) return answer.lastSeq
  const rows = answer?.rows ?? []
  if (call.f === 'last') return rows.at(-1)?.[0] ?? 0
  if (call.f === 'page' && rows.length < call.limit) return call.afterSeq + rows.length
  return undefined
}

function* checkBatches(op: Op, { sent }: SessionHistory): Generator<Found> {
  const extent = extentOf(op)
  if (extent === undefined || op.call.f === 'final') return
  const row = op.answer?.rows?.at(-1)
  const sending = row && sent.get(row[1])
  if (row === undefined || sending === undefined || row[0] !== extent) return
  const { ids } = sending.call
  if (ids.at(-1) !== row[1])
    yield found('half-batch', ids[0] ?? '', `a read ends at ${row[1]}, in the middle of a batch`, [
      ...sending.ops,
      op,
    ])
}

function factsOf({ ops, placed, final }: SessionHistory): Fact[] {
  const told = ops.flatMap((op): Fact[] => {
    if (op.answer?.isStale || (op.outcome !== 'ok' && op.current === undefined)) return []
    const { answer, current, call } = op
    const last = isRead(call.f) ? answer?.rows?.at(-1) : undefined
    // What ends with a message that is gone is a finding of its own.
    if (final && last && placed.get(last[1])?.[0] !== last[0]) return []
    const shown = call.f === 'append' ? (answer?.rows?.at(-1)?.[0] ?? 0) : (extentOf(op) ?? 0)
    const versions = (answer?.rows ?? []).map(([, , version]) => version)
    const version = Math.max(answer?.version ?? 0, current?.version ?? 0, ...versions.slice(-1))
    return [{ t: op.complete, lastSeq: Math.max(shown, current?.lastSeq ?? 0), version, by: op }]
  })
  told.sort((a, b) => a.t - b.t)
  const facts: Fact[] = []
  for (const fact of told) {
    const before = facts.at(-1)
    if (before && fact.lastSeq <= before.lastSeq && fact.version <= before.version) continue
    facts.push({
      ...fact,
      lastSeq: Math.max(fact.lastSeq, before?.lastSeq ?? 0),
      version: Math.max(fact.version, before?.version ?? 0),
    })
  }
  return facts
}

function factBefore(facts: readonly Fact[], t: number): Fact | undefined {
  let [from, to] = [0, facts.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((facts[middle]?.t ?? 0) < t) from = middle + 1
    else to = middle
  }
  return facts[from - 1]
}

function* checkRecent(op: Op, fact: Fact | undefined): Generator<Found> {
  if (fact === undefined) return
  const extent = op.current?.lastSeq ?? extentOf(op)
  const version = op.current?.version ?? op.answer?.version
  const isOld = (extent ?? fact.lastSeq) < fact.lastSeq || (version ?? fact.version) < fact.version
  if (!isOld) return
  const shown = [extent !== undefined && `seq ${extent}`, version !== undefined && `version ${version}`]
  yield found(
    'stale-read',
    subjectOf(op),
    `it shows ${shown.filter(Boolean).join(', ')}, after seq ${fact.lastSeq}, version ${fact.version} was known`,
    [fact.by, op],
  )
}

/** Of each message the acknowledged amendments, oldest first. */
function amendmentsOf({ ops }: SessionHistory): Map<string, Op[]> {
  const all = new Map<string, Op[]>()
  for (const op of ops)
    if (op.call.f === 'amend' && op.outcome === 'ok')
      all.set(op.call.id, [...(all.get(op.call.id) ?? []), op])
  return all
}

function* checkAmended(op: Op, amended: ReadonlyMap<string, readonly Op[]>): Generator<Found> {
  for (const row of op.answer?.rows ?? []) {
    const known = amended.get(row[1])?.findLast(({ complete }) => complete < op.invoke)
    const [now] = known?.answer?.rows ?? []
    if (known && now && isOlder(row, now))
      yield found('stale-read', subjectOf(op), `${row[1]} is as it was before it was amended`, [known, op])
  }
}

function isOlder(row: Row, than: Row): boolean {
  return row[2] < than[2] || (row[2] === than[2] && row[3] !== than[3])
}
