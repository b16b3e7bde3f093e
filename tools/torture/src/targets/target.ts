import type { Claims } from '../checker/claims.ts'
import { clientFaults, type Workers } from '../faults/client.ts'
import type { Breakage } from '../faults/fault.ts'
import type { StoreSetup } from '../stores.ts'

export type ClientFault = keyof typeof clientFaults

/** A store under torture, with what it stands on. */
export interface Target {
  /** As the servers call themselves. */
  readonly version: string
  readonly claims: Claims
  readonly ttl: 'never' | '1h'
  /** Whether all processes work on all sessions, or each has its own. */
  readonly sharing: 'all' | 'own'
  /** At most; what is in one process's memory cannot be in two. */
  readonly processes?: number
  readonly clientFaults: readonly ClientFault[]
  readonly serverFaults: readonly Breakage[]
  /** @param place which of the processes opens it: one that replaces another is in the same place */
  store(place: number, round: number): StoreSetup
  /** What the final read looks at, where it is not what the processes have. */
  readonly bare?: StoreSetup
  /** Waits until all servers are as before the faults. */
  healed(): Promise<void>
  stop(): Promise<void>
}

/** What targets on servers have in common. */
export const ON_SERVERS = {
  claims: { durability: 'kept', clock: 'server' },
  ttl: '1h',
  sharing: 'all',
  clientFaults: ['kill', 'stop', 'clock'],
} as const satisfies Partial<Target>

export function clientBreakages(names: readonly ClientFault[], workers: Workers): Breakage[] {
  return names.map((name) => clientFaults[name](workers))
}
