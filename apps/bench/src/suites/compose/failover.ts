import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FailoverOptions, fileJournal, withFailover } from '@sess/compose'
import { SessionManager, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { BODY_BYTES, inputs } from '../../inputs.ts'
import { atOnce, measure, type Times } from '../../measure.ts'
import { callsOf, managed, perSecond, roundsOf } from '../../server/contenders.ts'
import { Field } from '../../server/field.ts'
import type { Plan, Row, Section } from '../../suite.ts'

const LENGTH = 100

/** What a fallback costs while nothing is the matter. */
export async function failover(plan: Plan, bare: SessionManager, open: () => SessionStore): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), 'sess-bench-'))
  const rows: Row[] = []
  try {
    for (const writes of ['refuse', 'accept'] as const) {
      const options: FailoverOptions =
        writes === 'refuse' ? {} : { writes, journal: fileJournal(join(folder, 'journal')) }
      const store = withFailover(open(), createMemoryStore(), { ...options, warmMessages: 100_000 })
      const manager = new SessionManager({ store, maxMessages: null })
      await warmUp(plan, [manager, bare])
      for (const inFlight of [1, 16])
        rows.push(
          await append(plan, bare, manager, inFlight, writes),
          await read(plan, bare, manager, inFlight, writes),
        )
      await manager.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  return {
    title: 'Failover with a healthy Redis and a memory beside it',
    rows,
    notes: [
      'Both ways are called some 10,000 times before: what an engine takes to compile is a cost of a process, not of a call.',
    ],
  }
}

async function warmUp(plan: Plan, managers: readonly SessionManager[]): Promise<void> {
  const input = inputs(BODY_BYTES)
  for (const manager of managers) {
    const field = await fieldOf(manager)
    await atOnce(plan.calls / 2, 1, (i) => manager.addMessage(field.id(i), input(i)))
  }
}

/** A goal is set for one call at once; at more, what the copies cost shows, since they are written while others wait. */
function rowOf(what: string, inFlight: number, times: Times, calls: number): Row {
  return {
    what: `${what}, ${inFlight} at once`,
    to: `Redis alone, ${perSecond(times, 'bare', calls)}/s`,
    ratio: times.ratio('ours', 'bare'),
    ...(inFlight === 1 && { goal: { of: 'ratio', atLeast: 0.9 } as const }),
  }
}

async function append(
  plan: Plan,
  bare: SessionManager,
  ours: SessionManager,
  inFlight: number,
  writes: string,
): Promise<Row> {
  const calls = callsOf(plan, inFlight)
  const way = { inFlight, calls, bytes: BODY_BYTES, ids: 'generated' } as const
  const [field, other] = [await fieldOf(ours), await fieldOf(bare)]
  const times = await measure(
    [managed('ours', field, way, ours), managed('bare', other, way, bare)],
    roundsOf(plan, inFlight),
  )
  return rowOf(`addMessage, writes '${writes}'`, inFlight, times, calls)
}

async function read(
  plan: Plan,
  bare: SessionManager,
  ours: SessionManager,
  inFlight: number,
  writes: string,
): Promise<Row> {
  const calls = callsOf(plan, inFlight)
  const field = await fieldOf(ours)
  const reads = (manager: SessionManager) =>
    atOnce(calls, inFlight, (i) => manager.getMessages(field.id(i), { last: 50 }))
  const times = await measure(
    [
      { name: 'ours', run: () => reads(ours) },
      { name: 'bare', run: () => reads(bare) },
    ],
    roundsOf(plan, inFlight),
  )
  return rowOf(`getMessages, last 50, writes '${writes}'`, inFlight, times, calls)
}

function fieldOf(manager: SessionManager): Promise<Field> {
  return Field.create(manager, { sessions: 40, length: LENGTH, input: inputs(BODY_BYTES) })
}
