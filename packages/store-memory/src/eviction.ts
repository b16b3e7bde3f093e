import { RecordList } from './record-list.ts'
import type { SessionRecord } from './session-record.ts'

/** Which session a full store gives up: the one unused for longest, the one used least often, or the one made first. */
export type EvictionPolicy = 'lru' | 'lfu' | 'oldest'

/** Knows which session goes next. Every step is O(1). */
export interface EvictionOrder {
  add(record: SessionRecord): void
  /** A load or commit of this session. */
  touch(record: SessionRecord): void
  remove(record: SessionRecord): void
  next(): SessionRecord | undefined
}

export function evictionOrder(policy: EvictionPolicy): EvictionOrder {
  if (policy === 'lfu') return new ByUses()
  const list = new RecordList()
  return {
    add: (record) => list.add(record),
    touch: policy === 'lru' ? (record) => list.renew(record) : () => {},
    remove: (record) => list.remove(record),
    next: () => list.oldest,
  }
}

/** Least frequently used: a list for each number of uses, so that among equals the one unused for longest goes. */
class ByUses implements EvictionOrder {
  readonly #lists = new Map<number, RecordList>()
  #least = 1

  add(record: SessionRecord): void {
    record.uses = 1
    this.#least = 1
    this.#listFor(1).add(record)
  }

  touch(record: SessionRecord): void {
    const { uses } = record
    this.remove(record)
    record.uses = uses + 1
    this.#listFor(record.uses).add(record)
    if (this.#least === uses && !this.#lists.has(uses)) this.#least = record.uses
  }

  remove(record: SessionRecord): void {
    const list = this.#lists.get(record.uses)
    list?.remove(record)
    if (list?.oldest === undefined) this.#lists.delete(record.uses)
  }

  next(): SessionRecord | undefined {
    // After a deletion the least number of uses is not known: rare, and there are few different numbers.
    if (!this.#lists.has(this.#least)) this.#least = Math.min(...this.#lists.keys())
    return this.#lists.get(this.#least)?.oldest
  }

  #listFor(uses: number): RecordList {
    let list = this.#lists.get(uses)
    if (list === undefined) {
      list = new RecordList()
      this.#lists.set(uses, list)
    }
    return list
  }
}
