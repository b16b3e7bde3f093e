import { setMaxListeners } from 'node:events'
import {
  type CallOptions,
  isSessError,
  type Loaded,
  type LoadOptions,
  SessError,
  type Session,
  type SessionStore,
  type Want,
} from '@sess/core'
import { writeWhole } from '../copy.ts'
import { readWhole, recordOf, unlessGone, type Whole } from '../pages.ts'
import { Turns } from '../turns.ts'
import { isOutage } from './breaker.ts'
import type { Entry } from './journal.ts'
import type { Ledger } from './ledger.ts'
import { unmarked, withoutMark } from './mark.ts'
import { Patience } from './patience.ts'
import { type Replayed, replay } from './replay.ts'

/** A session whose accepted writes could not be replayed. */
export interface ParkedSession {
  readonly sessionId: string
  readonly reason: string
  /** What was accepted, oldest first. */
  readonly writes: readonly Entry[]
  /** The fallback's copy with all of it, where it was left. */
  readonly copy: Whole | null
}

/** How many sessions are replayed at once. */
const AT_ONCE = 16

export type Tell = (type: string, sessionId: string, reason?: string) => void

/** Which store leads a session, and how it goes back to the primary. One session is in one hand at a time. */
export class Leadership {
  readonly #primary: SessionStore
  readonly #fallback: SessionStore
  readonly #ledger: Ledger
  readonly #tell: Tell
  /** Writes of a session are done one after another, so that of one at most nobody knows how it ended. */
  readonly #turns = new Turns()
  readonly #behind = new Set<string>()

  constructor(primary: SessionStore, fallback: SessionStore, ledger: Ledger, tell: Tell) {
    this.#primary = primary
    this.#fallback = fallback
    this.#ledger = ledger
    this.#tell = tell
  }

  /** Whether this process accepted writes of a session that the primary has not seen. */
  isLed(id: string): boolean {
    return this.#ledger.of(id).length > 0
  }

  turn<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(id, work)
  }

  idle(): Promise<void> {
    return this.#turns.idle()
  }

  /** Reads a session that the fallback leads; `undefined` where it went back to the primary meanwhile. */
  async load(
    id: string,
    want: Want | undefined,
    options: LoadOptions | undefined,
  ): Promise<Loaded | undefined> {
    try {
      return unmarked(await this.#fallback.load(id, want, options))
    } catch (error) {
      if (!isSessError(error, 'SESSION_NOT_FOUND')) throw error
      if (!this.isLed(id)) return undefined
      const isForeign = options?.if !== undefined && (await recordOf(this.#fallback, id)) !== undefined
      if (isForeign || this.#ledger.of(id).at(-1)?.kind === 'delete') throw error
      // The fallback forgot it: what was accepted is in the journal, and not to be read before it is replayed.
      throw unreplayed('load', id)
    }
  }

  /** Replays what was accepted; answers whether nothing is left. @throws when the primary is out */
  async returnAll(signal: AbortSignal): Promise<boolean> {
    // Each call to a store listens to it.
    setMaxListeners(0, signal)
    const ids = [...this.#ledger.waiting]
    let isAll = true
    const lane = async () => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
        const session = id
        isAll = (await this.turn(session, () => this.#return(session, signal))) && isAll
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    return isAll
  }

  get parked(): readonly ParkedSession[] {
    return [...this.#ledger.parked].flatMap(([sessionId, all]) =>
      all.map(({ entries, reason, copy }) => ({ sessionId, reason, writes: entries, copy })),
    )
  }

  resolve(id: string, keep: 'primary' | 'fallback', options: CallOptions | undefined): Promise<void> {
    return this.turn(id, async () => {
      if (this.isLed(id)) await this.#park(id, 'it was resolved before it could be replayed')
      const parked = this.#ledger.parked.get(id)
      if (parked === undefined)
        throw new SessError('SESSION_NOT_FOUND', `resolve: session '${id}' is not parked`, { sessionId: id })
      if (keep === 'fallback')
        await this.#replace(id, parked.findLast(({ copy }) => copy !== null)?.copy, options)
      await this.#ledger.note({ kind: 'resolved', sessionId: id })
    })
  }

  async #return(id: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    const entries = this.#ledger.of(id)
    // Another turn was faster.
    if (entries.length === 0) return true
    const outcome = await replay(this.#primary, id, entries, signal).catch((error: unknown): Replayed => {
      if (isOutage(error) || signal.aborted) throw error
      return { kind: 'moved', reason: isSessError(error) ? error.code : 'the primary refused it' }
    })
    if (outcome.kind === 'moved') {
      await this.#park(id, outcome.reason)
      return true
    }
    if (outcome.kind === 'behind' || !(await this.#giveBack(id, signal))) {
      if (!this.#behind.has(id)) this.#tell('behind', id)
      this.#behind.add(id)
      return false
    }
    await this.#ledger.note({ kind: 'returned', sessionId: id })
    this.#behind.delete(id)
    this.#tell('returned', id)
    return true
  }

  /** Takes the lead from the fallback's copy, unless it has more than the primary: another process accepted that. */
  async #giveBack(id: string, signal: AbortSignal): Promise<boolean> {
    for (const patience = new Patience(); ; ) {
      const [copy, there] = [await recordOf(this.#fallback, id), await recordOf(this.#primary, id)]
      if (copy === undefined) return true
      const isSame = there?.createdAt === copy.createdAt
      if (!this.#fallback.info.shared && isSame && there.version === copy.version) return true
      const lacks = isSame && there.version < copy.version && !this.#ledger.isTorn(id)
      if (!lacks && (await this.#remove(copy))) return true
      // Nothing more is accepted here meanwhile, so that whoever else accepts can come to an end.
      if (!(await patience.waits(there?.version, signal))) return false
    }
  }

  async #remove({ id, version, createdAt }: Session): Promise<boolean> {
    try {
      await this.#fallback.delete(id, { if: { version, createdAt } })
      return true
    } catch (error) {
      if (isSessError(error, 'CONFLICT')) return false
      throw error
    }
  }

  async #park(id: string, reason: string): Promise<void> {
    const whole = await unlessGone(() => readWhole(this.#fallback, id))
    const copy = whole === undefined ? null : withoutMark(whole)
    await this.#ledger.note({ kind: 'parked', sessionId: id, reason, copy })
    if (whole !== undefined) await this.#remove(whole.session)
    this.#behind.delete(id)
    this.#tell('parked', id, reason)
  }

  async #replace(
    id: string,
    copy: Whole | null | undefined,
    options: CallOptions | undefined,
  ): Promise<void> {
    if (copy === null || copy === undefined)
      throw new SessError('CONFLICT', `resolve: no copy of session '${id}' was left to keep`, {
        sessionId: id,
      })
    const there = await recordOf(this.#primary, id, options)
    if (there !== undefined) {
      const { version, createdAt } = there
      await this.#primary.delete(id, { ...options, if: { version, createdAt } })
    }
    await writeWhole(this.#primary, copy, options)
  }
}

export function unreplayed(operation: string, id: string): SessError {
  const why = `session '${id}' has writes that wait for the primary store, and the fallback has no copy`
  return new SessError('STORE_UNAVAILABLE', `${operation}: ${why}`, { sessionId: id })
}
