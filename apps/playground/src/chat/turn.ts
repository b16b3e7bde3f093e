import { isSessError, type Message, type MessageInput, newMessageId, type UserSessions } from '@sess/core'
import { persist } from '../persist.ts'
import { oneLine } from '../words.ts'
import type { Agent, ChatMessage } from './agent.ts'
import { ContextDraft } from './context-draft.ts'
import { runTool, tools } from './tools.ts'

/** How many of the newest messages an agent sees. */
const WINDOW = 40
const MAX_STEPS = 8
const MAX_CONFLICTS = 10

export interface Turn {
  /** The user's message, calls and results of tools, and the answer, as stored. */
  readonly messages: readonly Message[]
  /** How often another writer was faster, so that the turn was thought over again. */
  readonly conflicts: number
}

/** Is shown a turn while it goes on, before it is saved. */
export interface Live {
  text(piece: string): void
  message(message: ChatMessage): void
  /** The turn is over, or begins anew. */
  end(): void
}

/**
 * One turn: one load, the agent's work, one commit. The commit holds only if nobody wrote since the load, so that two
 * terminals on one session never interleave; otherwise all is done again on what is there by then.
 * @throws `CONFLICT` after ten such rounds, and nothing is written
 */
export async function takeTurn(
  sessions: Pick<UserSessions, 'getSession' | 'commit'>,
  id: string,
  text: string,
  agent: Agent,
  live?: Live,
): Promise<Turn> {
  for (let conflicts = 0; ; conflicts++) {
    const seen = await sessions.getSession(id, { messages: { last: WINDOW }, context: true })
    const context = new ContextDraft(seen.context)
    const append = await converse(agent, fromFirstUser(seen.messages), text, context, live).finally(() =>
      live?.end(),
    )
    const { set, unset } = context.changes()
    const change = {
      append,
      ...(set.length > 0 && { set }),
      ...(unset.length > 0 && { unset }),
      ...(seen.metadata.title === undefined && { session: { metadata: { title: oneLine(text, 40) } } }),
    }
    try {
      const commit = () => sessions.commit(id, change, { if: { lastSeq: seen.lastSeq } })
      return { messages: (await persist(commit, 100)).messages, conflicts }
    } catch (error) {
      if (!isSessError(error, 'CONFLICT') || conflicts === MAX_CONFLICTS) throw error
    }
  }
}

/** The messages of a turn. Each has its id from the start, so that a commit can be repeated. */
async function converse(
  agent: Agent,
  history: readonly ChatMessage[],
  text: string,
  context: ContextDraft,
  live: Live | undefined,
): Promise<readonly MessageInput[]> {
  const turn: (MessageInput & ChatMessage)[] = [{ id: newMessageId(), role: 'user', content: text }]
  const add = (role: string, content: ChatMessage['content']) => {
    turn.push({ id: newMessageId(), role, content })
    live?.message({ role, content })
  }
  const onText = live && ((piece: string) => live.text(piece))
  for (let step = 0; step < MAX_STEPS; step++) {
    const request = { messages: [...history, ...turn], context: context.all(), tools }
    const reply = await agent.reply(request, onText)
    if (!('toolCalls' in reply)) {
      add('assistant', reply.text)
      return turn
    }
    const said = reply.text !== undefined && { text: reply.text }
    add('assistant', { ...said, toolCalls: reply.toolCalls.map((call) => ({ ...call })) })
    for (const { id, name, arguments: input } of reply.toolCalls)
      add('tool', { toolCallId: id, name, result: runTool(name, input, context) })
  }
  add('assistant', 'I have used my tools many times without coming to an end; please ask in another way.')
  return turn
}

/** A window may begin inside a turn, and a result without its call means nothing to an agent. */
function fromFirstUser(messages: readonly Message[]): readonly ChatMessage[] {
  const first = messages.findIndex(({ role }) => role === 'user')
  return first === -1 ? [] : messages.slice(first)
}
