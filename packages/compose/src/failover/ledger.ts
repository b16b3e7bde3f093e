import type { Whole } from '../pages.ts'
import type { Entry, Journal, JournalRecord, Outcome } from './journal.ts'

/** What was accepted of a session whose primary moved on. */
export interface Parked {
  readonly entries: readonly Entry[]
  readonly reason: string
  readonly copy: Whole | null
}

/** What the journal says, by session: the accepted writes that wait for the primary, and those that are parked. */
export class Ledger {
  readonly #journal: Journal
  readonly #waiting = new Map<string, Entry[]>()
  readonly #parked = new Map<string, Parked[]>()
  readonly #torn = new Set<string>()
  #isGrown = false
  /** How many records are on their way into the journal. */
  #noting = 0
  #tidying: Promise<void> | undefined

  constructor(journal: Journal) {
    this.#journal = journal
  }

  async open(): Promise<void> {
    for (const record of await this.#journal.read()) this.#take(record)
    this.#isGrown = true
    await this.#tidy()
  }

  /** The sessions with accepted writes that the primary has not seen. */
  get waiting(): readonly string[] {
    return [...this.#waiting.keys()]
  }

  /** A session's accepted writes, oldest first; none where the primary leads. */
  of(id: string): readonly Entry[] {
    return this.#waiting.get(id) ?? []
  }

  get parked(): ReadonlyMap<string, readonly Parked[]> {
    return this.#parked
  }

  /** Whether the fallback has a write of this session that could not be noted: nothing may be accepted on top of it. */
  isTorn(id: string): boolean {
    return this.#torn.has(id)
  }

  /** What could not be noted is gone from the fallback. */
  mended(id: string): void {
    this.#torn.delete(id)
  }

  /** Notes a record durably, and only then takes it for true. */
  async note(record: JournalRecord): Promise<void> {
    this.#noting++
    try {
      await this.#tidying
      await this.#journal.append(record)
    } catch (error) {
      if (!isOutcome(record)) this.#torn.add(record.sessionId)
      throw error
    } finally {
      this.#noting--
    }
    this.#isGrown = true
    this.#take(record)
    if (isOutcome(record)) await this.#tidy()
  }

  close(): Promise<void> {
    return this.#journal.close()
  }

  #take(record: JournalRecord): void {
    const { sessionId: id } = record
    if (!isOutcome(record)) this.#waiting.set(id, [...this.of(id), record])
    else if (record.kind === 'resolved') this.#parked.delete(id)
    else {
      const entries = this.of(id)
      this.#waiting.delete(id)
      this.#torn.delete(id)
      if (record.kind === 'returned') return
      const { reason, copy } = record
      this.#parked.set(id, [...(this.#parked.get(id) ?? []), { entries, reason, copy }])
    }
  }

  /** Once nothing waits, only what is parked need be kept. A record on its way would be replaced with the rest. */
  async #tidy(): Promise<void> {
    if (!this.#isGrown || this.#waiting.size > 0 || this.#noting > 0) return
    const records = [...this.#parked].flatMap(([sessionId, all]) =>
      all.flatMap(({ entries, reason, copy }): JournalRecord[] => [
        ...entries,
        { kind: 'parked', sessionId, reason, copy },
      ]),
    )
    this.#isGrown = false
    // A journal that could not be rewritten is longer than it need be, and as true.
    this.#tidying = this.#journal.rewrite(records).catch(() => {})
    await this.#tidying
    this.#tidying = undefined
  }
}

function isOutcome(record: JournalRecord): record is Outcome {
  return record.kind === 'returned' || record.kind === 'parked' || record.kind === 'resolved'
}
