import type { Json, JsonObject, Message, Session, UserSessions } from '@sess/core'
import { oneLine, plural, printable } from '../words.ts'

export type Tone = 'plain' | 'dim' | 'bold'

/** What a chat and its commands work on. */
export interface Desk {
  readonly sessions: UserSessions
  say(line: string, tone?: Tone): void
  /** The session in which the person is. */
  current: string
  /** The ids that `/list` showed last, so that a number names one. */
  listed: readonly string[]
  /** Whether the person wants to end the chat. */
  isLeaving: boolean
}

export function titleOf(session: Pick<Session, 'metadata'>): string {
  const { title } = session.metadata
  return title === undefined || title === '' ? '(no title yet)' : oneLine(title, 40)
}

export function summaryOf(session: Session): string {
  return `${titleOf(session)}, ${plural(session.messageCount, 'message')}`
}

/** A message for people: words whole, tools on a line. */
export function sayMessage(
  desk: Pick<Desk, 'say'>,
  { role, content }: Pick<Message, 'role' | 'content'>,
): void {
  if (typeof content === 'string') {
    const names: { readonly [role: string]: string } = { user: 'you', assistant: 'agent' }
    desk.say(`${names[role] ?? role}: ${printable(content)}`)
    return
  }
  const { text, toolCalls, name, result } = (content ?? {}) as JsonObject
  if (typeof text === 'string' && role === 'assistant') desk.say(`agent: ${printable(text)}`)
  if (Array.isArray(toolCalls))
    for (const call of toolCalls as readonly JsonObject[])
      desk.say(`  calls ${call.name} ${short(call.arguments)}`, 'dim')
  else if (role === 'tool') desk.say(`  ${name} answers ${short(result)}`, 'dim')
  else desk.say(`${role}: ${short(content)}`)
}

/** A value as JSON text on a line. */
export function short(value: Json | undefined, max = 100): string {
  return oneLine(JSON.stringify(value) ?? '', max)
}
