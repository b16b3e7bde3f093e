import { BODY_BYTES } from '../../inputs.ts'
import { measure } from '../../measure.ts'
import { CONCURRENCIES, callsOf, managed, perSecond, roundsOf, type Way } from '../../server/contenders.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'

const SESSIONS = 4

/** What an append costs in a session that is long already. */
export async function history(plan: Plan, rig: Rig): Promise<Section> {
  const rows: Row[] = []
  for (const inFlight of CONCURRENCIES) {
    const way: Way = { inFlight, calls: callsOf(plan, inFlight), bytes: BODY_BYTES, ids: 'generated' }
    const contenders = []
    for (const length of [0, plan.large])
      contenders.push(managed(`${length}`, await rig.field('ours', length, SESSIONS), way, rig.manager))
    const times = await measure(contenders, roundsOf(plan, inFlight))
    rows.push({
      what: `addMessage, N = ${whole(plan.large)}, ${inFlight} at once`,
      to: `N = 0, ${perSecond(times, '0', way.calls)}/s`,
      ratio: times.ratio(`${plan.large}`, '0'),
      goal: { of: 'ratio', atLeast: 0.85 },
    })
  }
  return { title: 'Length of history', rows, notes: [`On ${SESSIONS} sessions of each length.`] }
}
