import type { Plan, Row, Section } from '../../suite.ts'
import { whole } from '../../suite.ts'
import type { Ground } from './ground.ts'
import { type Peer, said } from './peer.ts'
import { AT, type Cell, filled, lengthsOf } from './sections.ts'

const RACING = 200
const STORED = 4

/** What an append costs beside time, and what is lost where several meet. */
export async function sides(plan: Plan, ground: Ground, appends: readonly Cell[]): Promise<Section> {
  const length = Math.min(AT, lengthsOf(plan).at(-1) as number)
  const racing = Math.min(RACING, plan.calls / 10)
  const rows: Row[] = []
  const table: (readonly string[])[] = []
  for (const peer of ground.peers) {
    const stored = await storedBytes(ground, peer, length)
    const wire = await wireBytes(ground, peer, length)
    const lost = await lostOf(peer, length, racing)
    const cell = appends.find((one) => one.peer === peer && one.inFlight === 1 && one.length === length)
    const [p50 = 0, p99 = 0] = [cell?.p50, cell?.p99]
    const times = [p50, p99].map((us) => (us < 10 ? us.toFixed(1) : whole(Math.round(us))))
    table.push([peer.name, ...times, wire, stored, String(lost)])
    if (peer === ground.peers[0]) rows.push(noneLost(racing, lost))
  }
  return {
    title: `What an append costs, ${ground.title}`,
    rows,
    table: {
      head: [
        `N = ${whole(length)}`,
        ...['p50, µs', 'p99, µs', 'bytes out, in', 'bytes stored, a session', `lost of ${racing}`],
      ],
      rows: table,
    },
    notes: [
      `Bytes out and in are those that the server counts for one append. “Lost” is of ${racing} appends at once to one session, each as the package has it done. Stored is a session of ${whole(length)} messages of 290 B; in the process it is heap alone, without what a package keeps in buffers.`,
    ],
  }
}

/** All kept is 1. */
function noneLost(racing: number, lost: number): Row {
  const kept = (racing - lost) / racing
  return {
    what: 'messages kept',
    to: `${racing} racing appends`,
    ratio: { median: kept, min: kept, max: kept },
    goal: { of: 'ratio', atLeast: 1 },
  }
}

async function storedBytes({ stored }: Ground, peer: Peer, length: number): Promise<string> {
  if (stored === undefined) return '–'
  return whole(Math.round((await stored(() => filled(peer, STORED, length))) / STORED))
}

/** Bytes of one append, in the mean of a few. */
async function wireBytes({ traffic }: Ground, peer: Peer, length: number): Promise<string> {
  if (traffic === undefined) return '–'
  const [id = ''] = await filled(peer, 1, length)
  const calls = 10
  await peer.append(id, said(0))
  // A question counts itself.
  const [first, second] = [await traffic(), await traffic()]
  for (let i = 0; i < calls; i++) await peer.append(id, said(i))
  const third = await traffic()
  return [0, 1]
    .map((way) => {
      const [a, b, c] = [first, second, third].map((told) => told[way] as number) as [number, number, number]
      return whole(Math.round((c - b - (b - a)) / calls))
    })
    .join(', ')
}

/** How many of racing appends are not there afterwards; one that failed and said so was not made. */
async function lostOf(peer: Peer, length: number, racing: number): Promise<number> {
  const [id = ''] = await filled(peer, 1, Math.min(100, length))
  const before = await peer.count(id)
  const settled = await Promise.allSettled(Array.from({ length: racing }, (_, i) => peer.append(id, said(i))))
  const made = settled.filter(({ status }) => status === 'fulfilled').length
  return made - ((await peer.count(id)) - before)
}
