const REMEMBERED = 10_000

export interface Mark {
  readonly createdAt: number
  readonly lastSeq: number
}

/** Which seqs this process saw acknowledged, of the sessions that it used last: a later answer below them tells of a loss. */
export class Watermarks {
  readonly #seen = new Map<string, Mark>()

  /** What every answer to a call that is sent from now on must show. */
  of(id: string): Mark | undefined {
    return this.#seen.get(id)
  }

  /** Notes an answer. @param before the mark when the call was sent. Whether something acknowledged is lost. */
  see(id: string, before: Mark | undefined, { createdAt, lastSeq }: Mark): boolean {
    const isLoss = before?.createdAt === createdAt && lastSeq < before.lastSeq
    const now = this.#seen.get(id)
    // An answer that was long on its way says less than one that overtook it; a loss is told once.
    const isStale = !isLoss && now?.createdAt === createdAt && now.lastSeq > lastSeq
    this.#seen.delete(id)
    this.#seen.set(id, isStale ? now : { createdAt, lastSeq })
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value as string)
    return isLoss
  }
}
