import { isSessError, type NewMessage, type SessionStore } from '@sess/core'

/** Of every id that was acknowledged, its seq. */
export type Acknowledged = Map<string, number>

export const message = (id: string): NewMessage => ({
  id,
  role: 'user',
  content: `text of ${id}`,
  metadata: {},
})

/** Appends until it is acknowledged, the same message each time; in the same step the context says how far its writer is. */
export async function appendSurely(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
): Promise<void> {
  const [writer = '', n = ''] = id.split('-')
  for (;;) {
    try {
      const change = { append: [message(id)], set: [[writer, Number(n)]] as const }
      const { messages } = await store.commit(session, change)
      acknowledged.set(id, messages[0]?.seq ?? 0)
      return
    } catch (error) {
      if (!isSessError(error, 'STORE_UNAVAILABLE')) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
