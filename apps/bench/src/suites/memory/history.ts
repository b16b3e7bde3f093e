import type { SessionManager } from '@sess/core'
import { type Contender, measure, oneByOne } from '../../measure.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import { Floor, type Input } from './floor.ts'
import { ring, settings, textMessage } from './inputs.ts'
import { fill, newManager } from './sess.ts'

const CALLS = 100
const PAGE = 50
/** Longer sessions are made once and grow by what is timed, shorter ones are made anew for each round. */
const MADE_ONCE = 10_000

type Kind = 'append' | 'page' | 'turn'
interface Bench {
  readonly prepare: () => Promise<void> | void
  readonly call: (kind: Kind, i: number) => Promise<unknown>
}

/** What a call costs in a session that is N messages long already. */
export async function history({ rounds, large }: Plan): Promise<Section> {
  const lengths = [0, 100, 1_000, 10_000, 100_000].filter((length) => length <= large)
  const input = ring(textMessage)
  // Calls this few are soon measured, and want many rounds.
  const often = { rounds: rounds * 4 + 1, warmUp: 20 }
  const many = lengths.flatMap((length) => [
    { name: `sess ${length}`, bench: sess(length, input) },
    { name: `floor ${length}`, bench: floor(length, input) },
  ])
  const timesOf = (kind: Kind, from: number) =>
    measure(
      many
        .slice(from)
        .map(({ name, bench }): Contender => ({
          name,
          prepare: bench.prepare,
          run: () => oneByOne(CALLS, (i) => bench.call(kind, i)),
        })),
      often,
    )
  const rows: Row[] = []
  const grow = async (kind: Kind, what: string, first: number) => {
    const times = await timesOf(kind, first * 2)
    const base = lengths[first] as number
    for (const length of lengths.slice(first + 1)) {
      const ours = [`sess ${length}`, `sess ${base}`] as const
      const floors = [`floor ${length}`, `floor ${base}`] as const
      rows.push({
        what: `${what}, N = ${whole(length)}`,
        to: `N = ${whole(base)}`,
        ratio: times.ratio(...ours),
        floor: times.ratio(...floors),
        beyond: times.quotient(ours, floors),
        ...(kind !== 'turn' && length === lengths.at(-1) && { goal: { of: 'ratio', atLeast: 0.85 } as const }),
      })
    }
    rows.push({
      what: `${what}, N = ${whole(base)}`,
      to: 'floor',
      ratio: times.ratio(`sess ${base}`, `floor ${base}`),
    })
  }
  await grow('append', 'append', 0)
  await grow('page', `getMessages, last ${PAGE}`, 1)
  await grow('turn', `a turn: session, 10 keys, last ${PAGE}`, 1)
  rows.push(...(await capped(rounds, large, input)))
  return {
    title: `Length of history, ${CALLS} calls at each length`,
    rows,
  }
}

function sess(length: number, input: (i: number) => Input): Bench {
  let manager: SessionManager | undefined
  let id = ''
  return {
    prepare: async () => {
      if (manager !== undefined && length >= MADE_ONCE) return
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
    prepare: async () => {
      if (floor !== undefined && length >= MADE_ONCE) return
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
async function capped(rounds: number, large: number, input: (i: number) => Input): Promise<readonly Row[]> {
  const caps = [100, large]
  const times = await measure(
    await Promise.all(
      caps.map(async (cap): Promise<Contender> => {
        const manager = newManager()
        const { id } = await manager.createSession('user', { maxMessages: cap, overflow: 'drop-oldest' })
        await fill(manager, id, cap, input)
        return { name: `${cap}`, run: () => oneByOne(CALLS * 20, (i) => manager.addMessage(id, input(i))) }
      }),
    ),
    { rounds: rounds * 2, warmUp: 5 },
  )
  return [
    {
      what: `append that drops the oldest, at a cap of ${whole(large)}`,
      to: 'cap of 100',
      ratio: times.ratio(`${large}`, '100'),
    },
  ]
}
