import { BODY_BYTES } from '../../inputs.ts'
import { measure, type Rounds } from '../../measure.ts'
import { CONCURRENCIES, closely, managed, perSecond, type Way } from '../../server/contenders.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'
import { shipped } from './shipped.ts'

const LARGE_BODY = 4096
const MIDDLE = 400

/** What the manager and the store cost beside the script that they send. */
export async function append(plan: Plan, rig: Rig): Promise<Section> {
  const sets = [
    ...[0, MIDDLE, plan.large].map((length) => ({ length, bytes: BODY_BYTES })),
    { length: 0, bytes: LARGE_BODY },
  ]
  const rows: Row[] = []
  for (const { length, bytes } of sets)
    for (const ids of ['generated', 'own'] as const)
      for (const inFlight of CONCURRENCIES) {
        const { rounds, calls } = closely(plan, inFlight)
        rows.push(await compare(rig, length, { bytes, ids, inFlight, calls }, rounds))
      }
  return {
    title: `addMessage, ${rig.name}`,
    rows,
    notes: [
      `Each row compares with the store’s own script sent by bare ioredis, keys ready beforehand, the message written out at the call, to other sessions of the same kind. N: messages in a session before each round. Bodies of ${LARGE_BODY} B are measured at N = 0 only: longer sessions of them would take as long as all the rest.`,
    ],
  }
}

async function compare(rig: Rig, length: number, way: Way, rounds: Rounds): Promise<Row> {
  const [ours, floors] = [
    await rig.field('ours', length, way.bytes),
    await rig.field('floor', length, way.bytes),
  ]
  const times = await measure(
    [managed('ours', ours, way, rig.manager), shipped('floor', floors, way, rig)],
    rounds,
  )
  for (const field of [ours, floors])
    if ((await field.grown()) !== way.calls) throw new Error('not every append of the last round is there')
  return {
    what: `N = ${whole(length)}, ${way.bytes} B, ${way.ids} ids, ${way.inFlight} at once`,
    to: `script alone, ${perSecond(times, 'floor', way.calls)}/s`,
    ratio: times.ratio('ours', 'floor'),
    goal: { of: 'ratio', atLeast: way.inFlight === 64 ? 0.95 : 0.85 },
  }
}
