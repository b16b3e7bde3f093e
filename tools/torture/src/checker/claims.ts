import type { Fault, History, Op } from '../history.ts'
import type { Finding, Kind } from './finding.ts'
import { isRead } from './session-history.ts'

/** What a store promises, beside what every store does. */
export interface Claims {
  /**
   * `kept`: what was acknowledged or read is there, whatever happens.
   * `acknowledged`: where a process takes another's place, what was read while it was not yet acknowledged may be gone.
   * `failover`: where another server takes over, what was acknowledged may be gone too, and what was read of it.
   * Never is anything doubled, in another order or there by half.
   */
  readonly durability: 'kept' | 'acknowledged' | 'failover'
  /** Whose clock the times are by. */
  readonly clock: 'server' | 'client'
}

/** What a loss looks like. */
const LOSSES: Readonly<Record<Claims['durability'], readonly Kind[]>> = {
  kept: [],
  acknowledged: ['vanished', 'seq-reused', 'stale-read'],
  failover: [
    ...(['lost-append', 'moved', 'vanished', 'seq-reused', 'version-reused'] as const),
    ...(['two-winners', 'lost-update', 'stale-read'] as const),
  ],
}

/** Whether the claims allow it: it comes of a loss, and a takeover lies between what it contradicts. */
export function isAllowed(finding: Finding, claims: Claims, { faults }: History): boolean {
  const { durability } = claims
  const { kind, ops } = finding
  // Found only where losses at the takeovers explain it.
  if (kind === 'lost-commit') return true
  if (!LOSSES[durability].includes(kind)) return false
  // What was acknowledged must show.
  const [known] = ops
  if (durability === 'acknowledged' && kind === 'stale-read' && known && !isRead(known.call.f)) return false
  const since = Math.min(...ops.map(({ invoke }) => invoke))
  const until = Math.max(...ops.map(lastOf))
  return takeovers(claims, faults).some(({ begin, end }) => begin <= until && end >= since)
}

/** The faults at which something may be lost. */
export function takeovers({ durability }: Claims, faults: readonly Fault[]): readonly Fault[] {
  const of = { kept: undefined, acknowledged: 'client', failover: 'server' } as const
  return faults.filter(({ takeover }) => takeover !== undefined && takeover === of[durability])
}

function lastOf({ invoke, complete }: Op): number {
  return complete === Number.POSITIVE_INFINITY ? invoke : complete
}
