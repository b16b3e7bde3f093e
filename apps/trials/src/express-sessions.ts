import { deriveSessionId, type Json, type SessionManager, type SessionStore } from '@sess/core'
import { LazySessions, orNothing, repeatLost, walkNobodys } from './lazy-sessions.ts'

/** What JSON keeps of an express session. */
export type Plain = { readonly [key: string]: Json }

const SID = 'express:sid'

/** Express sessions, each a context of two keys, so that a touch writes the cookie and never the data. */
export class ExpressSessions {
  readonly #lazy: LazySessions
  readonly #store: SessionStore
  readonly #defaultTtlMs: number

  constructor(sessions: SessionManager, store: SessionStore, defaultTtlMs: number) {
    this.#lazy = new LazySessions(sessions, null, {})
    this.#store = store
    this.#defaultTtlMs = defaultTtlMs
  }

  /** All that have not expired. */
  sids(): AsyncGenerator<string> {
    return walkNobodys(this.#store, SID)
  }

  async get(sid: string): Promise<Plain | null> {
    const found = await this.#lazy.find(await sessionOf(sid), { context: { keys: ['data', 'cookie'] } })
    if (found?.context.data === undefined) return null
    const { data, cookie } = found.context
    return { ...(data as Plain), ...(cookie !== undefined && { cookie }) }
  }

  async set(sid: string, { cookie, ...data }: Plain): Promise<void> {
    const ttl = this.#ttlOf(cookie)
    if (ttl <= 0) return this.destroy(sid)
    const id = await sessionOf(sid)
    const set: [string, Json][] = [['data', data]]
    if (cookie !== undefined) set.push(['cookie', cookie])
    const change = { unset: cookie === undefined ? ['cookie'] : [], set, session: { ttl } }
    await repeatLost(() => this.#lazy.commit(id, change, {}, { ttl, metadata: { [SID]: sid } }))
  }

  /** Cookie and lifetime, where the session is still there. */
  async touch(sid: string, { cookie }: Plain): Promise<void> {
    const ttl = this.#ttlOf(cookie)
    if (ttl <= 0) return this.destroy(sid)
    const id = await sessionOf(sid)
    const set: [string, Json][] = cookie === undefined ? [] : [['cookie', cookie]]
    await repeatLost(() => orNothing(this.#lazy.calls.commit(id, { set, session: { ttl } })))
  }

  async destroy(sid: string): Promise<void> {
    await repeatLost(async () => this.#lazy.calls.deleteSession(await sessionOf(sid)))
  }

  #ttlOf(cookie: Json | undefined): number {
    const expires = (cookie as Plain | undefined)?.expires
    return typeof expires === 'string' ? Date.parse(expires) - Date.now() : this.#defaultTtlMs
  }
}

function sessionOf(sid: string): Promise<string> {
  return deriveSessionId(null, 'express', sid)
}
