import {
  type Change,
  type Committed,
  isSessError,
  type Loaded,
  type LoadOptions,
  type NewSession,
  type Session,
  type SessionStore,
  type Want,
} from '@sess/core'
import { compareUtf8, Lru } from '@sess/core/store'
import { follow, syncSession, writeWhole } from '../copy.ts'
import { ownAnswer } from '../own-answer.ts'
import { recordOf, unlessGone } from '../pages.ts'
import type { Breaker } from './breaker.ts'
import { Later } from './later.ts'
import { guarded, MARK, unmarked } from './mark.ts'
import { type Applied, merged } from './merged.ts'

/** The version of a session that this process saw last on the primary. */
type Seen = Pick<Session, 'version' | 'createdAt'>

export interface WarmLimits {
  /** How many sessions are kept in the fallback. */
  readonly sessions: number
  /** A longer one is not kept. */
  readonly messages: number
}

/** Keeps whole copies of the sessions used last in the fallback, behind the back of those who call. */
export class WarmSet {
  readonly #primary: SessionStore
  readonly #fallback: SessionStore
  readonly #breaker: Breaker
  readonly #limits: WarmLimits
  readonly #isLed: (id: string) => boolean
  readonly #seen: Lru<Seen>
  readonly #later = new Later<Applied | (() => Promise<unknown>)>((id, jobs) => this.#do(id, jobs))

  /** @param isLed whether this process has accepted writes to a copy, which then is no longer one to keep warm */
  constructor(
    primary: SessionStore,
    fallback: SessionStore,
    breaker: Breaker,
    limits: WarmLimits,
    isLed: (id: string) => boolean,
  ) {
    this.#isLed = isLed
    this.#primary = primary
    this.#fallback = fallback
    this.#breaker = breaker
    this.#limits = limits
    this.#seen = new Lru(limits.sessions, (id) => this.#later.put(id, () => this.#remove(id)))
  }

  /** What was seen last of a session on the primary. */
  seen(id: string): Seen | undefined {
    return this.#seen.get(id)
  }

  /** A session was created on the primary. */
  created(input: NewSession, session: Session): void {
    this.#seen.set(session.id, session)
    const messages = input.messages.map((message, i) => ({
      createdAt: session.createdAt,
      ...message,
      seq: i + 1,
      version: session.version,
    }))
    const context = [...input.context].sort(([a], [b]) => compareUtf8(a, b))
    this.#later.put(session.id, async () => {
      if (!this.#fits(session)) return
      await writeWhole(this.#fallback, { session, context, messages }).catch((error: unknown) => {
        if (!isSessError(error, 'SESSION_EXISTS')) throw error
        return this.#copy(session)
      })
    })
  }

  /** A session was changed on the primary. */
  changed(id: string, change: Change, answer: Committed): void {
    if (!answer.changed) return
    this.#seen.set(id, answer)
    this.#later.put(id, { change, answer: ownAnswer(answer) })
  }

  /** A session was read from the primary. */
  read(session: Session): void {
    const { id, version, createdAt } = session
    const seen = this.#seen.get(id)
    if (seen?.version === version && seen.createdAt === createdAt) return
    this.#seen.set(id, session)
    this.#later.put(id, () => this.#copy(session))
  }

  /** Nobody knows what the primary has of a session: what its copy has may be older. */
  doubt(id: string): void {
    this.#seen.delete(id)
    this.#later.put(id, async () => {
      const session = await this.#breaker.run('load', () => recordOf(this.#primary, id))
      if (session !== undefined) this.read(session)
    })
  }

  /** A session was deleted on the primary. */
  deleted(id: string): void {
    this.#seen.delete(id)
    this.#later.put(id, () => this.#remove(id))
  }

  /** The copy of a session, at least as new as this process saw the primary; `undefined` where there is none. */
  async load(
    id: string,
    want: Want | undefined,
    options: LoadOptions | undefined,
  ): Promise<Loaded | undefined> {
    await this.#later.idle(id)
    const loaded = await unlessGone(() => this.#fallback.load(id, want, options))
    const seen = this.#seen.get(id)
    if (loaded === undefined || !isAtLeast(loaded.session, seen)) return undefined
    return unmarked(loaded)
  }

  idle(): Promise<void> {
    return this.#later.idle()
  }

  /** What could not be done leaves a copy missing or old, which its version tells. */
  async #do(id: string, jobs: readonly (Applied | (() => Promise<unknown>))[]): Promise<void> {
    for (let i = 0; i < jobs.length && !this.#isLed(id); ) {
      const job = jobs[i]
      if (typeof job === 'function') {
        await job().catch(() => {})
        i++
      } else {
        const commits = jobs.slice(i, endOfCommits(jobs, i)) as Applied[]
        await this.#follow(id, commits).catch(() => {})
        i += commits.length
      }
    }
  }

  async #follow(id: string, commits: readonly Applied[]): Promise<void> {
    // It grew too long to be kept.
    if (!this.#fits((commits.at(-1) as Applied).answer)) return this.#remove(id)
    for (const { change, options } of merged(commits)) {
      const done = await follow(this.#fallback, id, { change, options: guarded(this.#fallback, options) })
      if (done === 'done') continue
      const { version, createdAt, messageCount } = (commits.at(-1) as Applied).answer
      await this.#copy({ id, version, createdAt, messageCount })
      return
    }
  }

  #fits({ messageCount }: Pick<Session, 'messageCount'>): boolean {
    return messageCount <= this.#limits.messages
  }

  async #copy(session: Pick<Session, 'id' | 'messageCount'> & Seen): Promise<void> {
    const { id } = session
    const want = { reserved: [MARK] }
    const there = await unlessGone(() => this.#fallback.load(id, want))
    if (there?.reserved?.length) return
    if (there && isAtLeast(there.session, session)) return
    if (this.#fits(session))
      await this.#breaker.run('copy', () => syncSession(this.#primary, this.#fallback, id))
    else if (there !== undefined) await this.#remove(id)
  }

  async #remove(id: string): Promise<void> {
    const there = await unlessGone(() => this.#fallback.load(id, { reserved: [MARK] }))
    if (there === undefined || there.reserved?.length) return
    const { version, createdAt } = there.session
    await this.#fallback.delete(id, { if: { version, createdAt } })
  }
}

function isAtLeast(copy: Session, seen: Seen | undefined): boolean {
  return seen === undefined || (copy.createdAt === seen.createdAt && copy.version >= seen.version)
}

function endOfCommits(jobs: readonly unknown[], from: number): number {
  const end = jobs.findIndex((job, at) => at > from && typeof job === 'function')
  return end < 0 ? jobs.length : end
}
