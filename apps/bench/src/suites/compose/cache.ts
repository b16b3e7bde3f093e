import { withCache } from '@sess/compose'
import { SessionManager, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { BODY_BYTES, inputs } from '../../inputs.ts'
import { atOnce, measure } from '../../measure.ts'
import { callsOf, perSecond, roundsOf } from '../../server/contenders.ts'
import { Field } from '../../server/field.ts'
import type { Plan, Row, Section } from '../../suite.ts'

const PAGE = 50

/** What a turn reads, from a memory in front of Redis beside Redis alone. */
export async function cache(plan: Plan, bare: SessionManager, open: () => SessionStore): Promise<Section> {
  const field = await Field.create(bare, { sessions: 40, length: 400, input: inputs(BODY_BYTES) })
  const rows: Row[] = []
  for (const maxStaleMs of [60_000, 0]) {
    const store = withCache(open(), createMemoryStore(), { maxStaleMs })
    const cached = new SessionManager({ store, maxMessages: null })
    for (const inFlight of [1, 16]) {
      const calls = callsOf(plan, inFlight)
      const read = (manager: SessionManager) => async (i: number) => {
        const { messages } = await manager.getSession(field.id(i), {
          context: true,
          messages: { last: PAGE },
        })
        if (messages.length !== PAGE) throw new Error('the page is not full')
      }
      const contenders = [
        { name: 'ours', run: () => atOnce(calls, inFlight, read(cached)) },
        { name: 'bare', run: () => atOnce(calls, inFlight, read(bare)) },
      ]
      const times = await measure(contenders, roundsOf(plan, inFlight))
      rows.push({
        what: `getSession, context and last ${PAGE}, maxStaleMs ${maxStaleMs}, ${inFlight} at once`,
        to: `Redis alone, ${perSecond(times, 'bare', calls)}/s`,
        ratio: times.ratio('ours', 'bare'),
        ...(maxStaleMs > 0 && { goal: { of: 'ratio', atLeast: 5 } as const }),
      })
    }
    await cached.close()
  }
  return { title: 'A memory in front of Redis, on a hit', rows }
}
