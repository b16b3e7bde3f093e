import type { NewSession } from '@sess/core'

/** A session for `create` called directly: nobody's, without an end or a cap, empty, but for what is given. */
export function newSession(id: string, more: Partial<NewSession> = {}): NewSession {
  return {
    ...{ id, userId: null, metadata: {}, ttlMs: null, sliding: false, maxMessages: null },
    ...{ overflow: 'reject', isActive: true, context: [], messages: [] },
    ...more,
  }
}
