import type { Chart } from '../../chart.ts'
import type { Plan, Row, Section } from '../../suite.ts'
import { whole } from '../../suite.ts'
import type { Ground } from './ground.ts'
import { type Peer, said } from './peer.ts'
import { type Course, type Pace, type Runner, race } from './race.ts'

/** Where goals hold. */
export const AT = 1_000
const SESSIONS = 16
/** More, of which each gets few: they are to stay short. */
const SHORT_SESSIONS = 64

/** A kind of call, timed at each length of history. */
interface Kind {
  readonly title: string
  readonly inFlight: readonly number[]
  readonly call: (peer: Peer, id: string, i: number) => Promise<unknown>
  /** How many messages a call adds. */
  readonly adds: number
  /** How fast ours is to be beside a peer, where that is said. */
  readonly atLeast: (peer: Peer, length: number) => number | undefined
}

const APPEND: Kind = {
  title: 'One message appended',
  inFlight: [1, 16],
  adds: 1,
  call: (peer, id, i) => peer.append(id, said(i)),
  atLeast: ({ appends }, length) => (length !== AT ? undefined : appends === 'the history' ? 10 : 0.9),
}

const LOAD: Kind = {
  title: 'What a turn needs, read: session, context, newest 50 messages',
  inFlight: [1],
  adds: 0,
  call: (peer, id) => peer.load(id),
  atLeast: (_, length) => (length >= 100 ? 1 : undefined),
}

const TURN: Kind = {
  title: 'A whole turn: read, four messages, one value of context',
  inFlight: [1],
  adds: 4,
  call: (peer, id, i) =>
    peer.turn(id, [said(i), said(i + 1), said(i + 2), said(i + 3)], { step: i, mode: 'chat' }),
  atLeast: () => undefined,
}

export const KINDS = [APPEND, LOAD, TURN] as const

/** One measured cell: a peer at a length of history, so many calls at once. */
export interface Cell extends Pace {
  readonly peer: Peer
  readonly length: number
  readonly inFlight: number
}

/** One kind of call on one ground, at all lengths. */
export async function timed(plan: Plan, ground: Ground, kind: Kind): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  for (const length of lengthsOf(plan))
    for (const inFlight of kind.inFlight) {
      const runners = await Promise.all(ground.peers.map((peer) => runnerOf(peer, kind, length, length < AT)))
      const paces = await race(runners, courseOf(plan, length, inFlight))
      for (const [i, peer] of ground.peers.entries())
        cells.push({ peer, length, inFlight, ...(paces[i] as Pace) })
    }
  return cells
}

export function lengthsOf({ calls }: Plan): readonly number[] {
  return calls < 1000 ? [0, 20] : [0, 100, AT, 5_000]
}

/** @param isShort whether each round has sessions of its own, since calls would change how long they are */
async function runnerOf(peer: Peer, kind: Kind, length: number, isShort: boolean): Promise<Runner> {
  let ids: readonly string[] = []
  const fill = async () => {
    ids = await filled(peer, isShort ? SHORT_SESSIONS : SESSIONS, length)
  }
  if (!isShort || kind.adds === 0) await fill()
  return {
    peer,
    ...(isShort && kind.adds > 0 && { prepare: fill }),
    call: (i) => kind.call(peer, ids[i % ids.length] as string, i),
  }
}

let users = 0

export async function filled(peer: Peer, sessions: number, length: number): Promise<readonly string[]> {
  const ids: string[] = []
  const messages = Array.from({ length }, (_, i) => said(i))
  for (let i = 0; i < sessions; i++) ids.push(await peer.create(`user-${++users}`, messages))
  return ids
}

function courseOf({ calls, long }: Plan, length: number, inFlight: number): Course {
  const sessions = length < AT ? SHORT_SESSIONS : SESSIONS
  const each = length < AT ? 4 : length / 50
  return {
    rounds: Math.min(7, long.rounds),
    ms: 100,
    calls: Math.min(calls, Math.max(inFlight, sessions * each)),
    inFlight,
  }
}

export function sectionOf(ground: Ground, kind: Kind, cells: readonly Cell[]): Section {
  const columns = [...new Set(cells.map(({ length, inFlight }) => `${length}/${inFlight}`))].map((key) => {
    const [length = 0, inFlight = 0] = key.split('/').map(Number)
    return { length, inFlight }
  })
  const of = (peer: Peer, { length, inFlight }: { length: number; inFlight: number }) =>
    cells.find((cell) => cell.peer === peer && cell.length === length && cell.inFlight === inFlight)
  const [ours] = ground.peers
  return {
    title: `${kind.title}, ${ground.title}`,
    ...(kind === APPEND && { chart: chartOf(ground, cells) }),
    rows: cells.filter(({ peer }) => peer !== ours).flatMap((cell) => rowOf(kind, cell)),
    table: {
      head: [
        '',
        ...columns.map(({ length, inFlight }) => `N = ${whole(length)}, ${inFlight} at once`),
        ...(kind === APPEND ? ['longest beside N = 0'] : []),
      ],
      rows: ground.peers.map((peer) => [
        peer.name,
        ...columns.map((column) => shown(of(peer, column))),
        ...(kind === APPEND ? [growthOf(cells, peer)] : []),
      ]),
    },
  }
}

function rowOf(kind: Kind, { peer, length, inFlight, beside, perSecond }: Cell): readonly Row[] {
  const atLeast = kind.atLeast(peer, length)
  if (atLeast === undefined) return []
  return [
    {
      what: `N = ${whole(length)}, ${inFlight} at once`,
      to: `${peer.name}, ${speed(perSecond)}`,
      ratio: beside,
      goal: { of: 'ratio', atLeast },
    },
  ]
}

function chartOf({ title, peers }: Ground, cells: readonly Cell[]): Chart {
  const alone = cells.filter(({ inFlight }) => inFlight === 1)
  const lengths = [...new Set(alone.map(({ length }) => length))]
  return {
    file: `append-${title.replace(/^(in|on) (the )?/, '').replace(/[^a-z].*$/i, '')}.svg`,
    title: `Appends a second by messages in the session, ${title}`,
    places: lengths.map((length) => whole(length)),
    lines: peers.map((peer) => ({
      name: peer.name,
      isOurs: peer === peers[0],
      values: lengths.map(
        (length) => alone.find((cell) => cell.peer === peer && cell.length === length)?.perSecond,
      ),
    })),
  }
}

function growthOf(cells: readonly Cell[], peer: Peer): string {
  const alone = cells.filter((cell) => cell.peer === peer && cell.inFlight === 1)
  const [first, last] = [alone[0], alone.at(-1)]
  return first && last ? (last.perSecond / first.perSecond).toFixed(2) : ''
}

function shown(cell: Cell | undefined): string {
  return cell === undefined ? '–' : `${speed(cell.perSecond)} (${short(1 / cell.beside.median)})`
}

/** Two digits that matter. */
function short(ratio: number): string {
  return ratio >= 10 ? whole(Math.round(ratio)) : ratio.toPrecision(2)
}

export function speed(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : whole(Math.round(perSecond))}/s`
}
