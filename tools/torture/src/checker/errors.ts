import type { Finding } from './finding.ts'
import { found } from './log.ts'
import type { SessionHistory } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/** Far more than any timeout, a stop of the client and a busy machine together. */
const OVERDUE_US = 20_000_000

/** Errors are outages, or misses of a condition that was given; and they come in time. */
export function* checkErrors({ ops }: SessionHistory): Generator<Found> {
  for (const op of ops) {
    const { invoke, ended = invoke } = op
    if (ended - invoke > OVERDUE_US)
      yield found('overdue', `${op.client}#${op.n}`, `it ended after ${(ended - invoke) / 1e6} s`, [op])
    const { code, call } = op
    const isConditional = (call.f === 'append' && call.ifLastSeq !== undefined) || call.f === 'set'
    if (code === undefined || code === 'STORE_UNAVAILABLE' || code === 'ABORTED') continue
    if (code === 'CONFLICT' && isConditional) continue
    yield found('unexpected-error', `${op.client}#${op.n}`, `${call.f} failed with ${code}`, [op])
  }
}

/** How far a server's clock may be from this machine's. */
const TOLERANCE_MS = 2_000

/** Times are by the server's clock, whatever the clients' clocks say. */
export function* checkClock({ reads, ops, wall }: SessionHistory): Generator<Found> {
  if (wall === undefined) return
  const wallAt = (t: number) => wall.ms + (t - wall.t) / 1_000
  const begin = wallAt(Math.min(wall.t, ops[0]?.invoke ?? wall.t))
  for (const op of reads) {
    const { updatedAt } = op.answer ?? {}
    if (updatedAt === undefined) continue
    if (updatedAt > wallAt(op.complete) + TOLERANCE_MS || updatedAt < begin - TOLERANCE_MS)
      yield found(
        'wrong-clock',
        `${op.client}#${op.n}`,
        `updatedAt is ${Math.round(updatedAt - wallAt(op.complete))} ms from the time of the read`,
        [op],
      )
  }
}
