import {
  type Change,
  type CommitOptions,
  type Committed,
  type ContextEntry,
  type CreateOptions,
  type DeleteOptions,
  isSessError,
  type NewSession,
  SessError,
  type Session,
  type SessionStore,
} from '@sess/core'

import { isGone } from '@sess/core/store'
import { mirrored } from '../copy.ts'
import { readWhole, recordOf, unlessGone } from '../pages.ts'
import { isOutage } from './breaker.ts'
import type { Entry } from './journal.ts'
import type { Ledger } from './ledger.ts'
import { MARK, withoutMark } from './mark.ts'
import type { WarmSet } from './warm-set.ts'

/** Why the primary did not take a write. */
type Failure = SessError

/** Writes that the fallback judges and acknowledges in the primary's place. All are called in the session's turn. */
export class Acceptance {
  readonly #fallback: SessionStore
  readonly #ledger: Ledger
  readonly #warm: WarmSet
  readonly #mark: readonly ContextEntry[]

  constructor(fallback: SessionStore, ledger: Ledger, warm: WarmSet) {
    this.#fallback = fallback
    this.#mark = fallback.info.shared ? [[MARK, 1]] : []
    this.#ledger = ledger
    this.#warm = warm
  }

  async create(input: NewSession, options: CreateOptions | undefined, failure: Failure): Promise<Session> {
    const { id } = input
    if (options?.stamp !== undefined || this.#ledger.isTorn(id)) throw failure
    const context = [...input.context, ...this.#mark]
    const session = await this.#judged(id, failure, () =>
      this.#fallback.create({ ...input, context }, options),
    )
    const whole = await readWhole(this.#fallback, id)
    const unsure = failure.outcome === 'unknown'
    await this.#note({ kind: 'create', sessionId: id, whole: withoutMark(whole), unsure }, failure)
    return session
  }

  async commit(
    id: string,
    change: Change,
    options: CommitOptions | undefined,
    failure: Failure,
  ): Promise<Committed> {
    if (options?.stamp !== undefined || this.#ledger.isTorn(id)) throw failure
    const isMarked = await this.#isMarked(id, failure)
    const isSure = Boolean(
      change.append?.length || change.set?.length || change.amend?.length || change.session,
    )
    // A write that may change nothing must not be made one that does.
    const sent = !isMarked && isSure ? { ...change, set: [...(change.set ?? []), ...this.#mark] } : change
    // Given back by another process, a copy is without its mark, or gone.
    const given = {
      ...options,
      ...(isMarked && { if: { ...options?.if, present: [...(options?.if?.present ?? []), MARK] } }),
    }
    const answer = await this.#judged(id, failure, () => this.#fallback.commit(id, sent, given))
    if (!answer.changed) return answer
    const written = mirrored(change, answer)
    const { if: base, stamp } = written.options
    const { messageCount } = answer
    const entry = {
      kind: 'commit',
      sessionId: id,
      base,
      change: written.change,
      stamp,
      messageCount,
    } as const
    await this.#note(entry, failure)
    return answer
  }

  async delete(id: string, options: DeleteOptions | undefined, failure: Failure): Promise<boolean> {
    if (this.#ledger.isTorn(id)) throw failure
    if (this.#isDeleted(id)) return false
    const copy = await this.#warm.load(id, undefined, undefined)
    if (copy === undefined) throw failure
    const { version, createdAt } = copy.session
    const conditions = { version, createdAt, ...options?.if }
    const deleted = await this.#judged(id, failure, () =>
      this.#fallback.delete(id, { ...options, if: conditions }),
    )
    if (deleted) await this.#note({ kind: 'delete', sessionId: id, base: { version, createdAt } }, failure)
    return deleted
  }

  #isDeleted(id: string): boolean {
    return this.#ledger.of(id).at(-1)?.kind === 'delete'
  }

  /** Whether the copy leads already. @throws where there is no copy to write to */
  async #isMarked(id: string, failure: Failure): Promise<boolean> {
    const want = { reserved: [MARK] }
    const isLed = this.#ledger.of(id).length > 0
    if (!isLed && (await this.#warm.load(id, undefined, undefined)) === undefined) throw failure
    const there = await unlessGone(() => this.#fallback.load(id, want))
    if (there !== undefined) return Boolean(there.reserved?.length)
    if (!this.#isDeleted(id)) throw failure
    throw new SessError('SESSION_NOT_FOUND', `commit: there is no session '${id}'`, { sessionId: id })
  }

  /**
   * What the fallback says. Where the primary may have applied the write, a refusal would say too much: it is as
   * unknown as before.
   */
  async #judged<T>(id: string, failure: Failure, write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (error) {
      const isGivenBack = isSessError(error, 'CONFLICT') && error.current?.missing?.includes(MARK)
      // Another owner's session is there, though not to the caller.
      const isLost = isGone(error) && (await recordOf(this.#fallback, id)) === undefined
      throw failure.outcome === 'unknown' || isOutage(error) || isGivenBack || isLost ? failure : error
    }
  }

  /** @throws where it cannot be noted: then it is taken back, if nothing was accepted before it */
  async #note(entry: Entry, failure: Failure): Promise<void> {
    const { sessionId: id } = entry
    try {
      await this.#ledger.note(entry)
    } catch (cause) {
      const isFirst = this.#ledger.of(id).length === 0
      const isBack =
        isFirst &&
        (await this.#fallback.delete(id).then(
          () => true,
          () => false,
        ))
      if (isBack) this.#ledger.mended(id)
      const messageIds =
        entry.kind === 'commit' ? entry.change.append?.map((message) => message.id) : undefined
      throw new SessError(
        'STORE_UNAVAILABLE',
        `${entry.kind}: session '${id}': the journal could not note the write`,
        {
          cause,
          sessionId: id,
          outcome: isBack ? failure.outcome : 'unknown',
          ...(messageIds && { messageIds }),
        },
      )
    }
  }
}
