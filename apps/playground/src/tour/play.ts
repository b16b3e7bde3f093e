import { type Json, newSessionId } from '@sess/core'
import { persist } from '../persist.ts'
import { mustBeContext, mustBeMessages, mustFail } from './agree.ts'
import type { Calls } from './calls.ts'
import type { Rules } from './rules.ts'
import type { Conversation, Sent } from './transcripts.ts'

/** A conversation in a session, with what must be there. */
export interface Played {
  readonly userId: string
  readonly id: string
  readonly what: string
  /** How many messages were written, those that a cap dropped later too. */
  readonly written: number
  readonly messages: readonly Sent[]
  readonly context: ReadonlyMap<string, Json>
}

/** How many messages an agent is shown with each turn. */
const WINDOW = 8
/** How often a write is repeated, so that bad luck with lost replies alone never ends a conversation. */
const PATIENCE = 30

/**
 * Plays a conversation into a new session as an agent would: each turn one load and one commit, which holds only if
 * nobody wrote in between. Each load is compared with what was committed before.
 */
export async function play(
  calls: Calls,
  userId: string,
  conversation: Conversation,
  rules: Rules,
): Promise<Played> {
  const { opening, turns } = conversation
  const what = `conversation ${conversation.id}`
  const id = newSessionId(userId)
  const messages = [...opening]
  let written = opening.length
  const context = new Map<string, Json>([['turns', 0]])
  const init = { messages: opening, context: { turns: 0 }, metadata: { conversation: conversation.id } }
  await persist(() => calls.openSession(id, init), 0, PATIENCE)
  for (const [i, turn] of turns.entries()) {
    const seen = await calls.getSession(id, { messages: { last: WINDOW }, context: true })
    mustBeMessages(`${what}, before turn ${i + 1}`, seen.messages, messages.slice(-WINDOW))
    mustBeContext(`${what}, before turn ${i + 1}`, seen.context, context)
    const change = changeOf(turn, i + 1)
    const commit = () =>
      persist(() => calls.commit(id, change, { if: { lastSeq: seen.lastSeq } }), 0, PATIENCE)
    const room = (rules.cap ?? Infinity) - messages.length - turn.length
    if (room < 0 && rules.overflow === 'reject') {
      await mustFail(`${what}, turn ${i + 1} above the cap`, 'MESSAGE_LIMIT', commit)
      break
    }
    await commit()
    messages.push(...turn)
    written += turn.length
    if (room < 0) messages.splice(0, -room)
    for (const key of change.unset) context.delete(key)
    for (const [key, value] of change.set) context.set(key, value)
  }
  return { userId, id, what, written, messages, context }
}

/** A turn with what an agent would note about it: a count, a nested value that moves, and a key that comes and goes. */
function changeOf(turn: readonly Sent[], number: number) {
  const asked = turn[0]?.content as Json
  const last = {
    turn: number,
    asked,
    roles: turn.map(({ role }) => role),
    none: [],
    nested: { b: 1, a: null },
  }
  const draft = [['draft', `turn ${number}`]] as const
  return {
    append: turn,
    unset: number % 2 === 0 ? ['draft'] : [],
    set: [['turns', number], ['last', last], ...(number % 2 === 1 ? draft : [])] as [string, Json][],
  }
}

/** Each item in its turn, so many at once, all results in order. */
export async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, i: number) => Promise<R>,
) {
  const results: PromiseSettledResult<R>[] = new Array(items.length)
  let next = 0
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++)
      [results[i]] = (await Promise.allSettled([work(items[i] as T, i)])) as [PromiseSettledResult<R>]
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
