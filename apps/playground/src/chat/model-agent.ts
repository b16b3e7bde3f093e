import type { Json, JsonObject } from '@sess/core'
import OpenAI from 'openai'
import type { Agent, AgentRequest, ChatMessage, Reply, ToolCall } from './agent.ts'

type ModelMessage = OpenAI.Chat.ChatCompletionMessageParam
type ModelCall = OpenAI.Chat.ChatCompletionMessageFunctionToolCall

const MODEL = 'gpt-4o-mini'
const SYSTEM = 'You are the agent of a small demonstration. Use the tools for sums, units, times and notes.'

/** A language model behind OpenAI's API or one like it, by `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL`. */
export function modelAgent(env: NodeJS.ProcessEnv): Agent {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL, OPENAI_MODEL: model = MODEL } = env
  // A server of one's own may want no key; the client wants one.
  const client = new OpenAI({ apiKey: apiKey || 'none', baseURL: baseURL || null })
  return {
    name: `the model '${model}'`,
    async reply({ messages, context, tools }, onText) {
      const stream = client.chat.completions.stream({
        model,
        messages: [systemMessage(context), ...messages.map(toModel)],
        tools: tools.map((tool) => ({ type: 'function' as const, function: { ...tool } })),
      })
      if (onText) stream.on('content', onText)
      return toReply(await stream.finalMessage())
    },
  }
}

function systemMessage(context: AgentRequest['context']): ModelMessage {
  return { role: 'system', content: `${SYSTEM}\nWhat you noted in this session: ${JSON.stringify(context)}` }
}

function toModel({ role, content }: ChatMessage): ModelMessage {
  if (role === 'user') return { role, content: textOf(content) }
  const { toolCallId, result, toolCalls, text } = (content ?? {}) as JsonObject
  if (role === 'tool')
    return { role, tool_call_id: String(toolCallId), content: JSON.stringify(result ?? null) }
  if (!Array.isArray(toolCalls)) return { role: 'assistant', content: textOf(content) }
  const calls = toolCalls as unknown as readonly ToolCall[]
  return {
    role: 'assistant',
    content: typeof text === 'string' ? text : null,
    tool_calls: calls.map(({ id, name, arguments: input }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: JSON.stringify(input) },
    })),
  }
}

function toReply({ content, refusal, tool_calls = [] }: OpenAI.Chat.ChatCompletionMessage): Reply {
  const calls = tool_calls.filter((call): call is ModelCall => call.type === 'function')
  if (calls.length === 0) return { text: content ?? refusal ?? '' }
  const toolCalls = calls.map(({ id, function: { name, arguments: input } }) => ({
    id,
    name,
    arguments: objectIn(input),
  }))
  return { toolCalls, ...(content && { text: content }) }
}

/** A model may write what is no JSON: the tool says then what is missing. */
function objectIn(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
  } catch {
    return {}
  }
}

function textOf(content: Json): string {
  return typeof content === 'string' ? content : JSON.stringify(content)
}
