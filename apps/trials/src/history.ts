import { isSessError, type Message } from '@sess/core'
import { isGone, type LazySessions, repeatLost } from './lazy-sessions.ts'

/** The newest messages, all without a limit, as they stood at one moment, and the version of then. */
export async function readNewest(
  lazy: LazySessions,
  id: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ readonly messages: readonly Message[]; readonly version: number }> {
  let first: { lastSeq: number; messageCount: number; version: number } | undefined
  let messages: readonly Message[] = []
  for (;;) {
    const at = messages[0]?.seq
    const size = Math.min(limit - messages.length, 1000)
    const page = await lazy.find(id, {
      messages: at === undefined ? { last: size } : { beforeSeq: at, limit: size },
    })
    if (page === undefined) return { messages: [], version: 0 }
    first ??= page
    // This difference grows with what is taken away and with nothing else: the pages do not fit together.
    const isTorn = page.lastSeq - page.messageCount !== first.lastSeq - first.messageCount
    messages = isTorn ? [] : [...page.messages, ...messages]
    if (isTorn) first = undefined
    else if (messages.length >= Math.min(limit, first.messageCount))
      return { messages, version: first.version }
  }
}

/** Removes and answers the newest message, one and no more although an answer gets lost. */
export async function pop(lazy: LazySessions, id: string): Promise<Message | undefined> {
  let tried: Message | undefined
  return retry(async () => {
    if (tried && !(await lazy.find(id, { messages: { ids: [tried.id] } }))?.messages.length) return tried
    const found = await lazy.find(id, { messages: { last: 1 } })
    const newest = found?.messages[0]
    if (found === undefined || newest === undefined) return undefined
    tried = newest
    try {
      await lazy.calls.commit(id, { cut: { newest: 1 } }, { if: { lastSeq: found.lastSeq } })
    } catch (error) {
      if (!isSessError(error) || error.outcome !== 'unknown') tried = undefined
      throw error
    }
    return newest
  })
}

/** Again from the start where another writer was faster, or where an answer was lost. */
export async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (let gone = 0; ; ) {
    try {
      return await repeatLost(work)
    } catch (error) {
      // Another owner's session stays absent, however often it is asked for.
      if (!isSessError(error, 'CONFLICT') && !(isGone(error) && gone++ < 2)) throw error
    }
  }
}
