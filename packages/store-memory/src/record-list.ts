import type { SessionRecord } from './session-record.ts'

/** A doubly linked list through the records themselves. */
export class RecordList {
  size = 0
  #newest: SessionRecord | undefined
  #oldest: SessionRecord | undefined

  get oldest(): SessionRecord | undefined {
    return this.#oldest
  }

  add(record: SessionRecord): void {
    this.size++
    record.newer = undefined
    record.older = this.#newest
    if (this.#newest) this.#newest.newer = record
    else this.#oldest = record
    this.#newest = record
  }

  remove(record: SessionRecord): void {
    this.size--
    if (record.newer) record.newer.older = record.older
    else this.#newest = record.older
    if (record.older) record.older.newer = record.newer
    else this.#oldest = record.newer
    record.newer = undefined
    record.older = undefined
  }

  renew(record: SessionRecord): void {
    if (record === this.#newest) return
    this.remove(record)
    this.add(record)
  }
}
