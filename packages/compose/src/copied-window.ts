import type { Loaded, MessageWindow, Session, Want } from '@sess/core'

// A copy may hold the newest messages of a session alone. Its record counts those, the original's all.

/** Whether a copy's answer to a wish is what the original would answer. */
export function isAnswered(want: Want | undefined, copy: Loaded, original: Session): boolean {
  const { messages: window } = want ?? {}
  if (window === undefined || copy.session.messageCount === original.messageCount) return true
  return isWithin(window, copy)
}

function isWithin(window: MessageWindow, { session, messages = [] }: Loaded): boolean {
  if ('last' in window) return window.last <= session.messageCount
  if ('beforeSeq' in window) return messages.length === window.limit
  if ('ids' in window) return messages.length === new Set(window.ids).size
  // Whether the copy reaches back far enough shows in the message itself, which follows the one asked for.
  if ('afterSeq' in window) return messages[0]?.seq === window.afterSeq + 1
  return false
}
