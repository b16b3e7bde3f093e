import type { CreateOptions, NewSession } from '@sess/core'
import { SessionState } from '@sess/core/store'

/** A place in the queue of expiry. What was deleted or came to end earlier leaves its place empty. */
export interface Due {
  readonly at: number
  record: SessionRecord | undefined
}

/** A session, and its places in the store's orders. */
export class SessionRecord extends SessionState {
  /** Creation number: the fixed order of a walk over all sessions. */
  readonly order: number
  /** Where the index lists it, which it compares while the session changes. */
  listedUser: string | null = null
  listedAt = 0
  /** The neighbours in the list of those that expired or, before that, in one of the order of eviction. */
  newer: SessionRecord | undefined
  older: SessionRecord | undefined
  /** How often it was used, for the order of eviction. */
  uses = 1
  /** Its place in the queue of expiry. */
  due: Due | undefined
  isExpired = false

  constructor(input: NewSession, options: CreateOptions | undefined, now: number, order: number) {
    super(input, options, now)
    this.order = order
  }
}
