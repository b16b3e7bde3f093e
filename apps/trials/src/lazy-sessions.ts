import {
  type ChangeInput,
  type Conditions,
  isSessError,
  type Page,
  type SessionCalls,
  type SessionInit,
  type SessionManager,
  type SessionStore,
  type SessionWant,
  type SessionWith,
} from '@sess/core'

type Plain = Record<never, never>

/** One owner's sessions, each made by the first write to it: what all three adapters need and core has no call for. */
export class LazySessions {
  readonly calls: SessionCalls<Plain>
  readonly #sessions: SessionManager
  readonly #userId: string | null
  readonly #init: SessionInit

  constructor(sessions: SessionManager, userId: string | null, init: SessionInit) {
    this.#sessions = sessions
    this.#userId = userId
    this.#init = init
    this.calls = userId === null ? sessions : sessions.forUser(userId)
  }

  /** `undefined` where there is no session, or an expired one. */
  async find<const W extends SessionWant<Plain>>(
    id: string,
    want: W,
  ): Promise<SessionWith<Plain, W> | undefined> {
    return orNothing(this.calls.getSession(id, want))
  }

  /** A commit whose messages and context make the session where there is none, in one step as well. */
  async commit(
    id: string,
    change: ChangeInput<Plain>,
    condition: Omit<Conditions, 'userId'> = {},
    init: SessionInit = {},
  ): Promise<void> {
    for (;;) {
      try {
        await this.calls.commit(id, change, { if: condition })
        return
      } catch (error) {
        // What was seen before the session went cannot hold in a new one.
        if (!isGone(error) || condition.lastSeq || condition.version) throw error
      }
      const { append = [], set = [] } = change
      const made = { ...this.#init, ...init, id, messages: append, context: Object.fromEntries(set) }
      try {
        await this.#sessions.createSession(this.#userId, made)
        return
      } catch (error) {
        if (!isSessError(error, 'SESSION_EXISTS')) throw error
        // Another's session would be absent to the commit and there for the creation, for ever: this throws.
        await this.#sessions.openSession(this.#userId, id, this.#init)
      }
    }
  }
}

/** The values of a metadata key over all sessions that belong to nobody and have it. */
export async function* walkNobodys(store: SessionStore, key: string): AsyncGenerator<string> {
  let cursor: string | null = null
  do {
    const page: Page = await store.list({ all: true, limit: 100, ...(cursor !== null && { cursor }) })
    for (const { userId, metadata } of page.sessions) {
      const value = metadata[key]
      if (userId === null && value !== undefined) yield value
    }
    cursor = page.nextCursor
  } while (cursor !== null)
}

export function isGone(error: unknown): boolean {
  return isSessError(error, 'SESSION_NOT_FOUND') || isSessError(error, 'SESSION_EXPIRED')
}

export async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** Repeats what may have been applied although no answer came; `work` must be safe to repeat. */
export async function repeatLost<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 2; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 0 || !isSessError(error) || error.outcome !== 'unknown') throw error
    }
  }
}
