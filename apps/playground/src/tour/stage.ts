import { SessionManager, type SessionStore } from '@sess/core'
import * as standard from '@sess/core/default'
import type { StoreKind } from '../store-kind.ts'
import { type Calls, callsOf, type Manager } from './calls.ts'
import type { Played } from './play.ts'
import { type Rules, rulesOf } from './rules.ts'
import type { Conversation } from './transcripts.ts'
import type { Way } from './ways.ts'

/** Where checks work: an open store, used in one way, on which the conversations were played. */
export interface Stage {
  readonly kind: StoreKind
  readonly way: Way
  readonly store: SessionStore
  readonly conversations: readonly Conversation[]
  /** The sessions into which they were played. */
  readonly played: readonly Played[]
  readonly rules: Rules
  /** Other stores, to move to. */
  readonly moves: readonly StoreKind[]
  readonly manager: Manager
  /** The calls of a user. */
  as(userId: string): Calls
  /** The same over another store, such as a faulty wrapper around this one. */
  over(store: SessionStore): (userId: string) => Calls
  /** See `OpenStore`. */
  readonly shortMs: number
  pass(ms: number): Promise<void>
}

export async function openStage(
  kind: StoreKind,
  way: Way,
  conversations: readonly Conversation[],
): Promise<Omit<Stage, 'played' | 'moves'>> {
  const { store, shortMs, pass } = await kind.open()
  const rules = rulesOf(way, conversations)
  const { sliding = false, schemas = {} } = way
  const options = { sliding, schemas, maxMessages: rules.cap, overflow: rules.overflow }
  const over = (other: SessionStore) => {
    const manager = new SessionManager<Record<never, never>>({ ...options, store: other })
    return (userId: string) => callsOf(manager, userId, way)
  }
  if (way.through === 'default') standard.initialize({ ...options, store })
  const manager =
    way.through === 'default' ? standard : new SessionManager<Record<never, never>>({ ...options, store })
  const as = (userId: string) => callsOf(manager, userId, way)
  return { kind, way, store, conversations, rules, manager, as, over, shortMs, pass }
}
