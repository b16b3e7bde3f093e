import type { Cut } from '../contract/commit.ts'
import type { MessageWindow } from '../contract/load.ts'
import type { Message } from '../contract/model.ts'
import type { CutRange } from '../rules/rules.ts'
import { IdIndex } from './id-index.ts'

/** A session's messages in order of seq, found by place, by seq and by id. */
export class MessageLog {
  // What is dropped at the head leaves holes before #head, since moving all that follows would cost O(n).
  #items: (Message | undefined)[] = []
  #head = 0
  #ids = this.#newIndex()

  get count(): number {
    return this.#items.length - this.#head
  }

  byId(id: string): Message | undefined {
    const seq = this.#ids.find(id)
    return seq === 0 ? undefined : this.#items[this.#indexOf(seq)]
  }

  append(message: Message): void {
    this.#items.push(message)
    this.#ids.add(message.id, message.seq)
  }

  /** Puts an amended message in the place of the one with its seq. */
  replace(message: Message): void {
    this.#items[this.#indexOf(message.seq)] = message
  }

  window(window: MessageWindow): Message[] {
    if ('ids' in window) {
      const found = new Set(window.ids.map((id) => this.byId(id)))
      return [...found].filter((message) => message !== undefined).sort((a, b) => a.seq - b.seq)
    }
    const end = this.#items.length
    if ('last' in window) return this.#slice(end - window.last, end)
    if ('offset' in window)
      return this.#slice(this.#head + window.offset, this.#head + window.offset + window.limit)
    if ('beforeSeq' in window) {
      const to = this.#indexOf(window.beforeSeq)
      return this.#slice(to - window.limit, to)
    }
    const from = this.#indexOf(window.afterSeq + 1)
    return this.#slice(from, from + window.limit)
  }

  /** The seqs that a cut would take, both ends included, and how many messages lie there. */
  range(cut: Cut): CutRange {
    const end = this.#items.length
    if ('afterSeq' in cut)
      return {
        from: cut.afterSeq + 1,
        to: Number.MAX_SAFE_INTEGER,
        count: end - this.#indexOf(cut.afterSeq + 1),
      }
    if ('beforeSeq' in cut)
      return { from: 1, to: cut.beforeSeq - 1, count: this.#indexOf(cut.beforeSeq) - this.#head }
    if ('newest' in cut) {
      const first = this.#items[Math.max(this.#head, end - cut.newest)]
      return { from: first?.seq ?? 1, to: Number.MAX_SAFE_INTEGER, count: Math.min(cut.newest, this.count) }
    }
    const last = this.#items[Math.min(end, this.#head + cut.oldest) - 1]
    return { from: 1, to: last?.seq ?? 0, count: Math.min(cut.oldest, this.count) }
  }

  /** Takes away what lies between two seqs, which reach to the head or to the tail; answers it, oldest first. */
  cut({ from, to }: CutRange): Message[] {
    const start = this.#indexOf(from)
    if (to !== Number.MAX_SAFE_INTEGER) return this.dropOldest(this.#indexOf(to + 1) - this.#head)
    const removed = this.#slice(start, this.#items.length)
    // By id, which the index looks up among the items: before these are gone.
    for (const { id } of removed) this.#ids.delete(id)
    this.#items.length = start
    return removed
  }

  clear(): void {
    this.#items = []
    this.#head = 0
    this.#ids = this.#newIndex()
  }

  dropOldest(count: number): Message[] {
    const removed = this.#slice(this.#head, this.#head + count)
    for (const { id } of removed) this.#ids.delete(id)
    this.#items.fill(undefined, this.#head, this.#head + removed.length)
    this.#head += removed.length
    // Each message is moved once at most for each one dropped.
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return removed
  }

  #newIndex(): IdIndex {
    return new IdIndex((seq) => this.#items[this.#indexOf(seq)]?.id)
  }

  #slice(from: number, to: number): Message[] {
    return this.#items.slice(Math.max(this.#head, from), Math.max(this.#head, to)) as Message[]
  }

  /** The index of the first message whose seq is not below this one. */
  #indexOf(seq: number): number {
    const first = this.#items[this.#head]
    if (first === undefined || seq <= first.seq) return this.#head
    // Where no cut left a gap, the place follows from the seq.
    const guess = this.#head + seq - first.seq
    if (this.#items[guess]?.seq === seq) return guess
    let low = this.#head
    let high = Math.min(this.#items.length, guess)
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#items[middle] as Message).seq >= seq) high = middle
      else low = middle + 1
    }
    return low
  }
}
