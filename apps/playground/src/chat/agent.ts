import type { Json, JsonObject } from '@sess/core'

/** A tool's name and what to give it, as an agent asks for it. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: JsonObject
}

/** An agent's word: the answer as text, or calls of tools, whose results it sees before it is asked again. */
export type Reply = { readonly text: string } | { readonly toolCalls: readonly ToolCall[] }

/** A message as agents see it and as sessions keep it. */
export interface ChatMessage {
  /** `user`: text. `assistant`: text, or `{ toolCalls }`. `tool`: `{ toolCallId, name, result }`. */
  readonly role: string
  readonly content: Json
}

export interface AgentRequest {
  /** Oldest first: the history, the user's new message, and this turn's calls and results so far. */
  readonly messages: readonly ChatMessage[]
  /** What the session knows beside its messages. */
  readonly context: JsonObject
  readonly tools: readonly { readonly name: string; readonly description: string }[]
}

/** Whoever answers: the rules of this playground, or a language model in their place. It keeps nothing between two calls. */
export interface Agent {
  /** As in "a chat with …". */
  readonly name: string
  reply(request: AgentRequest): Promise<Reply>
}
