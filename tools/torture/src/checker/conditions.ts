import type { Op, SetRegister } from '../history.ts'
import type { Finding } from './finding.ts'
import { found } from './log.ts'
import type { SessionHistory } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/** Of those who write on one condition one wins, and nobody once it does not hold. */
export function* checkConditions(history: SessionHistory): Generator<Found> {
  yield* checkAppends(history)
  yield* checkSets(history)
}

function* checkAppends({ sendings, placed, final }: SessionHistory): Generator<Found> {
  const winners = new Map<number, readonly Op[]>()
  for (const { call, ops, rows } of sendings) {
    const { ifLastSeq, ids } = call
    if (ifLastSeq === undefined) continue
    const [id = ''] = ids
    const seq = placed.get(id)?.[0] ?? rows?.[0]?.[0]
    if (seq !== undefined && seq !== ifLastSeq + 1)
      yield found('late-write', id, `${id} was to follow seq ${ifLastSeq} and is at seq ${seq}`, [
        ...ops,
        ...(final ? [final] : []),
      ])
    if (rows === undefined) continue
    const others = winners.get(ifLastSeq)
    if (others)
      yield found('two-winners', `lastSeq ${ifLastSeq}`, `two appends won on lastSeq ${ifLastSeq}`, [
        ...others,
        ...ops,
      ])
    winners.set(ifLastSeq, ops)
  }
}

function* checkSets({ ops, reads }: SessionHistory): Generator<Found> {
  const sets = ops.filter((op): op is Op<SetRegister> => op.call.f === 'set')
  const winners = new Map<number, Op<SetRegister>>()
  for (const op of sets) {
    if (op.outcome !== 'ok') continue
    const { ifVersion } = op.call
    const version = op.answer?.version
    if (version !== undefined && version !== ifVersion + 1)
      yield found(
        'late-write',
        op.call.value,
        `set on version ${ifVersion} was applied as version ${version}`,
        [op],
      )
    const other = winners.get(ifVersion)
    if (other)
      yield found('two-winners', `version ${ifVersion}`, `two sets won on version ${ifVersion}`, [other, op])
    winners.set(ifVersion, op)
  }
  yield* checkUnknownSets(sets, winners, reads)
}

/** One whose end nobody knows took effect where a read shows it; then nobody else wins on its condition. */
function* checkUnknownSets(
  sets: readonly Op<SetRegister>[],
  winners: ReadonlyMap<number, Op>,
  reads: readonly Op[],
): Generator<Found> {
  const seen = new Map(reads.flatMap((op) => (op.answer?.value ? [[op.answer.value, op] as const] : [])))
  for (const op of sets) {
    const winner = winners.get(op.call.ifVersion)
    const read = seen.get(op.call.value)
    if (op.outcome === 'ok' || winner === undefined || read === undefined) continue
    yield found(
      op.outcome === 'fail' ? 'phantom' : 'late-write',
      op.call.value,
      `${op.call.value} was set on version ${op.call.ifVersion}, on which another won`,
      [winner, op, read],
    )
  }
}
