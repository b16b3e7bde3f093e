import type { SessionManager } from '@sess/core'
import { fill } from '../../fill.ts'
import { type Input, ring, settings, textMessage } from '../../inputs.ts'
import { type Contender, measure, oneByOne, type Rounds, type Times } from '../../measure.ts'
import { type Goal, type Plan, type Row, type Section, whole } from '../../suite.ts'
import { Floor } from './floor.ts'
import { newManager } from './sess.ts'

const CALLS = 100
const PAGE = 50
/** Sessions up to here are made anew for each round of appends; longer ones hardly grow by them. */
const ANEW = 10_000

type Kind = 'append' | 'page' | 'turn'
interface Bench {
  readonly prepare: (kind: Kind) => Promise<void>
  readonly call: (kind: Kind, i: number) => Promise<unknown>
}

const FLAT: Goal = { of: 'ratio', atLeast: 0.85 }
const KINDS: readonly { kind: Kind; what: string; from: number; goal?: Goal }[] = [
  { kind: 'append', what: 'append', from: 0, goal: FLAT },
  { kind: 'page', what: `getMessages, last ${PAGE}`, from: 100, goal: FLAT },
  { kind: 'turn', what: `a turn: session, 10 keys, last ${PAGE}`, from: 100 },
]

/** What a call costs in a session that is N messages long already. */
export async function history({ short, large }: Plan): Promise<Section> {
  const lengths = [...[0, 100, 1_000, 10_000].filter((length) => length < large), large]
  const input = ring(textMessage)
  const benches = new Map(
    lengths.flatMap((length) => [
      [`${length}`, sess(length, input)],
      [`floor ${length}`, floor(length, input)],
    ]),
  )
  const rows: Row[] = []
  for (const { kind, what, from, goal } of KINDS) {
    const sizes = lengths.filter((length) => length >= from)
    const contenders = [...benches]
      .map(([name, bench]) => contender(name, bench, kind))
      .slice(2 * lengths.indexOf(from))
    rows.push(...rowsOf(await measure(contenders, short), what, sizes, goal))
  }
  rows.push(...(await capped(short, large, input)))
  return { title: `Length of history, ${CALLS} calls at each length`, rows }
}

function contender(name: string, bench: Bench, kind: Kind): Contender {
  return {
    name,
    prepare: () => bench.prepare(kind),
    run: () => oneByOne(CALLS, (i) => bench.call(kind, i)),
  }
}

/** Each length beside the first, and the first beside the floor. */
function rowsOf(times: Times, what: string, lengths: readonly number[], goal?: Goal): readonly Row[] {
  const [base, ...longer] = lengths as readonly [number, ...number[]]
  const rows = longer.map(
    (length): Row => ({
      what: `${what}, N = ${whole(length)}`,
      to: `N = ${whole(base)}`,
      ...times.growth(`${length}`, `${base}`),
      ...(length === lengths.at(-1) && goal && { goal }),
    }),
  )
  const ratio = times.ratio(`${base}`, `floor ${base}`)
  return [...rows, { what: `${what}, N = ${whole(base)}`, to: 'floor', ratio }]
}

function sess(length: number, input: (i: number) => Input): Bench {
  let manager: SessionManager | undefined
  let id = ''
  return {
    prepare: async (kind) => {
      if (manager !== undefined && (kind !== 'append' || length > ANEW)) return
      manager = newManager()
      const context = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`key ${i}`, settings(i)]))
      id = (await manager.createSession('user', { context })).id
      await fill(manager, id, length, input)
    },
    call: (kind, i) => {
      const sessions = manager as SessionManager
      if (kind === 'append') return sessions.addMessage(id, input(i))
      if (kind === 'page') return sessions.getMessages(id, { last: PAGE })
      return sessions.getSession(id, { context: true, messages: { last: PAGE } })
    },
  }
}

function floor(length: number, input: (i: number) => Input): Bench {
  const id = 'session'
  let floor: Floor | undefined
  return {
    prepare: async (kind) => {
      if (floor !== undefined && (kind !== 'append' || length > ANEW)) return
      floor = new Floor()
      floor.create(id)
      for (let i = 0; i < 10; i++) await floor.setContext(id, `key ${i}`, settings(i))
      for (let i = 0; i < length; i++) await floor.addMessage(id, input(i))
    },
    call: (kind, i) => {
      const sessions = floor as Floor
      if (kind === 'append') return sessions.addMessage(id, input(i))
      if (kind === 'page') return sessions.getMessages(id, { last: PAGE })
      return sessions.getTurn(id, { last: PAGE })
    },
  }
}

/** Appends to sessions at their cap, each of which drops the oldest message. */
async function capped(short: Rounds, large: number, input: (i: number) => Input): Promise<readonly Row[]> {
  const caps = [100, large]
  const times = await measure(
    await Promise.all(
      caps.map(async (cap): Promise<Contender> => {
        const manager = newManager()
        const { id } = await manager.createSession('user', { maxMessages: cap, overflow: 'drop-oldest' })
        await fill(manager, id, cap, input)
        return { name: `${cap}`, run: () => oneByOne(CALLS * 5, (i) => manager.addMessage(id, input(i))) }
      }),
    ),
    short,
  )
  return [
    {
      what: `append that drops the oldest, at a cap of ${whole(large)}`,
      to: 'cap of 100',
      ratio: times.ratio(`${large}`, '100'),
    },
  ]
}
