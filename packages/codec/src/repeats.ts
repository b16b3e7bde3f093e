import {
  type Change,
  type Committed,
  isSessError,
  type Message,
  type NewMessage,
  SessError,
} from '@sess/core'
import { sameMessage } from '@sess/core/store'

/** Reads what a wrapper wrote: all, or as much from one end as makes a page. */
export type Open = (stored: readonly Message[], keep?: 'oldest' | 'newest') => readonly Message[]

/**
 * Commits what a wrapper made of a change. The store knows a repeat by its digest, or else by the text stored; where
 * both differ although the message behind them is the same (it was stored before the wrapper came, or by other
 * options, or amended since), the append is sent once more as it is stored, and answered as the repeat that it is.
 */
export async function commitOrRepeat(
  send: (change: Change) => Promise<Committed>,
  plain: Change,
  encoded: Change,
  open: Open,
): Promise<Committed> {
  try {
    return await send(encoded)
  } catch (error) {
    const { append = [] } = plain
    const stored = storedIn(error)
    if (stored === undefined) throw error
    const opened = open(stored, 'oldest')
    const isRepeat = opened.length === append.length && append.every((sent, i) => isSame(opened[i], sent))
    if (!isRepeat) throw withMessages(error as SessError, opened)
    const again = append.map((sent, i) => asStored(sent, stored[i] as Message))
    return send({ ...encoded, append: again }).catch((later: unknown) => {
      const messages = storedIn(later)
      throw messages === undefined ? later : withMessages(later as SessError, open(messages, 'oldest'))
    })
  }
}

/** A commit's answer as the wrapper's caller sees it. What was appended just now is what the caller passed. */
export function openCommitted(answer: Committed, append: readonly NewMessage[] = [], open: Open): Committed {
  const { messages, amended, removed, replayed } = answer
  return {
    ...answer,
    messages: replayed
      ? open(messages)
      : messages.map((stored, i) => asSent(stored, append[i] as NewMessage)),
    amended: open(amended),
    removed: open(removed, 'newest'),
  }
}

/** The messages that a `CONFLICT` found under the ids of an append. */
function storedIn(error: unknown): readonly Message[] | undefined {
  return isSessError(error, 'CONFLICT') ? error.current?.messages : undefined
}

function isSame(stored: Message | undefined, sent: NewMessage): boolean {
  return stored?.id === sent.id && sameMessage(stored, sent)
}

function asStored({ digest: _, ...sent }: NewMessage, { content, metadata, digest }: Message): NewMessage {
  return { ...sent, content, metadata, ...(digest !== undefined && { digest }) }
}

function asSent({ digest: _, ...stored }: Message, { content, metadata, digest }: NewMessage): Message {
  return { ...stored, content, metadata, ...(digest !== undefined && { digest }) }
}

function withMessages(error: SessError, messages: readonly Message[]): SessError {
  const { message, sessionId, current, cause } = error
  return new SessError('CONFLICT', message, {
    cause,
    ...(sessionId !== undefined && { sessionId }),
    ...(current && { current: { ...current, messages } }),
  })
}
