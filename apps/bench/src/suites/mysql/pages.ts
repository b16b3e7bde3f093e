import { atOnce, measure } from '../../measure.ts'
import { CONCURRENCIES, callsOf, perSecond, roundsOf } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'

const PAGE = 50
const LIST = 20
const SESSIONS = 4

/** Sessions of few messages and of many, and users of few sessions and of many. */
export interface Pages {
  readonly short: Field
  readonly longest: Field
  readonly few: User
  readonly many: User
}

interface User {
  readonly userId: string
  readonly sessions: number
}

export async function fillPages(plan: Plan, rig: Rig): Promise<Pages> {
  const user = async (sessions: number): Promise<User> => {
    const userId = `user of ${sessions}`
    await atOnce(sessions, 64, () => rig.manager.createSession(userId))
    return { userId, sessions }
  }
  return {
    short: await rig.field('ours', 1_000, SESSIONS),
    longest: await rig.field('ours', plan.large, SESSIONS),
    few: await user(100),
    many: await user(plan.large / 10),
  }
}

/** The newest of many beside the newest of few. */
export async function pages(plan: Plan, rig: Rig, { short, longest, few, many }: Pages): Promise<Section> {
  const { manager } = rig
  const page = (field: Field) => async (i: number) =>
    refuseShort(await manager.getMessages(field.id(i), { last: PAGE }), PAGE)
  const list = (user: User) => async () =>
    refuseShort((await manager.listSessions(user.userId, { limit: LIST })).sessions, LIST)
  const reads: readonly Read[] = [
    {
      ...{ what: `getMessages, last ${PAGE} of ${whole(longest.length)}`, large: page(longest) },
      ...{ to: `of ${whole(short.length)}`, small: page(short) },
    },
    {
      ...{ what: `listSessions, first ${LIST} of ${whole(many.sessions)}`, large: list(many) },
      ...{ to: `of ${whole(few.sessions)}`, small: list(few) },
    },
  ]
  const rows: Row[] = []
  for (const read of reads)
    for (const inFlight of CONCURRENCIES) rows.push(await compare(plan, read, inFlight))
  return { title: 'Pages of the newest', rows }
}

interface Read {
  readonly what: string
  readonly large: (i: number) => Promise<unknown>
  readonly to: string
  readonly small: (i: number) => Promise<unknown>
}

async function compare(plan: Plan, { what, large, to, small }: Read, inFlight: number): Promise<Row> {
  const calls = callsOf(plan, inFlight) / 2
  const times = await measure(
    [
      { name: 'small', run: () => atOnce(calls, inFlight, small) },
      { name: 'large', run: () => atOnce(calls, inFlight, large) },
    ],
    roundsOf(plan, inFlight),
  )
  return {
    what: `${what}, ${inFlight} at once`,
    to: `${to}, ${perSecond(times, 'small', calls)}/s`,
    ratio: times.ratio('large', 'small'),
    goal: { of: 'ratio', atLeast: 0.85 },
  }
}

function refuseShort({ length }: readonly unknown[], wanted: number): void {
  if (length !== wanted) throw new Error('the page is not full')
}
