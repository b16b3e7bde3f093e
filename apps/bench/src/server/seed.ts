import type { SessionManager } from '@sess/core'
import { BODY_BYTES, type Input, inputs } from '../inputs.ts'
import { atOnce, type Contender, measure } from '../measure.ts'
import { type Plan, type Row, type Section, whole } from '../suite.ts'
import { managed, perSecond, roundsOf } from './contenders.ts'
import type { Field } from './field.ts'

const LENGTHS = [10, 100, 1_000, 5_000]
const AT = 1_000
const MOST_RACING = 200
export const DAY = 86_400_000

/** What the seed’s way does on a server, and what is measured beside it there. */
export interface Beside {
  readonly title: string
  readonly bytesAre: string
  readonly goals: readonly { readonly inFlight: number; readonly atLeast: number }[]
  /** The text of a whole session. */
  read(i: number): Promise<string>
  write(i: number, session: string): Promise<void>
  readonly manager: SessionManager
  field(length: number): Promise<Field>
  /** Whose calls, as {@link Beside.read} and {@link Beside.write}, add to the traffic. */
  readonly counted: SessionManager
  /** Bytes that went out of the client and into it so far. */
  traffic(): Promise<readonly [out: number, into: number]>
}

/** The seed’s way: the whole session is one JSON value, read, appended to and written back. */
class Seed {
  readonly #on: Beside
  readonly #session: string

  constructor(on: Beside, length: number) {
    this.#on = on
    const messages = Array.from({ length }, (_, i) => messageOf(i + 1, inputs(BODY_BYTES)(i)))
    const now = Date.now()
    this.#session = JSON.stringify({
      ...{ id: 'session', userId: 'user', createdAt: now, updatedAt: now, expiresAt: now + DAY },
      ...{ context: {}, messages },
    })
  }

  async prepare(sessions: number): Promise<void> {
    for (let i = 0; i < sessions; i++) await this.#on.write(i, this.#session)
  }

  async append(i: number, input: Input): Promise<void> {
    const session = JSON.parse(await this.#on.read(i))
    session.messages.push(messageOf(session.messages.length + 1, input))
    session.updatedAt = Date.now()
    await this.#on.write(i, JSON.stringify(session))
  }

  async count(i: number): Promise<number> {
    return JSON.parse(await this.#on.read(i)).messages.length
  }
}

function messageOf(i: number, input: Input) {
  return { id: `msg_${i}`, ...input, metadata: {}, createdAt: Date.now() }
}

/** Speed, bytes on the wire and lost updates, beside the seed’s way. */
export async function besideSeed(plan: Plan, on: Beside): Promise<Section> {
  const racing = Math.min(MOST_RACING, plan.calls / 10)
  const lines: (readonly string[])[] = []
  const rows: Row[] = []
  for (const length of LENGTHS) {
    const field = await on.field(length)
    const seed = new Seed(on, length)
    const speeds = []
    for (const goal of on.goals) {
      const { row, speed } = await compare(plan, on, { seed, field, length, ...goal })
      speeds.push(speed)
      if (length === AT) rows.push(row)
    }
    const { wire, lost } = await sideEffects(on, seed, field, racing)
    lines.push(lineOf(length, speeds, wire, lost))
  }
  return {
    title: on.title,
    rows,
    table: { head: headOf(on), rows: lines },
    notes: [`“Lost” is of ${racing} appends at once to one session. Bytes are ${on.bytesAre}.`],
  }
}

function headOf({ goals }: Beside): readonly string[] {
  return [
    'N',
    ...goals.flatMap(({ inFlight }) => ['seed', 'sess'].map((name) => `${name}/s, ${inFlight} at once`)),
    ...['seed: bytes out, in', 'sess: bytes out, in', 'seed lost', 'sess lost'],
  ]
}

interface Race {
  readonly seed: Seed
  readonly field: Field
  readonly length: number
  readonly inFlight: number
  readonly atLeast: number
}

async function compare(plan: Plan, on: Beside, { seed, field, length, inFlight, atLeast }: Race) {
  const calls = Math.max(16, Math.min(plan.calls / 20, Math.round(200_000 / (length + 100))))
  const input = inputs(BODY_BYTES)
  const theirs: Contender = {
    name: 'seed',
    // As many sessions as calls at once: none waits for another.
    prepare: () => seed.prepare(inFlight),
    run: () => atOnce(calls, inFlight, (i) => seed.append(i % inFlight, input(i))),
  }
  const way = { inFlight, calls, bytes: BODY_BYTES, ids: 'generated' } as const
  const times = await measure([managed('ours', field, way, on.manager), theirs], roundsOf(plan, inFlight))
  const row: Row = {
    what: `addMessage, N = ${whole(length)}, ${inFlight} at once`,
    to: 'the seed’s way',
    ratio: times.ratio('ours', 'seed'),
    goal: { of: 'ratio', atLeast },
  }
  return { row, speed: ['seed', 'ours'].map((name) => perSecond(times, name, calls)) }
}

/** Bytes on the wire and lost updates, the seed’s first. */
async function sideEffects(on: Beside, seed: Seed, field: Field, racing: number) {
  const input = inputs(BODY_BYTES)
  await seed.prepare(1)
  await field.cut()
  const ours = () => on.counted.addMessage(field.id(0), input(0))
  const theirs = () => seed.append(0, input(0))
  const wire = [await bytesOf(on, theirs), await bytesOf(on, ours)]
  const lost = [
    await lostOf(racing, theirs, () => seed.count(0)),
    await lostOf(racing, ours, async () => (await on.counted.getSession(field.id(0))).messageCount),
  ]
  return { wire, lost }
}

/** Bytes out and in of one call, in the mean of a few. */
async function bytesOf(on: Beside, call: () => Promise<unknown>): Promise<readonly [number, number]> {
  const calls = 10
  await call()
  const [out, into] = await on.traffic()
  for (let i = 0; i < calls; i++) await call()
  const [outThen, intoThen] = await on.traffic()
  return [Math.round((outThen - out) / calls), Math.round((intoThen - into) / calls)]
}

/** How many of racing appends are not there afterwards. */
async function lostOf(
  racing: number,
  append: () => Promise<unknown>,
  count: () => Promise<number>,
): Promise<number> {
  const before = await count()
  await Promise.all(Array.from({ length: racing }, append))
  return racing - ((await count()) - before)
}

function lineOf(
  length: number,
  speeds: readonly (readonly string[])[],
  wire: readonly (readonly [number, number])[],
  lost: readonly number[],
): readonly string[] {
  const bytes = wire.map(([out, into]) => `${whole(out)}, ${whole(into)}`)
  return [whole(length), ...speeds.flat(), ...bytes, ...lost.map(String)]
}
