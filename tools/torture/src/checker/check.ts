import type { History } from '../history.ts'
import { type Claims, isAllowed, takeovers } from './claims.ts'
import { checkConditions } from './conditions.ts'
import { checkContext } from './context.ts'
import { checkClock, checkErrors } from './errors.ts'
import type { Finding } from './finding.ts'
import { checkLinear, checkSegments } from './linear.ts'
import { checkLog } from './log.ts'
import { checkOrder, checkVersions } from './order.ts'
import { checkReads } from './reads.ts'
import { bySession, type SessionHistory } from './session-history.ts'

export interface Checked {
  /** What contradicts the claims. */
  readonly findings: readonly Finding[]
  /** What the claims allow: losses by a takeover. */
  readonly allowed: readonly Finding[]
}

const DIRECT = [
  checkLog,
  checkOrder,
  checkVersions,
  checkConditions,
  checkReads,
  checkContext,
  checkErrors,
] as const

/** Holds a history against what every store promises and what this one claims. Pure: the same history, the same findings. */
export function check(history: History, claims: Claims): Checked {
  const findings: Finding[] = []
  const allowed: Finding[] = []
  for (const one of bySession(history))
    for (const fault of faultsOf(one, claims, history)) {
      const finding = { ...fault, session: one.session }
      ;(isAllowed(finding, claims, history) ? allowed : findings).push(finding)
    }
  return { findings, allowed }
}

function* faultsOf(
  one: SessionHistory,
  claims: Claims,
  { faults }: History,
): Generator<Omit<Finding, 'session'>> {
  // Where accepted writes are parked, the log goes another way than they were told.
  if (one.parked) {
    for (const fault of checkLog(one)) if (fault.kind === 'lost-append') yield fault
    return
  }
  for (const checkOne of DIRECT) yield* checkOne(one)
  if (claims.clock === 'server') yield* checkClock(one)
  for (const fault of checkLinear(one)) {
    const losing = takeovers(claims, faults)
    const rest = losing.length > 0 ? [...checkSegments(one, losing)] : [fault]
    if (rest.length > 0) yield* rest
    else yield { ...fault, kind: 'lost-commit' }
  }
}
