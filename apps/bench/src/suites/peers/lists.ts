import { atOnce } from '../../measure.ts'
import type { Plan, Section } from '../../suite.ts'
import { whole } from '../../suite.ts'
import type { Ground } from './ground.ts'
import { LIST } from './peer.ts'
import { race } from './race.ts'
import { speed } from './sections.ts'

const SESSIONS = 10_000
const USER = 'lister'

/** A user's newest sessions, of those that can tell them. */
export async function lists(plan: Plan, ground: Ground): Promise<Section> {
  const sessions = Math.min(SESSIONS, plan.calls)
  const able = ground.peers.filter(({ list }) => list !== undefined)
  for (const peer of able) await atOnce(sessions, 20, () => peer.create(USER, []))
  const runners = able.map((peer) => ({
    peer,
    call: async () => {
      const found = await peer.list?.(USER)
      if (found?.length !== LIST) throw new Error(`${peer.name}: not ${LIST} sessions`)
    },
  }))
  const rounds = Math.min(5, plan.long.rounds)
  const paces = await race(runners, { rounds, ms: 100, calls: 200, inFlight: 1 })
  return {
    title: `The newest ${LIST} of a user’s ${whole(sessions)} sessions, ${ground.title}`,
    rows: [],
    table: {
      head: ['', 'lists', 'beside Sess'],
      rows: ground.peers.map((peer) => {
        const pace = paces[able.indexOf(peer)]
        if (pace === undefined) return [peer.name, 'has no such call', '–']
        return [peer.name, speed(pace.perSecond), (1 / pace.beside.median).toPrecision(2)]
      }),
    },
  }
}
