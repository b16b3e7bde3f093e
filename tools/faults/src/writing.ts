import { type Change, isSessError, type NewMessage, type SessionStore } from '@sess/core'

/** Of every id that was acknowledged, its seq. */
export type Acknowledged = Map<string, number>

export function message(id: string): NewMessage {
  return { id, role: 'user', content: `text of ${id}`, metadata: {} }
}

/** Writes one append, with what else there is to it, and notes what was acknowledged; answers the error of one that may be repeated. */
export async function append(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
  more: Change = {},
): Promise<unknown> {
  try {
    const { messages } = await store.commit(session, { append: [message(id)], ...more })
    acknowledged.set(id, messages[0]?.seq ?? 0)
    return undefined
  } catch (error) {
    if (!isSessError(error, 'STORE_UNAVAILABLE')) throw error
    const names = error.messageIds ?? []
    if (error.outcome === 'unknown' && (names.length !== 1 || names[0] !== id))
      throw new Error(`of the append of '${id}' the error names '${names.join()}'`, { cause: error })
    return error
  }
}

/** The same, until it is acknowledged: the same id each time. */
export async function appendSurely(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
  more: Change = {},
): Promise<void> {
  while ((await append(store, session, id, acknowledged, more)) !== undefined)
    // A store that refuses at once shall not keep the event loop.
    await new Promise((resolve) => setImmediate(resolve))
}
