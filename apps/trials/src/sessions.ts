import { createHash } from 'node:crypto'
import * as core from '@sess/core'

type Plain = Record<never, never>
type Found<W> = core.SessionWith<Plain, W> | undefined

/** One owner's sessions, each made by the first write to it: what all three adapters need and core has no call for. */
export class LazySessions {
  readonly calls: core.UserSessions
  readonly #init: core.SessionInit

  constructor(sessions: core.SessionManager, userId: string | null, init: core.SessionInit) {
    this.calls = sessions.forUser(userId)
    this.#init = init
  }

  /** `undefined` where there is no session, or an expired one. */
  async find<const W extends core.SessionWant<Plain>>(id: string, want: W): Promise<Found<W>> {
    return orNothing(this.calls.getSession(id, want))
  }

  /** One commit; where there is no session, one creation with its messages and context. For use in {@link retry}. */
  async commit(
    id: string,
    change: core.ChangeInput<Plain>,
    condition: Omit<core.Conditions, 'userId'> = {},
    init: core.SessionInit = {},
  ): Promise<void> {
    try {
      await this.calls.commit(id, change, { if: condition })
    } catch (gone) {
      // What was seen in a session that went does not hold in a new one.
      if (!isGone(gone) || condition.createdAt !== undefined) throw gone
      const { append = [], set = [] } = change
      const made = { ...this.#init, ...init, id, messages: append, context: Object.fromEntries(set) }
      await this.calls.createSession(made).catch((error) => {
        // Made by another meanwhile, which a repeat finds, or another owner's, which stays absent.
        throw core.isSessError(error, 'SESSION_EXISTS') ? gone : error
      })
    }
  }
}

/** The values of a metadata key over all sessions that belong to nobody and have it. */
export async function* walk(sessions: core.SessionManager, key: string): AsyncGenerator<string> {
  let from: { readonly cursor?: string } | undefined = {}
  while (from) {
    const page: core.SessionList<Plain> = await sessions.listAllSessions({ limit: 100, ...from })
    for (const { userId, metadata } of page.sessions)
      if (userId === null && metadata[key] !== undefined) yield metadata[key]
    from = page.nextCursor === null ? undefined : { cursor: page.nextCursor }
  }
}

/** Again where another writer came between or an answer was lost; `work` is safe to repeat, and told of a loss. */
export async function retry<T>(work: (isLost: boolean) => Promise<T>): Promise<T> {
  let isLost = false
  for (let left = 2; ; )
    try {
      return await work(isLost)
    } catch (error) {
      isLost = core.isSessError(error) && error.outcome === 'unknown'
      // Somebody wrote, so all together get on; but a message id that is taken stays taken.
      if (core.isSessError(error, 'CONFLICT') && !error.current?.messages) continue
      if (left-- === 0 || !(isLost || isGone(error))) throw error
    }
}

export async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** 43 characters for values of any length and content: safe in a context key. */
export function digest(...parts: readonly core.Json[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function isGone(error: unknown): boolean {
  return core.isSessError(error, 'SESSION_NOT_FOUND') || core.isSessError(error, 'SESSION_EXPIRED')
}
