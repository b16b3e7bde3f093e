import { BODY_BYTES } from '../../inputs.ts'
import { atOnce, type Contender, measure } from '../../measure.ts'
import { CONCURRENCIES, closely, perSecond } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'

export const PAGE = 50

/** The newest messages beside the list that they lie in. */
export async function page(plan: Plan, rig: Rig): Promise<Section> {
  const rows: Row[] = []
  for (const length of [1_000, plan.large]) {
    const field = await rig.field('ours', length, BODY_BYTES)
    const keys = listsOf(field, rig)
    for (const inFlight of CONCURRENCIES) {
      const { rounds, calls } = closely(plan, inFlight)
      const times = await measure(
        [newest('ours', field, calls, inFlight, rig), pagesOf('floor', keys, calls, inFlight, byLrange(rig))],
        rounds,
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

/** `getMessages`, as an application calls it. */
export function newest(name: string, field: Field, calls: number, inFlight: number, rig: Rig): Contender {
  const last = { last: PAGE }
  return { name, run: () => atOnce(calls, inFlight, (i) => rig.manager.getMessages(field.id(i), last)) }
}

/** The same read from the lists by hand. */
export function pagesOf(
  name: string,
  lists: readonly string[],
  calls: number,
  inFlight: number,
  read: (list: string) => Promise<readonly unknown[]>,
): Contender {
  return {
    name,
    run: () =>
      atOnce(calls, inFlight, async (i) => {
        const messages = await read(lists[i % lists.length] as string)
        if (messages.length !== PAGE) throw new Error('the page is not full')
      }),
  }
}

/** The keys of the lists in which the messages of sessions lie. */
export function listsOf(field: Field, rig: Rig): readonly string[] {
  return field.ids.map((id) => rig.recorder.keysOf(id).messages)
}

/** As somebody would read them who has the list alone, which ends with the session's record. */
export function byLrange(rig: Rig): (list: string) => Promise<readonly unknown[]> {
  return async (list) => parseEach(await rig.bare.lrange(list, -PAGE - 1, -2))
}

export function parseEach(elements: readonly string[]): readonly unknown[] {
  return elements.map((element) => JSON.parse(element) as unknown)
}
