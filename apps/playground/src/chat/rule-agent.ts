import type { Json, JsonObject } from '@sess/core'
import { oneLine } from '../words.ts'
import type { Agent, AgentRequest, ChatMessage, Reply } from './agent.ts'
import { wishesIn } from './rules.ts'
import { NOTES } from './tools.ts'

const ABILITIES =
  "I am a small offline agent. Try '12 * 7', then 'double that'; '5 miles in km'; 'what time is it in Tokyo'; 'my name is Ana', later 'what is my name'; 'what did I say'."

/** An agent of a few rules, that needs neither network nor key. */
export const ruleAgent: Agent = {
  name: 'a small offline agent',
  async reply({ messages, context }: AgentRequest): Promise<Reply> {
    const last = messages.at(-1)
    if (last?.role === 'tool') return { text: reportOf(messages) }
    const text = typeof last?.content === 'string' ? last.content : ''
    const wishes = wishesIn(text, lastValue(messages))
    if (wishes.length === 0) return { text: smallTalk(text, messages.slice(0, -1), context) }
    // Unique within the turn is enough: a result stands right behind its call.
    return { toolCalls: wishes.map((wish, i) => ({ id: `call_${i + 1}`, ...wish })) }
  },
}

/** The results of this turn's calls, as sentences. */
function reportOf(messages: readonly ChatMessage[]): string {
  const results = messages.slice(messages.findLastIndex(({ role }) => role !== 'tool') + 1)
  return results.map(({ content }) => sentenceOf(resultOf(content))).join(' ')
}

function sentenceOf({ text, error }: JsonObject): string {
  const said = typeof error === 'string' ? `Sorry, ${error}` : String(text)
  // A word becomes the beginning of a sentence; a formula stays as it is.
  return `${said.replace(/^[a-z]+(?=[ :])/, (word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)}.`
}

/** The number that was worked out last, which is what "that" means. */
function lastValue(messages: readonly ChatMessage[]): number | undefined {
  const found = messages.findLast(
    ({ role, content }) => role === 'tool' && typeof resultOf(content).value === 'number',
  )
  return found && (resultOf(found.content).value as number)
}

function resultOf(content: Json): JsonObject {
  return ((content as JsonObject).result ?? {}) as JsonObject
}

function smallTalk(text: string, history: readonly ChatMessage[], context: JsonObject): string {
  const name = context[`${NOTES}name`]
  const you = typeof name === 'string' ? `, ${name}` : ''
  if (/^(?:hi|hello|hey|good (?:morning|evening|day))\b/i.test(text)) return `Hello${you}! ${ABILITIES}`
  if (/\bthank/i.test(text)) return `You are welcome${you}.`
  if (/\bwhat (?:did|have) i (?:just )?(?:say|ask|said|asked)/i.test(text)) return quote(history)
  return `I do not understand that${you}. ${ABILITIES}`
}

function quote(history: readonly ChatMessage[]): string {
  const said = history.filter(({ role, content }) => role === 'user' && typeof content === 'string')
  const last = said.at(-1)
  if (!last) return 'This is the first thing you said here.'
  const first =
    said.length > 1 ? ` The oldest that I still see is "${oneLine(said[0]?.content as string, 80)}".` : ''
  return `You said "${oneLine(last.content as string, 80)}".${first}`
}
