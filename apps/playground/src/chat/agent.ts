import type { Json, JsonObject } from '@sess/core'

/** A tool's name and what to give it, as an agent asks for it. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: JsonObject
}

/** What an agent may have done. */
export interface ToolOffer {
  readonly name: string
  readonly description: string
  /** JSON Schema of what it is given. */
  readonly parameters: JsonObject
}

/** An agent's word: the answer as text, or calls of tools, whose results it sees before it is asked again. */
export type Reply =
  | { readonly text: string }
  | { readonly toolCalls: readonly ToolCall[]; readonly text?: string }

/** A message as agents see it and as sessions keep it. */
export interface ChatMessage {
  /** `user`: text. `assistant`: text, or `{ toolCalls, text? }`. `tool`: `{ toolCallId, name, result }`. */
  readonly role: string
  readonly content: Json
}

export interface AgentRequest {
  /** Oldest first: the history, the user's new message, and this turn's calls and results so far. */
  readonly messages: readonly ChatMessage[]
  /** What the session knows beside its messages. */
  readonly context: JsonObject
  readonly tools: readonly ToolOffer[]
}

/** Whoever answers: the rules of this playground, or a language model in their place. It keeps nothing between two calls. */
export interface Agent {
  /** As in "a chat with …". */
  readonly name: string
  /** @param onText told of the text as it comes, by an agent that speaks piece by piece */
  reply(request: AgentRequest, onText?: (piece: string) => void): Promise<Reply>
}
