import type { Op, SetRegister } from '../history.ts'
import type { Finding } from './finding.ts'
import { found } from './log.ts'
import type { SessionHistory } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/** What stands in the context fits the log and what was acknowledged, in each read that shows it. */
export function* checkContext(history: SessionHistory): Generator<Found> {
  yield* checkTurns(history)
  if (!history.parked) yield* checkRegister(history)
}

/** Where each turn of a client lies in the log. */
interface Turn {
  readonly seq: number
  readonly n: number
  readonly ops: readonly Op[]
}

/** A turn's messages and its key in the context are written in one step: a read shows both or neither. */
function* checkTurns({ sendings, placed, reads }: SessionHistory): Generator<Found> {
  const turns = new Map<string, Turn[]>()
  for (const { call, ops } of sendings) {
    const seq = placed.get(call.ids[0] ?? '')?.[0]
    if (call.turn === undefined || seq === undefined) continue
    const { key, n } = call.turn
    turns.set(key, [...(turns.get(key) ?? []), { seq, n, ops }])
  }
  for (const all of turns.values()) all.sort((a, b) => a.seq - b.seq)
  for (const op of reads) {
    const { turns: shown, lastSeq = 0, rows } = op.answer ?? {}
    const last = rows?.at(-1)
    // What ends otherwise than the log at that place is of a log that is gone, which is a finding of its own.
    if (shown === undefined || (last && placed.get(last[1])?.[0] !== last[0])) continue
    for (const key of new Set([...turns.keys(), ...Object.keys(shown)])) {
      const newest = lastUpTo(turns.get(key) ?? [], lastSeq)
      if (newest?.n !== shown[key])
        yield found(
          'half-turn',
          `${op.client}#${op.n} ${key}`,
          `at seq ${lastSeq} the log has turn ${newest?.n ?? 'none'} of ${key}, the context ${shown[key] ?? 'none'}`,
          [...(newest?.ops ?? []), op],
        )
    }
  }
}

function lastUpTo(turns: readonly Turn[], seq: number): Turn | undefined {
  let [from, to] = [0, turns.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((turns[middle]?.seq ?? 0) <= seq) from = middle + 1
    else to = middle
  }
  return turns[from - 1]
}

/** A read at a version shows the newest update up to there; one of unknown end may stand in a gap between versions. */
function* checkRegister({ ops, reads }: SessionHistory): Generator<Found> {
  const sets = ops.filter((op): op is Op<SetRegister> => op.call.f === 'set')
  const writers = new Map(sets.map((op) => [op.call.value, op]))
  const won = sets
    .filter(({ outcome }) => outcome === 'ok')
    .map((op) => ({ version: op.call.ifVersion + 1, op }))
    .sort((a, b) => a.version - b.version)
  for (const read of reads) {
    const { version, value, isStale } = read.answer ?? {}
    if (version === undefined || value === undefined || isStale) continue
    const newest = won.findLast((one) => one.version <= version)
    const writer = value === null ? undefined : writers.get(value)
    if (value !== null && writer === undefined)
      yield found('phantom', value, `nobody set the register to ${value}`, [read])
    const at = writer ? writer.call.ifVersion + 1 : 0
    if (newest && at < newest.version)
      yield found(
        'lost-update',
        `${read.client}#${read.n}`,
        `at version ${version} it shows ${value}, though ${newest.op.call.value} was set as version ${newest.version}`,
        [...(writer ? [writer] : []), newest.op, read],
      )
  }
}
