import type { Overflow } from '@sess/core'
import type { Conversation } from './transcripts.ts'
import type { Way } from './ways.ts'

/** What holds for sessions that bring no cap of their own. */
export interface Rules {
  readonly cap: number | null
  readonly overflow: Overflow
}

/** A small cap that still takes the largest turn. */
export function rulesOf(way: Way, conversations: readonly Conversation[]): Rules {
  const { overflow } = way
  if (overflow === undefined) return { cap: null, overflow: 'reject' }
  let cap = 10
  for (const { opening, turns } of conversations)
    for (const { length } of [opening, ...turns]) cap = Math.max(cap, length)
  return { cap, overflow }
}
