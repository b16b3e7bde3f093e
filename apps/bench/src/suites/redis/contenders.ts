import { randomUUID } from 'node:crypto'
import { newMessageId, type SessionManager } from '@sess/core'
import { atOnce, type Contender, type Rounds } from '../../measure.ts'
import type { Plan } from '../../suite.ts'
import type { Field } from './field.ts'
import type { Prepared } from './recorder.ts'
import { inputs, type Rig } from './rig.ts'

/** How appends are called. */
export interface Way {
  readonly inFlight: number
  readonly calls: number
  /** Of a message's text. */
  readonly bytes: number
  readonly ids: 'generated' | 'own'
}

export const CONCURRENCIES = [1, 16, 64] as const

/**
 * Fewer than in process, since each call takes a hundred times as long. Without major collections, after which the
 * engine throws away its machine code for objects that none was left of, and rounds would time how it compiles it again.
 */
export function roundsOf({ long }: Plan): Rounds {
  return { rounds: Math.min(long.rounds, 7), warmUp: Math.min(long.warmUp, 2), collects: 'minor' }
}

/** Calls of a round: a tenth of a second and more. */
export function callsOf({ calls }: Plan, inFlight: number): number {
  return calls / (inFlight === 1 ? 20 : 10)
}

/** `addMessage`, as an application calls it. */
export function managed(name: string, field: Field, way: Way, manager: SessionManager): Contender {
  const input = inputs(way.bytes)
  let messages: readonly ReturnType<typeof input>[] = []
  return {
    name,
    prepare: async () => {
      await field.cut()
      messages = Array.from({ length: way.calls }, (_, i) =>
        way.ids === 'own' ? { ...input(i), id: randomUUID() } : input(i),
      )
    },
    run: () =>
      atOnce(way.calls, way.inFlight, (i) =>
        manager.addMessage(field.id(i), messages[i] as (typeof messages)[number]),
      ),
  }
}

/** The store's own script, sent by bare ioredis with arguments that lie ready. */
export function shipped(name: string, field: Field, way: Way, rig: Rig): Contender {
  const input = inputs(way.bytes)
  let calls: readonly Prepared[] = []
  return {
    name,
    prepare: async () => {
      await field.cut()
      const prepared: Prepared[] = []
      for (let i = 0; i < way.calls; i++) {
        const id = way.ids === 'own' ? randomUUID() : newMessageId()
        prepared.push(await rig.recorder.append(field.id(i), { ...input(i), id }))
      }
      calls = prepared
    },
    run: () => atOnce(way.calls, way.inFlight, (i) => rig.bare.evalsha(...(calls[i] as Prepared))),
  }
}
