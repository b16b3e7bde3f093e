import { BODY_BYTES } from '../../inputs.ts'
import { measure } from '../../measure.ts'
import { CONCURRENCIES, closely, managed, type Way } from '../../server/contenders.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'
import { shipped } from './shipped.ts'

/** What an append costs in a session that is long already. */
export async function history(plan: Plan, rig: Rig): Promise<Section> {
  const rows: Row[] = []
  for (const inFlight of CONCURRENCIES) {
    const { rounds, calls } = closely(plan, inFlight)
    const way: Way = { inFlight, calls, bytes: BODY_BYTES, ids: 'generated' }
    const contenders = []
    for (const length of [0, plan.large]) {
      const [ours, floor] = [
        await rig.field('ours', length, BODY_BYTES),
        await rig.field('floor', length, BODY_BYTES),
      ]
      contenders.push(managed(`${length}`, ours, way, rig.manager))
      contenders.push(shipped(`floor ${length}`, floor, way, rig))
    }
    const times = await measure(contenders, rounds)
    rows.push({
      what: `addMessage, N = ${whole(plan.large)}, ${inFlight} at once`,
      to: 'N = 0',
      ...times.growth(`${plan.large}`, '0'),
      goal: { of: 'ratio', atLeast: 0.85 },
    })
  }
  return {
    title: 'Length of history',
    rows,
    notes: ['The floor is the shipped script by bare ioredis.'],
  }
}
