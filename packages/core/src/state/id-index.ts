/** Differs from process to process, so that nobody can choose ids that all meet in one place. */
const SEED = crypto.getRandomValues(new Int32Array(1))[0] as number
/** A seq is never 0, so that 0 marks a free place. */
const FREE = 0

/**
 * Message ids to seqs, by open addressing in flat arrays. A `Map` of strings takes four times as long to add to at
 * 100,000 ids as when it is empty, since each step misses the cache; here a new id touches one place.
 */
export class IdIndex {
  #seqs = new Float64Array(0)
  #hashes = new Int32Array(0)
  #size = 0
  readonly #idAt: (seq: number) => string | undefined

  /** @param idAt the id of the message with a seq, for the rare case that two ids have one hash */
  constructor(idAt: (seq: number) => string | undefined) {
    this.#idAt = idAt
  }

  /** The seq of an id, or 0. */
  find(id: string): number {
    return this.#size === 0 ? FREE : (this.#seqs[this.#placeOf(id, hashOf(id))] as number)
  }

  /** Adds an id that is not there. */
  add(id: string, seq: number): void {
    if (this.#size * 2 >= this.#seqs.length) this.#grow()
    this.#size++
    this.#put(hashOf(id), seq)
  }

  delete(id: string): void {
    if (this.#size === 0) return
    let hole = this.#placeOf(id, hashOf(id))
    if (this.#seqs[hole] === FREE) return
    this.#size--
    const mask = this.#seqs.length - 1
    // What stands behind the hole moves up, unless that would put it before its own place.
    for (let at = (hole + 1) & mask; this.#seqs[at] !== FREE; at = (at + 1) & mask) {
      const home = (this.#hashes[at] as number) & mask
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      this.#seqs[hole] = this.#seqs[at] as number
      this.#hashes[hole] = this.#hashes[at] as number
      hole = at
    }
    this.#seqs[hole] = FREE
  }

  #placeOf(id: string, hash: number): number {
    const mask = this.#seqs.length - 1
    let at = hash & mask
    for (let seq = this.#seqs[at]; seq !== FREE; seq = this.#seqs[at]) {
      if (this.#hashes[at] === hash && this.#idAt(seq as number) === id) break
      at = (at + 1) & mask
    }
    return at
  }

  #put(hash: number, seq: number): void {
    const mask = this.#seqs.length - 1
    let at = hash & mask
    while (this.#seqs[at] !== FREE) at = (at + 1) & mask
    this.#seqs[at] = seq
    this.#hashes[at] = hash
  }

  #grow(): void {
    const seqs = this.#seqs
    const hashes = this.#hashes
    const places = Math.max(16, seqs.length * 2)
    this.#seqs = new Float64Array(places)
    this.#hashes = new Int32Array(places)
    for (let at = 0; at < seqs.length; at++)
      if (seqs[at] !== FREE) this.#put(hashes[at] as number, seqs[at] as number)
  }
}

function hashOf(id: string): number {
  let hash = SEED
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  // The low bits alone choose the place: let the high ones have a say.
  return hash ^ (hash >>> 15)
}
