import type { Json, JsonObject, SessionManager } from '@sess/core'
import { type SessionData, Store } from 'express-session'
import { keyed, retry, walk } from './lazy-session.ts'

type Done<T> = (error?: unknown, value?: T) => void

const KEY = 'express.sid'

/** An express-session store on Sess: two keys of a context, so that a touch writes the cookie and never the data. */
export class SessExpressStore extends Store {
  readonly #sessions: SessionManager
  readonly #defaultTtlMs: number
  readonly #session = (sid: string, ttl?: number) => keyed(this.#sessions, KEY, sid, { ...(ttl && { ttl }) })

  /** @param defaultTtlMs lifetime of a session whose cookie has no end */
  constructor(sessions: SessionManager, defaultTtlMs = 86_400_000) {
    super()
    this.#sessions = sessions
    this.#defaultTtlMs = defaultTtlMs
  }

  override get(sid: string, callback: Done<SessionData | null>): void {
    answer(this.#get(sid), callback)
  }

  /** The last writer wins, as the framework wants it. */
  override set(sid: string, session: SessionData, callback?: Done<unknown>): void {
    answer(this.#write(sid, copy(session), true), callback)
  }

  override touch(sid: string, session: SessionData, callback?: Done<unknown>): void {
    answer(this.#write(sid, copy(session), false), callback)
  }

  override destroy(sid: string, callback?: Done<unknown>): void {
    answer(this.#destroy(sid), callback)
  }

  override all(callback: Done<{ [sid: string]: SessionData }>): void {
    answer(this.#all().then(Object.fromEntries), callback)
  }

  override length(callback: Done<number>): void {
    const count = this.#all().then((all) => all.length)
    answer(count, callback)
  }

  override clear(callback?: Done<unknown>): void {
    const work = this.#all().then((all) => Promise.all(all.map(([sid]) => this.#destroy(sid))))
    answer(work, callback)
  }

  async #get(sid: string): Promise<SessionData | null> {
    const session = await this.#session(sid)
    const { data, cookie } = (await session.find({ context: true }))?.context ?? {}
    return data === undefined ? null : copy({ ...(data as JsonObject), ...(cookie !== null && { cookie }) })
  }

  async #write(sid: string, { cookie = null, ...data }: JsonObject, isWhole: boolean): Promise<void> {
    const { expires } = (cookie ?? {}) as JsonObject
    const ttl = typeof expires === 'string' ? Date.parse(expires) - Date.now() : this.#defaultTtlMs
    if (ttl <= 0) return this.#destroy(sid)
    const session = await this.#session(sid, ttl)
    const set: [string, Json][] = [['cookie', cookie]]
    if (isWhole) set.push(['data', data])
    const change = { set, session: { ttl } }
    await retry<unknown>(() => (isWhole ? session.commit(change) : session.commitIfThere(change)))
  }

  async #destroy(sid: string): Promise<void> {
    await (await this.#session(sid)).delete()
  }

  async #all(): Promise<[sid: string, SessionData][]> {
    const all: [string, SessionData][] = []
    for await (const sid of walk(this.#sessions, KEY)) {
      const session = await this.#get(sid)
      if (session) all.push([sid, session])
    }
    return all
  }
}

/** What the middleware holds and what is stored change each on their own. */
function copy<T>(session: object): T {
  return JSON.parse(JSON.stringify(session))
}

/** Calls back once and later, outside of any promise: what the callback throws is its own affair. */
function answer<T>(work: Promise<T>, callback: Done<T> = () => {}): void {
  work.then(
    (value) => setImmediate(callback, null, value),
    (error) => setImmediate(callback, error),
  )
}
