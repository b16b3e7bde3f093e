import type { Metadata, Session } from '@sess/core'
import { type SQL, sql } from 'drizzle-orm'
import type { Row } from './client.ts'
import { parsed } from './json-text.ts'
import { NOW } from './statements.ts'
import type { SessTables } from './tables.ts'

/** A session as read. */
export interface SessionRecord {
  readonly session: Session
  readonly incarnation: Buffer
  readonly contextBytes: number
  /** By the server's clock, when it was read. */
  readonly now: number
}

/** What {@link toRecord} takes. */
export function recordColumns({ sessions: s }: SessTables): SQL {
  return sql`${s.id}, ${s.incarnation}, ${s.userId}, ${s.overflow}, ${s.metadata},
    ${s.createdAt}, ${s.updatedAt}, ${s.expiresAt}, ${s.version}, ${s.lastSeq}, ${s.messageCount},
    ${s.ttlMs}, ${s.sliding}, ${s.maxMessages}, ${s.isActive}, ${s.contextBytes}, ${NOW}`
}

export function toRecord(row: Row): SessionRecord {
  const [id, incarnation, userId, overflow, metadata, ...numbers] = row
  const [createdAt, updatedAt, expiresAt, version, lastSeq, messageCount, ttlMs, ...more] = numbers
  const [sliding, maxMessages, isActive, contextBytes, now] = more
  const session: Session = {
    id: String(id),
    userId: userId === null ? null : String(userId),
    metadata: parsed(metadata) as Metadata,
    createdAt: Number(createdAt),
    updatedAt: Number(updatedAt),
    expiresAt: toNumber(expiresAt),
    ttlMs: toNumber(ttlMs),
    sliding: Number(sliding) === 1,
    version: Number(version),
    messageCount: Number(messageCount),
    lastSeq: Number(lastSeq),
    maxMessages: toNumber(maxMessages),
    overflow: String(overflow) === 'drop-oldest' ? 'drop-oldest' : 'reject',
    isActive: Number(isActive) === 1,
  }
  return { session, incarnation: incarnation as Buffer, contextBytes: Number(contextBytes), now: Number(now) }
}

function toNumber(value: Row[number] | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}
