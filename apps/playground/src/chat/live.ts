import { printable } from '../words.ts'
import type { ChatMessage } from './agent.ts'
import { type Desk, sayMessage } from './desk.ts'
import type { Live } from './turn.ts'

/** Shows turns as they go, text piece by piece where it comes so. */
export function liveOn(say: Desk['say'], write: (text: string) => void): Live {
  let isWriting = false
  const end = () => {
    if (isWriting) write('\n')
    isWriting = false
  }
  return {
    text(piece) {
      write(`${isWriting ? '' : 'agent: '}${printable(piece)}`)
      isWriting = true
    },
    message(message) {
      const wasWritten = isWriting
      end()
      const rest = wasWritten ? withoutText(message) : message
      if (rest) sayMessage({ say }, rest)
    },
    end,
  }
}

function withoutText({ role, content }: ChatMessage): ChatMessage | undefined {
  if (typeof content !== 'object' || content === null || !('toolCalls' in content)) return undefined
  return { role, content: { toolCalls: content.toolCalls ?? [] } }
}
