import { createHash } from 'node:crypto'
import * as core from '@sess/core'

type Plain = Record<never, never>
type If = Omit<core.Conditions, 'userId'>

/** A session that its first write makes, as all three frameworks expect. */
export class LazySession {
  readonly id: string
  readonly #own: core.UserSessions
  readonly #init: core.SessionInit

  constructor(own: core.UserSessions, id: string, init: core.SessionInit) {
    this.id = id
    this.#own = own
    this.#init = init
  }

  /** `undefined` where there is no session, or an expired one. */
  async find<const W extends core.SessionWant<Plain>>(
    want: W,
  ): Promise<core.SessionWith<Plain, W> | undefined> {
    return orNothing(this.#own.getSession(this.id, want))
  }

  /** One commit, after making the session where there is none. */
  async commit(change: core.ChangeInput<Plain>, conditions?: Omit<core.Conditions, 'userId'>): Promise<void> {
    while (!(await this.commitIfThere(change, conditions))) await this.#own.openSession(this.id, this.#init)
  }

  /** One commit where there is a session; says whether there was. */
  async commitIfThere(change: core.ChangeInput<Plain>, conditions: If = {}): Promise<boolean> {
    return (await orNothing(this.#own.commit(this.id, change, { if: conditions }))) !== undefined
  }

  async delete(): Promise<void> {
    await retry(() => this.#own.deleteSession(this.id))
  }
}

/** The session of what a framework knows under a key of its own; it belongs to nobody. */
export async function keyed(
  sessions: core.SessionManager,
  name: string,
  key: string,
  init: core.SessionInit,
): Promise<LazySession> {
  if (typeof key !== 'string' || key === '') throw new TypeError(`${name} is missing`)
  const id = await core.deriveSessionId(null, name, key)
  return new LazySession(sessions.forUser(null), id, { ...init, metadata: { [name]: key } })
}

/** All keys of that name under which there is a session. */
export async function* walk(sessions: core.SessionManager, name: string): AsyncGenerator<string> {
  for (let from: { readonly cursor?: string } | undefined = {}; from; ) {
    const page: core.SessionList<Plain> = await sessions.listAllSessions({ limit: 100, ...from })
    for (const { userId, metadata } of page.sessions)
      if (userId === null && metadata[name] !== undefined) yield metadata[name]
    from = page.nextCursor === null ? undefined : { cursor: page.nextCursor }
  }
}

/** Again where another writer was faster or an answer was lost; `work` reads anew, and is told of a loss. */
export async function retry<T>(work: (isLost: boolean) => Promise<T>): Promise<T> {
  for (let left = 2, isLost = false; ; )
    try {
      return await work(isLost)
    } catch (error) {
      isLost ||= core.isSessError(error) && error.outcome === 'unknown'
      // Somebody wrote, so that all together get on; but a message id that is taken stays taken.
      const isRace = core.isSessError(error, 'CONFLICT') && !error.current?.messages
      if (!isRace && (!isLost || left-- === 0)) throw error
    }
}

/** 43 characters for values of any length, whatever the order of their keys: safe in a context key. */
export function digest(...values: readonly core.Json[]): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(values)))
    .digest('base64url')
}

function ordered(value: core.Json): core.Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(ordered)
  const object = value as core.JsonObject
  const keys = Object.keys(object).sort()
  return Object.fromEntries(keys.map((key) => [key, ordered(object[key] as core.Json)]))
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (core.isSessError(error, 'SESSION_NOT_FOUND') || core.isSessError(error, 'SESSION_EXPIRED'))
      return undefined
    throw error
  }
}
