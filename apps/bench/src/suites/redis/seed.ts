import type { SessionManager } from '@sess/core'
import type { Redis } from 'ioredis'
import { BODY_BYTES, type Input } from '../../inputs.ts'
import { atOnce, type Contender, measure } from '../../measure.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import { managed, roundsOf } from './contenders.ts'
import type { Field } from './field.ts'
import { inputs, type Rig } from './rig.ts'

const LENGTHS = [10, 100, 1_000, 5_000]
const GOALS = [
  { inFlight: 1, atLeast: 15 },
  { inFlight: 16, atLeast: 60 },
]
const AT = 1_000
const RACING = 200
const DAY = 86_400_000

/** The seed's way: the whole session is one JSON value, read, appended to and written back. */
class Seed {
  readonly #redis: Redis
  readonly #key: (i: number) => string
  readonly #value: string

  constructor(redis: Redis, rig: Rig, length: number) {
    this.#redis = redis
    this.#key = (i) => rig.key(`seed:${i}`)
    const messages = Array.from({ length }, (_, i) => messageOf(i + 1, inputs(BODY_BYTES)(i)))
    const now = Date.now()
    this.#value = JSON.stringify({
      ...{ id: 'session', userId: 'user', createdAt: now, updatedAt: now, expiresAt: now + DAY },
      ...{ context: {}, messages },
    })
  }

  async prepare(sessions: number): Promise<void> {
    for (let i = 0; i < sessions; i++) await this.#redis.set(this.#key(i), this.#value, 'PX', DAY)
  }

  async append(i: number, input: Input): Promise<void> {
    const session = JSON.parse((await this.#redis.get(this.#key(i))) ?? '')
    session.messages.push(messageOf(session.messages.length + 1, input))
    session.updatedAt = Date.now()
    await this.#redis.set(this.#key(i), JSON.stringify(session), 'PX', DAY)
  }

  async count(i: number): Promise<number> {
    return JSON.parse((await this.#redis.get(this.#key(i))) ?? '').messages.length
  }
}

function messageOf(i: number, input: Input) {
  return { id: `msg_${i}`, ...input, metadata: {}, createdAt: Date.now() }
}

export async function seed(plan: Plan, rig: Rig): Promise<Section> {
  const [node] = rig.nodes as readonly [Redis]
  const client = node.duplicate()
  const manager = rig.managerOn(client)
  const lines: (readonly string[])[] = []
  const rows: Row[] = []
  for (const length of LENGTHS) {
    const field = await rig.field('ours', length, BODY_BYTES)
    const seed = new Seed(client, rig, length)
    const speeds = []
    for (const goal of GOALS) {
      const { row, perSecond } = await speed(plan, rig, { seed, field, length, ...goal })
      speeds.push(perSecond)
      if (length === AT) rows.push(row)
    }
    const { wire, lost } = await sideEffects(client, manager, seed, field)
    lines.push(lineOf(length, speeds, wire, lost))
  }
  client.disconnect()
  return {
    title: 'Beside the seed’s way: the whole session one JSON value, GET, parse, append, SET',
    rows,
    table: { head: HEAD, rows: lines },
    notes: [`“Lost” is of ${RACING} appends at once to one session. Bytes are those of the client’s socket.`],
  }
}

const HEAD = [
  ...['N', 'seed/s, 1 at once', 'sess/s, 1 at once', 'seed/s, 16 at once', 'sess/s, 16 at once'],
  ...['seed: bytes out, in', 'sess: bytes out, in', 'seed lost', 'sess lost'],
]

interface Race {
  readonly seed: Seed
  readonly field: Field
  readonly length: number
  readonly inFlight: number
  readonly atLeast: number
}

async function speed(plan: Plan, rig: Rig, { seed, field, length, inFlight, atLeast }: Race) {
  const calls = Math.max(16, Math.min(plan.calls / 20, Math.round(200_000 / (length + 100))))
  const input = inputs(BODY_BYTES)
  const theirs: Contender = {
    name: 'seed',
    // As many sessions as calls at once: none waits for another.
    prepare: () => seed.prepare(inFlight),
    run: () => atOnce(calls, inFlight, (i) => seed.append(i % inFlight, input(i))),
  }
  const way = { inFlight, calls, bytes: BODY_BYTES, ids: 'generated' } as const
  const times = await measure([managed('ours', field, way, rig.manager), theirs], roundsOf(plan))
  const perSecond = (['seed', 'ours'] as const).map((name) =>
    whole(Math.round((calls * 1000) / times.ms(name).median)),
  )
  const row: Row = {
    what: `addMessage, N = ${whole(length)}, ${inFlight} at once`,
    to: 'the seed’s way',
    ratio: times.ratio('ours', 'seed'),
    goal: { of: 'ratio', atLeast },
  }
  return { row, perSecond }
}

/** Bytes on the wire and lost updates, the seed's first. */
async function sideEffects(client: Redis, manager: SessionManager, seed: Seed, field: Field) {
  const input = inputs(BODY_BYTES)
  await seed.prepare(1)
  await field.cut()
  const ours = () => manager.addMessage(field.id(0), input(0))
  const theirs = () => seed.append(0, input(0))
  const wire = [await bytesOf(client, theirs), await bytesOf(client, ours)]
  const lost = [
    await lostOf(theirs, () => seed.count(0)),
    await lostOf(ours, async () => (await manager.getSession(field.id(0))).messageCount),
  ]
  return { wire, lost }
}

/** Bytes out and in of one call, in the mean of a few. */
async function bytesOf({ stream }: Redis, call: () => Promise<unknown>): Promise<readonly [number, number]> {
  const calls = 10
  await call()
  const [out, into] = [stream.bytesWritten, stream.bytesRead]
  for (let i = 0; i < calls; i++) await call()
  return [Math.round((stream.bytesWritten - out) / calls), Math.round((stream.bytesRead - into) / calls)]
}

/** How many of racing appends are not there afterwards. */
async function lostOf(append: () => Promise<unknown>, count: () => Promise<number>): Promise<number> {
  const before = await count()
  await Promise.all(Array.from({ length: RACING }, append))
  return RACING - ((await count()) - before)
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
