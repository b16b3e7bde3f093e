import type { Loaded, LoadOptions, Session, Want } from '@sess/core'
import { toMessage } from './element.ts'
import { toPlainSession } from './record.ts'
import { ServerClock } from './server-clock.ts'

// A list of messages ends with its session's record: one LRANGE reads the newest messages and the record in one step.
// A script would make a text of its own of each element first, which costs the server most of a page.

/** As many messages as need no bound. */
const MOST = 100
/** Pages of more UTF-16 units are left to the script, which bounds them. */
const LARGE = 1024 * 1024

/** How many of the newest messages are wanted, if nothing else is. */
export function newestOf(want: Want | undefined): number | undefined {
  const { messages, context, reserved } = want ?? {}
  if (messages?.last === undefined || messages.last > MOST) return undefined
  return context === undefined && reserved === undefined ? messages.last : undefined
}

/**
 * What the end of a list tells. `undefined` where it is for the script to judge: a session that is gone, another's, near
 * its end or of another schema, that has metadata, or large messages.
 */
export function toNewest(
  id: string,
  found: readonly string[],
  options: LoadOptions | undefined,
  clock: ServerClock,
): Loaded | undefined {
  const session = toPlainSession(id, found.at(-1))
  if (session === undefined || isLarge(found) || !clock.isBefore(session.expiresAt)) return undefined
  const userId = options?.if?.userId
  if (userId !== undefined && userId !== session.userId) return undefined
  return { session, messages: found.slice(0, -1).map(toMessage) }
}

/** The server's clock, as a script's answer tells it, if the session is one whose pages need no script. */
export function clockFor(session: Session, reply: readonly unknown[]): ServerClock | undefined {
  const [, packed, , messages, , , seconds] = reply as readonly [
    word: 'K',
    packed: string,
    metadata: unknown,
    messages: readonly string[],
    context: unknown,
    reserved: unknown,
    seconds: string,
  ]
  if (toPlainSession(session.id, packed) === undefined || isLarge(messages)) return undefined
  const clock = new ServerClock(Number(seconds))
  return clock.isBefore(session.expiresAt) ? clock : undefined
}

function isLarge(elements: readonly string[]): boolean {
  let units = 0
  for (const element of elements) units += element.length
  return units > LARGE
}
