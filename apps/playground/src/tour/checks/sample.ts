import { must } from '../agree.ts'
import type { Stage } from '../stage.ts'
import type { Sent } from '../transcripts.ts'

/** How many conversations a check takes that works on sessions of its own. */
const SAMPLE = 4

/** Each of the first conversations whole in a session without a cap, under a user of the check's own. */
export async function sample(stage: Pick<Stage, 'as' | 'conversations'>, userId: string) {
  const calls = stage.as(userId)
  const sessions: { what: string; id: string; messages: readonly Sent[] }[] = []
  for (const { id: name, opening, turns } of stage.conversations.slice(0, SAMPLE)) {
    const messages = [...opening, ...turns.flat()].slice(0, 1000)
    const { id } = await calls.createSession({
      messages,
      maxMessages: null,
      context: { turns: turns.length },
    })
    sessions.push({ what: `conversation ${name}`, id, messages })
  }
  must(sessions.length > 0, 'there are no conversations')
  return { calls, sessions }
}
