import type { SessionManager, SessionStore } from '@sess/core'
import { type SessionData, Store } from 'express-session'
import { ExpressSessions, type Plain } from './express-sessions.ts'

export interface SessExpressOptions {
  readonly sessions: SessionManager
  /** The manager's store: no call of the manager walks over sessions that belong to nobody. */
  readonly store: SessionStore
  /** Lifetime of a session whose cookie has no end, in milliseconds. Default a day. */
  readonly defaultTtlMs?: number
}

type Done<T> = (error?: unknown, value?: T) => void

/** An express-session store on Sess. The last writer wins, as that framework wants it. */
export class SessExpressStore extends Store {
  readonly #sessions: ExpressSessions

  constructor({ sessions, store, defaultTtlMs = 86_400_000 }: SessExpressOptions) {
    super()
    this.#sessions = new ExpressSessions(sessions, store, defaultTtlMs)
  }

  override get(sid: string, callback: Done<SessionData | null>): void {
    const work = this.#sessions.get(sid)
    answer(
      work.then((session) => session && (copy(session) as unknown as SessionData)),
      callback,
    )
  }

  override set(sid: string, session: SessionData, callback?: Done<void>): void {
    answer(this.#sessions.set(sid, copy(session)), callback)
  }

  override touch(sid: string, session: SessionData, callback?: Done<void>): void {
    answer(this.#sessions.touch(sid, copy(session)), callback)
  }

  override destroy(sid: string, callback?: Done<void>): void {
    answer(this.#sessions.destroy(sid), callback)
  }

  override all(callback: Done<{ [sid: string]: SessionData }>): void {
    answer(this.#all(), callback)
  }

  override length(callback: Done<number>): void {
    answer(this.#count(), callback)
  }

  /** One session after the other; those that a failure leaves are whole. */
  override clear(callback?: Done<void>): void {
    answer(this.#clear(), callback)
  }

  async #all(): Promise<{ [sid: string]: SessionData }> {
    const all: [string, unknown][] = []
    for await (const sid of this.#sessions.sids()) {
      const session = await this.#sessions.get(sid)
      if (session !== null) all.push([sid, copy(session)])
    }
    return Object.fromEntries(all) as { [sid: string]: SessionData }
  }

  async #count(): Promise<number> {
    let count = 0
    for await (const _ of this.#sessions.sids()) count++
    return count
  }

  async #clear(): Promise<void> {
    for await (const sid of this.#sessions.sids()) await this.#sessions.destroy(sid)
  }
}

/** What the middleware holds and what is stored change each on their own. */
function copy(session: SessionData | Plain): Plain {
  return JSON.parse(JSON.stringify(session))
}

/** Calls back once and later, outside of any promise: what the callback throws is its own affair. */
function answer<T>(work: Promise<T>, callback: Done<T> | undefined): void {
  work.then(
    (value) => callback && setImmediate(callback, null, value),
    (error) => callback && setImmediate(callback, error),
  )
}
