import { BODY_BYTES } from '../../inputs.ts'
import { atOnce, measure } from '../../measure.ts'
import { CONCURRENCIES, callsOf, perSecond, roundsOf } from '../../server/contenders.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'

const PAGE = 50

/** The newest messages beside the list that they lie in. */
export async function page(plan: Plan, rig: Rig): Promise<Section> {
  const rows: Row[] = []
  for (const length of [1_000, plan.large]) {
    const field = await rig.field('ours', length, BODY_BYTES)
    const keys: string[] = []
    for (const id of field.ids) keys.push((await rig.recorder.keysOf(id)).messages)
    const read = async (key: string) => {
      const elements = await rig.bare.lrange(key, -PAGE, -1)
      const messages = elements.map((element) => JSON.parse(element) as unknown)
      if (messages.length !== PAGE) throw new Error('the page is not full')
    }
    for (const inFlight of CONCURRENCIES) {
      const calls = callsOf(plan, inFlight) / 2
      const times = await measure(
        [
          {
            name: 'ours',
            run: () => atOnce(calls, inFlight, (i) => rig.manager.getMessages(field.id(i), { last: PAGE })),
          },
          { name: 'floor', run: () => atOnce(calls, inFlight, (i) => read(keys[i % keys.length] as string)) },
        ],
        roundsOf(plan, inFlight),
      )
      rows.push({
        what: `getMessages, last ${PAGE}, N = ${whole(length)}, ${inFlight} at once`,
        to: `LRANGE, JSON.parse, ${perSecond(times, 'floor', calls)}/s`,
        ratio: times.ratio('ours', 'floor'),
        goal: { of: 'ratio', atLeast: 0.85 },
      })
    }
  }
  return { title: 'A page of the newest messages', rows }
}
