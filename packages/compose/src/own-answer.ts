import type { Committed } from '@sess/core'
import { frozenJson } from '@sess/core/store'

/** The parts of an answer that a copy is written from, which its caller may change meanwhile. */
export function ownAnswer(answer: Committed): Committed {
  const messages = answer.messages.map((message) => ({
    ...message,
    content: frozenJson(message.content),
    metadata: frozenJson(message.metadata),
  }))
  return { ...answer, messages }
}
