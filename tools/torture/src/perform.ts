import type { CallOptions, Message, SessionManager } from '@sess/core'
import type { Answer, Append, Call, Row } from './history.ts'
import { revOf, textOf } from './texts.ts'

const REGISTER = 'register'
const TURN = 'turn:'

/** Makes a call through the public API, and answers what its answer tells. */
export async function perform(
  sessions: SessionManager,
  session: string,
  call: Call,
  options: CallOptions,
): Promise<Answer> {
  switch (call.f) {
    case 'append':
      return { rows: rowsOf(await append(sessions, session, call, options)) }
    case 'set': {
      const conditions = { if: { version: call.ifVersion } }
      const set = [[REGISTER, call.value]] as const
      const answer = await sessions.commit(session, { set }, { ...options, ...conditions })
      return { version: answer.version, lastSeq: answer.lastSeq, updatedAt: answer.updatedAt }
    }
    case 'amend': {
      const amended = { content: textOf(call.id, call.rev) }
      return { rows: rowsOf([await sessions.amendMessage(session, call.id, amended, options)]) }
    }
    case 'last':
      return { rows: rowsOf(await sessions.getMessages(session, { last: call.last }, options)) }
    case 'page': {
      const { afterSeq, limit } = call
      return { rows: rowsOf(await sessions.getMessages(session, { afterSeq, limit }, options)) }
    }
    case 'session':
      return getSession(sessions, session, call.last, options)
    case 'final': {
      const messages: Message[] = []
      for await (const message of sessions.iterateMessages(session, { ...options, pageSize: 500 }))
        messages.push(message)
      return { ...(await getSession(sessions, session, 1, options)), rows: rowsOf(messages) }
    }
  }
}

async function append(
  sessions: SessionManager,
  session: string,
  { ids, ifLastSeq, turn }: Append,
  options: CallOptions,
): Promise<readonly Message[]> {
  const messages = ids.map((id) => ({ id, role: 'user', content: textOf(id, '') }))
  const [first] = messages
  if (turn) {
    const set = [[turn.key, turn.n]] as const
    return (await sessions.commit(session, { append: messages, set }, options)).messages
  }
  const conditions = { ...options, ...(ifLastSeq !== undefined && { ifLastSeq }) }
  if (first && messages.length === 1) return [await sessions.addMessage(session, first, conditions)]
  return sessions.addMessages(session, messages, conditions)
}

async function getSession(
  sessions: SessionManager,
  session: string,
  last: number,
  options: CallOptions,
): Promise<Answer> {
  const want = { context: true, messages: { last } } as const
  const { version, lastSeq, updatedAt, context, messages } = await sessions.getSession(session, want, options)
  const entries: readonly (readonly [string, unknown])[] = Object.entries(context)
  const turns = entries.filter(([key]) => key.startsWith(TURN)) as [string, number][]
  const value = entries.find(([key]) => key === REGISTER)?.[1] ?? null
  return {
    ...{ version, lastSeq, updatedAt, rows: rowsOf(messages) },
    ...{ value: value as string | null, turns: Object.fromEntries(turns) },
  }
}

function rowsOf(messages: readonly Message[]): Row[] {
  return messages.map(({ seq, id, version, content }) => [seq, id, version, revOf(id, content)])
}
