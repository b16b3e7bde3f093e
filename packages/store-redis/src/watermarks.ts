import type { Plain } from './newest-page.ts'

const REMEMBERED = 10_000

export interface Mark extends Hints {
  readonly createdAt: number
  readonly lastSeq: number
}

/** What spares later calls work; each answer judges anew whether it holds. */
export interface Hints {
  /** Whether the session's end moves with each append. */
  readonly slides?: boolean | undefined
  /** Whether its pages need no script; `null` where they do. */
  readonly plain?: Plain | null | undefined
}

/**
 * Which seqs this process saw acknowledged, of the sessions that it used last: a later answer below them tells of a loss.
 * Kept in two halves, the younger of which becomes the elder when it is full: cheaper than an order of all.
 */
export class Watermarks {
  #young = new Map<string, Mark>()
  #old = new Map<string, Mark>()

  /** What every answer to a call that is sent from now on must show. */
  of(id: string): Mark | undefined {
    return this.#young.get(id) ?? this.#old.get(id)
  }

  /**
   * Notes an answer. Hints that it does not give stay.
   * @param before the mark when the call was sent
   * @returns whether something acknowledged is lost
   */
  see(id: string, before: Mark | undefined, { createdAt, lastSeq }: Mark, hints: Hints = {}): boolean {
    const isLoss = before?.createdAt === createdAt && lastSeq < before.lastSeq
    const now = this.of(id)
    // An answer that was long on its way says less than one that overtook it; a loss is told once.
    const isStale = !isLoss && now?.createdAt === createdAt && now.lastSeq > lastSeq
    const { slides = now?.slides, plain = now?.plain } = hints
    this.#keep(id, isStale ? now : { createdAt, lastSeq, slides, plain })
    return isLoss
  }

  /** A hint did not hold. */
  takeBackPlain(id: string): void {
    const mark = this.of(id)
    if (mark) this.#keep(id, { ...mark, plain: null })
  }

  #keep(id: string, mark: Mark): void {
    this.#young.set(id, mark)
    if (this.#young.size === REMEMBERED / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
  }
}
