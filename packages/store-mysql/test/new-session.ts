import type { NewSession } from '@sess/core'

/** A session of nobody's that never expires, but for what is given. */
export function newSession(id: string, more: Partial<NewSession> = {}): NewSession {
  return {
    ...{ id, userId: null, metadata: {}, ttlMs: null, sliding: false, maxMessages: null },
    ...{ overflow: 'reject', isActive: true, context: [], messages: [] },
    ...more,
  }
}
