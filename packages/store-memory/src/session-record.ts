import type { Cut, Message, Session } from '@sess/core'
import type { SessionFacts } from '@sess/core/store'
import { ContextMap } from './context-map.ts'
import { MessageLog } from './message-log.ts'

/** All that is kept of one session. */
export class SessionRecord implements SessionFacts {
  session: Session
  contextBytes: number
  /** Creation number: the fixed order of a walk over all sessions. */
  readonly order: number
  readonly log = new MessageLog()
  readonly context = new ContextMap()

  /** For the policy of eviction: the neighbours in its list, and how often it was used. */
  newer: SessionRecord | undefined
  older: SessionRecord | undefined
  uses = 1
  /** For the queue of expiry: the earliest moment at which it will look at this session. */
  dueAt = Number.POSITIVE_INFINITY
  isRemoved = false

  constructor(session: Session, order: number, contextBytes: number) {
    this.session = session
    this.order = order
    this.contextBytes = contextBytes
  }

  /** The record as callers may hold it. */
  snapshot(): Session {
    if (!Object.isFrozen(this.session)) {
      Object.freeze(this.session.metadata)
      Object.freeze(this.session)
    }
    return this.session
  }

  message(id: string): Message | undefined {
    return this.log.byId(id)
  }

  range(cut: Cut): { from: number; to: number; count: number } {
    return this.log.range(cut)
  }

  entryBytes(key: string): number {
    return this.context.bytesOf(key)
  }

  keysUnder(prefix: string): readonly string[] {
    return [...this.context.under(prefix)]
  }
}
