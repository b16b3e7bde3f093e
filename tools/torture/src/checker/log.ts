import type { Op, Row } from '../history.ts'
import type { Finding, Kind } from './finding.ts'
import type { Sending, SessionHistory, Sight } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/** Every acknowledged message is in the log exactly once, at its seq, as it was written, and with its batch. */
export function* checkLog(history: SessionHistory): Generator<Found> {
  const { final, log, sendings, placed } = history
  if (final === undefined) {
    if (history.ops.length > 0) yield found('no-final-read', 'log', 'there is no final read')
    return
  }
  yield* checkSeqs(final, log)
  yield* checkPlaces(history)
  for (const sending of sendings) {
    const there = sending.call.ids.filter((id) => placed.has(id))
    const isParked = sending.call.ids.every((id) => history.parked?.has(id))
    if (sending.rows && there.length === 0 && !isParked)
      yield found('lost-append', sending.call.ids[0] ?? '', `${told(sending)} is not in the log`, [
        ...sending.ops,
        final,
      ])
    if (there.length > 0) yield* checkWhole(sending, final, placed)
  }
}

export function found(kind: Kind, subject: string, detail: string, ops: readonly Op[] = []): Found {
  return { kind, subject, detail, ops }
}

function told({ call, rows }: Sending): string {
  const at = rows ? `, acknowledged at seq ${rows.map(([seq]) => seq).join(', ')},` : ''
  return `${call.ids.join(', ')}${at}`
}

function* checkSeqs(final: Op, log: readonly Row[]): Generator<Found> {
  for (const [index, [seq]] of log.entries())
    if (seq !== index + 1) {
      yield found('gap', 'log', `at place ${index + 1} of the log is seq ${seq}`, [final])
      return
    }
  const { lastSeq } = final.answer ?? {}
  if (lastSeq !== undefined && lastSeq !== log.length)
    yield found('gap', 'log', `the log ends at seq ${log.length} and lastSeq is ${lastSeq}`, [final])
}

/** No message at two seqs, no seq with two messages, none from nowhere, wherever it was seen. */
function* checkPlaces(history: SessionHistory): Generator<Found> {
  const { sights, ops } = history
  for (const op of ops)
    for (const [id, seqs] of doubledIn(op))
      yield found('doubled-append', id, `${id} is at seqs ${seqs.join(' and ')} of one log`, [op])
  const holders = new Map<number, [id: string, op: Op]>()
  for (const [id, seen] of sights) {
    yield* checkSights(id, seen, history)
    for (const { row, op } of seen) {
      const [other, by] = holders.get(row[0]) ?? [id, op]
      if (other !== id)
        yield found('seq-reused', String(row[0]), `seq ${row[0]} was ${other} and ${id}`, [by, op])
      else holders.set(row[0], [id, op])
    }
  }
  yield* checkContent(ops)
}

function* checkSights(
  id: string,
  seen: readonly Sight[],
  { sent, placed, final }: SessionHistory,
): Generator<Found> {
  const sending = sent.get(id)
  const [first, second] = seen
  if (first === undefined) return
  const ops = [...(sending?.ops ?? []), ...seen.map(({ op }) => op)]
  if (sending === undefined) yield found('phantom', id, `${id} is there, and nobody sent it`, ops)
  else if (sending.hasFailed)
    yield found('phantom', `${id} failed`, `${id} is there, and its sending failed for certain`, ops)
  if (second !== undefined && first.op !== second.op)
    yield found('moved', id, `${id} was at seq ${first.row[0]} and at seq ${second.row[0]}`, ops)
  if (!placed.has(id) && sending !== undefined && sending.rows === undefined && final)
    yield found('vanished', id, `${id} was read at seq ${first.row[0]} and is not in the log`, [
      ...ops,
      final,
    ])
}

function doubledIn(op: Op): Map<string, number[]> {
  const seqs = new Map<string, number[]>()
  for (const [seq, id] of op.answer?.rows ?? []) seqs.set(id, [...(seqs.get(id) ?? []), seq])
  return new Map([...seqs].filter(([, all]) => all.length > 1))
}

function* checkContent(ops: readonly Op[]): Generator<Found> {
  const amendments = new Set(
    ops.flatMap(({ call }) => (call.f === 'amend' ? [`${call.id} ${call.rev}`] : [])),
  )
  const told = new Set<string>()
  for (const op of ops)
    for (const [seq, id, , rev] of op.answer?.rows ?? []) {
      const isWritten = rev === '' || (rev !== null && amendments.has(`${id} ${rev}`))
      if (isWritten || told.has(id)) continue
      told.add(id)
      yield found('changed-content', id, `${id} at seq ${seq} has content that nobody gave it`, [op])
    }
}

function* checkWhole(sending: Sending, final: Op, placed: ReadonlyMap<string, Row>): Generator<Found> {
  const seqs = sending.call.ids.map((id) => placed.get(id)?.[0])
  const [first = 0] = seqs
  if (seqs.every((seq, i) => seq === first + i)) return
  const where = sending.call.ids.map((id, i) => `${id} at ${seqs[i] ?? 'no seq'}`).join(', ')
  yield found('half-batch', sending.call.ids[0] ?? '', `the batch is torn: ${where}`, [...sending.ops, final])
}
