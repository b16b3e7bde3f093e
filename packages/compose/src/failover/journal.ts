import type { Change, Stamp } from '@sess/core'
import type { Whole } from '../pages.ts'

/**
 * Where writes are noted that the fallback accepted and the primary has not seen. {@link fileJournal} and
 * {@link storeJournal} make one. One process alone uses it.
 */
export interface Journal {
  /** Everything noted and not rewritten since, oldest first. Called once, before anything else. */
  read(): Promise<readonly JournalRecord[]>
  /** Notes a record; resolves when it is as durable as this journal gets. */
  append(record: JournalRecord): Promise<void>
  /** Replaces everything by these records, wholly or not at all. */
  rewrite(records: readonly JournalRecord[]): Promise<void>
  close(): Promise<void>
}

/** An accepted write, or what became of those of its session. */
export type JournalRecord = Entry | Outcome

/** A write that the fallback acknowledged, with all that it takes to write it again to the letter. */
export type Entry =
  | {
      readonly kind: 'create'
      readonly sessionId: string
      readonly whole: Whole
      /** The primary may have created the session too. */
      readonly unsure: boolean
    }
  | {
      readonly kind: 'commit'
      readonly sessionId: string
      readonly base: Base
      readonly change: Change
      readonly stamp: Stamp
      readonly messageCount: number
    }
  | { readonly kind: 'delete'; readonly sessionId: string; readonly base: Base }

/** What the session was before the write. */
export interface Base {
  readonly version: number
  readonly createdAt: number
}

export type Outcome =
  /** The primary has all that was accepted of the session before. */
  | { readonly kind: 'returned'; readonly sessionId: string }
  /** The primary moved on: all that was accepted before is kept, with the fallback's copy where there was one. */
  | {
      readonly kind: 'parked'
      readonly sessionId: string
      readonly reason: string
      readonly copy: Whole | null
    }
  /** What was parked of the session is settled. */
  | { readonly kind: 'resolved'; readonly sessionId: string }
