import type { CallOptions, SessionStore } from '@sess/core'
import { KEY, SHREDDED, TOMBSTONE } from './data-keys.ts'

/**
 * Erases a session's data key and closes the session, in one step: nothing of it can be read again, with whichever
 * keys. It stays in lists, without metadata, until it is deleted or expires; deleting it is all that it allows. What
 * the server itself has kept (a backup, a log, a replica that lags) holds the wrapped data key until it is gone there.
 * @param store what was given to `withEncryption`
 * @throws `SESSION_NOT_FOUND`, `SESSION_EXPIRED`
 */
export async function shred(store: SessionStore, sessionId: string, options?: CallOptions): Promise<void> {
  await store.commit(
    sessionId,
    { set: [[SHREDDED, 1]], session: { metadata: { [KEY]: TOMBSTONE }, isActive: false } },
    options,
  )
}
