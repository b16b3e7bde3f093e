import { BODY_BYTES } from '../../inputs.ts'
import { type Contender, measure, type Times } from '../../measure.ts'
import { CONCURRENCIES, callsOf, managed, perSecond, roundsOf, type Way } from '../../server/contenders.ts'
import type { Plan, Row, Section } from '../../suite.ts'
import type { Rig } from './rig.ts'
import { byHand, plain } from './ways.ts'

type Sessions = 'distinct' | 'hot'

/** What is wanted beside the plain transaction, by calls at once. */
const BESIDE_PLAIN: { readonly [S in Sessions]: { readonly [inFlight: number]: number } } = {
  distinct: { 1: 0.85, 16: 1.5, 64: 2.5 },
  hot: { 64: 8 },
}

/** What the manager and the store cost beside the statements that they send, and gain beside a transaction for each append. */
export async function append(plan: Plan, rig: Rig, sessions: Sessions): Promise<Section> {
  const rows: Row[] = []
  for (const inFlight of CONCURRENCIES) {
    const way: Way = { inFlight, calls: callsOf(plan, inFlight), bytes: BODY_BYTES, ids: 'generated' }
    rows.push(...(await compare(plan, rig, sessions, way)))
  }
  return {
    title: `addMessage, ${rig.name}, ${sessions === 'hot' ? 'one hot session' : 'distinct sessions'}`,
    rows,
    notes: [
      'The floor is written by hand for this one use: the store’s own statements, prepared, sent by bare mysql2 on one connection or two, whichever is faster; what waits together shares a transaction there too, and nothing is judged, checked, copied or tried again. The plain transaction is UPDATE of the counter with LAST_INSERT_ID, INSERT, COMMIT, prepared, for each append, on a pool of as many connections as the store opens. All write the same tables, durably.',
    ],
  }
}

async function compare(plan: Plan, rig: Rig, sessions: Sessions, way: Way): Promise<readonly Row[]> {
  const { inFlight, calls } = way
  // Twice as many as calls at once: none waits for another.
  const count = sessions === 'hot' ? 1 : 2 * inFlight
  const field = (name: string) => rig.field(name, 0, count)
  const names = [
    'ours',
    'plain',
    ...(sessions === 'distinct' && inFlight > 1 ? ['one lane', 'two lanes'] : ['one lane']),
  ]
  const fields = await Promise.all(names.map(field))
  const contenders = names.map((name, i): Contender => {
    const of = fields[i] as (typeof fields)[number]
    if (name === 'ours') return managed(name, of, way, rig.manager)
    return name === 'plain'
      ? plain(name, of, way, rig)
      : byHand(name, name === 'one lane' ? 1 : 2, of, way, rig)
  })
  const times = await measure(contenders, roundsOf(plan, inFlight))
  for (const one of fields)
    if ((await one.grown()) !== calls) throw new Error('not every append of the last round is there')
  const floor = fastest(times, names.slice(2))
  const what = `${inFlight} at once, ${perSecond(times, 'ours', calls)}/s`
  const atLeast = BESIDE_PLAIN[sessions][inFlight]
  return [
    {
      ...{ what, to: `floor, ${floor}, ${perSecond(times, floor, calls)}/s` },
      ...{ ratio: times.ratio('ours', floor), goal: { of: 'ratio', atLeast: 0.85 } },
    },
    {
      ...{ what, to: `plain transaction, ${perSecond(times, 'plain', calls)}/s` },
      ratio: times.ratio('ours', 'plain'),
      ...(atLeast !== undefined && { goal: { of: 'ratio', atLeast } }),
    },
  ]
}

function fastest(times: Times, names: readonly string[]): string {
  return names.toSorted((a, b) => times.ms(a).median - times.ms(b).median)[0] as string
}
