import type { Op } from '../history.ts'
import type { Finding } from './finding.ts'
import { found } from './log.ts'
import type { Sending, SessionHistory } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/**
 * What was acknowledged before another message was sent comes before it: the order of each client, and that between
 * clients. One pass over the log.
 */
export function* checkOrder({ log, sent, final }: SessionHistory): Generator<Found> {
  let latest: Sending | undefined
  for (const [seq, id] of log) {
    const sending = sent.get(id)
    // One that was elsewhere before is a finding of its own.
    if (sending === undefined || isElsewhere(sending, id, seq)) continue
    if (latest && sending.complete < latest.invoke)
      yield found(
        'reordered',
        id,
        `${id} was acknowledged before ${latest.call.ids[0]} was sent, and comes after it`,
        [...latest.ops, ...sending.ops, ...(final ? [final] : [])],
      )
    if (latest === undefined || sending.invoke > latest.invoke) latest = sending
  }
}

function isElsewhere({ rows }: Sending, id: string, seq: number): boolean {
  const told = rows?.find((row) => row[1] === id)
  return told !== undefined && told[0] !== seq
}

/** Each commit has a version of its own. */
export function* checkVersions(history: SessionHistory): Generator<Found> {
  const holders = new Map<number, Op>()
  for (const { version, op } of commitsOf(history)) {
    const other = holders.get(version)
    if (other)
      yield found(
        'version-reused',
        String(version),
        `version ${version} was acknowledged to ${other.client} and to ${op.client}`,
        [other, op],
      )
    holders.set(version, op)
  }
}

/** The acknowledged commits and the version that each made. */
function* commitsOf({ ops, sendings }: SessionHistory): Generator<{ version: number; op: Op }> {
  for (const { rows, ops: sending, complete } of sendings) {
    const op = sending.find((one) => one.complete === complete)
    const [row] = rows ?? []
    // An amended message has the version of its amendment.
    if (op && row && row[3] === '') yield { version: row[2], op }
  }
  for (const op of ops) {
    if (op.outcome !== 'ok') continue
    const version = op.call.f === 'set' ? op.answer?.version : op.answer?.rows?.[0]?.[2]
    if ((op.call.f === 'set' || op.call.f === 'amend') && version !== undefined) yield { version, op }
  }
}
