import { randomUUID } from 'node:crypto'
import type { SessionManager } from '@sess/core'
import { type Input, inputs } from '../inputs.ts'
import { atOnce, type Contender, type Rounds, type Times } from '../measure.ts'
import { type Plan, whole } from '../suite.ts'
import type { Field } from './field.ts'

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
 * A lone call waits for two processes to be woken, which differs from one time to the next: more rounds.
 */
export function roundsOf({ long }: Plan, inFlight: number): Rounds {
  const rounds = Math.min(long.rounds, 7) * (inFlight === 1 ? 5 : 1)
  return { rounds, warmUp: Math.min(long.warmUp, 2), collects: 'minor' }
}

/** Calls of a round: a tenth of a second and more. */
export function callsOf({ calls }: Plan, inFlight: number): number {
  return calls / (inFlight === 1 ? 20 : 10)
}

/** For what differs by little: many short rounds, since a shared machine's speed changes by half within seconds. */
export function closely({ short, long, calls }: Plan, inFlight: number): { rounds: Rounds; calls: number } {
  return {
    rounds: { ...short, warmUp: long.warmUp },
    calls: calls / (inFlight === 1 ? 50 : 20),
  }
}

/** Calls a second, in the median round. */
export function perSecond(times: Times, name: string, calls: number): string {
  return whole(Math.round((calls * 1000) / times.ms(name).median))
}

/** What is appended in a round, one message for each call. */
export function messagesOf({ bytes, calls, ids }: Way): readonly (Input & { readonly id?: string })[] {
  const input = inputs(bytes)
  return Array.from({ length: calls }, (_, i) =>
    ids === 'own' ? { ...input(i), id: randomUUID() } : input(i),
  )
}

/** `addMessage`, as an application calls it. */
export function managed(name: string, field: Field, way: Way, manager: SessionManager): Contender {
  let messages: ReturnType<typeof messagesOf> = []
  return {
    name,
    prepare: async () => {
      await field.cut()
      messages = messagesOf(way)
    },
    run: () =>
      atOnce(way.calls, way.inFlight, (i) =>
        manager.addMessage(field.id(i), messages[i] as (typeof messages)[number]),
      ),
  }
}
