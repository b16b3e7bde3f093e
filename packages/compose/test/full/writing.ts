import type { NewSession, SessionStore } from '@sess/core'
import { type Acknowledged, appendSurely } from '@sess/faults/writing'
import { newSession as emptySession } from '@sess/testkit'

/** A session of a user's. */
export const newSession = (id: string, more: Partial<NewSession> = {}): NewSession =>
  emptySession(id, { userId: 'u', ...more })

/** Appends until it is acknowledged; in the same step the context says how far its writer is. */
export function appendNext(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
): Promise<void> {
  const [writer = '', n = ''] = id.split('-')
  return appendSurely(store, session, id, acknowledged, { set: [[writer, Number(n)]] })
}
