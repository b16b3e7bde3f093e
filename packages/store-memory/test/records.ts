import { SessionRecord } from '../src/session-record.ts'

/** A record by itself, whose session ends at a moment. */
export function newRecord(id: string, order: number, expiresAt: number | null = null): SessionRecord {
  const rest = { sliding: false, maxMessages: null, overflow: 'reject', isActive: true } as const
  const input = { id, userId: null, metadata: {}, ttlMs: expiresAt, ...rest, context: [], messages: [] }
  return new SessionRecord(input, undefined, 0, order)
}

/** Moves its end. */
export function setEnd(record: SessionRecord, expiresAt: number | null): void {
  record.commit({ session: { ttlMs: expiresAt } }, undefined, 0)
}
