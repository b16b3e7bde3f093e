import type { Loaded, LoadOptions, Want } from '@sess/core'
import { toMessage } from './element.ts'
import type { LoadReply } from './read.ts'
import { sessionOf } from './record.ts'
import { type Asked, ServerClock } from './server-clock.ts'

// A list of messages ends with its session's record: one LRANGE reads the newest messages and the record in one step.
// A script would make a text of its own of each element first, which costs the server most of a page.

const MOST = 100
/** Pages of more UTF-16 units are left to the script, which bounds them. */
const LARGE = 1024 * 1024

/** What a script's page told of a session whose pages need no script from then on. */
export interface Plain {
  readonly clock: ServerClock
  /** So many of its newest messages are not large. */
  readonly upTo: number
}

/** How many of the newest messages are wanted, if nothing else is, and no more than it is known for. */
export function newestOf(want: Want | undefined, { upTo, clock }: Plain): number | undefined {
  const last = lastOf(want)
  return last !== undefined && last <= upTo && clock.isBelieved ? last : undefined
}

/**
 * What the end of a list tells. `undefined` where it is for the script to judge: a session that is gone, another's, near
 * its end or of another schema, that has metadata, or large messages.
 */
export function toNewest(
  id: string,
  found: readonly string[],
  options: LoadOptions | undefined,
  { clock }: Plain,
): Loaded | undefined {
  const session = sessionOf(id, found.at(-1))
  if (session === undefined || isLarge(found) || !clock.isBefore(session.expiresAt)) return undefined
  const userId = options?.if?.userId
  if (userId !== undefined && userId !== session.userId) return undefined
  return { session, messages: found.slice(0, -1).map(toMessage) }
}

/** Whether what a script read is plain: `null` where it is not, `undefined` where it does not tell. */
export function plainOf(
  want: Want | undefined,
  { session }: Loaded,
  reply: LoadReply,
  asked: Asked,
): Plain | null | undefined {
  const upTo = lastOf(want)
  if (upTo === undefined) return undefined
  const [, , metadata, messages, , , seconds] = reply
  const clock = new ServerClock(Number(seconds), asked)
  const isPlain = metadata.length === 0 && !isLarge(messages) && clock.isBefore(session.expiresAt)
  return isPlain ? { clock, upTo } : null
}

function lastOf({ messages, context, reserved }: Want = {}): number | undefined {
  if (context !== undefined || reserved !== undefined) return undefined
  return messages?.last !== undefined && messages.last <= MOST ? messages.last : undefined
}

function isLarge(elements: readonly string[]): boolean {
  let units = 0
  for (const element of elements) units += element.length
  return units > LARGE
}
