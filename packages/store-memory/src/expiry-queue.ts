import type { Due, SessionRecord } from './session-record.ts'

/**
 * Sessions by the moment they expire: a binary heap in which a lifetime that grew is noticed only when its old end
 * comes, so that a sliding session costs nothing with each commit.
 */
export class ExpiryQueue {
  #heap: Due[] = []
  #empty = 0

  /** To be told of each new `expiresAt`. */
  schedule(record: SessionRecord): void {
    const at = record.session.expiresAt
    // Queued for no later than this already: it will be looked at in time.
    if (at === null || (record.due !== undefined && record.due.at <= at)) return
    this.remove(record)
    record.due = { at, record }
    this.#push(record.due)
  }

  /** To be told of each session that is gone. */
  remove(record: SessionRecord): void {
    if (record.due === undefined) return
    record.due.record = undefined
    record.due = undefined
    this.#empty++
    if (this.#empty < 64 || this.#empty * 2 < this.#heap.length) return
    // Else places of sessions deleted early would pile up until their time comes. What is sorted is a heap.
    this.#heap = this.#heap.filter((due) => due.record).sort((a, b) => a.at - b.at)
    this.#empty = 0
  }

  /** Takes out the sessions that have expired by `now`. */
  *due(now: number): Generator<SessionRecord, void> {
    for (let top = this.#heap[0]; top !== undefined && top.at <= now; top = this.#heap[0]) {
      this.#pop()
      const { record } = top
      if (record === undefined) {
        this.#empty--
        continue
      }
      record.due = undefined
      const { expiresAt } = record.session
      if (expiresAt !== null && expiresAt <= now) yield record
      else this.schedule(record)
    }
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((heap[parent] as Due).at <= due.at) break
      heap[at] = heap[parent] as Due
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const due = heap.pop() as Due
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child + 1 < heap.length && (heap[child + 1] as Due).at < (heap[child] as Due).at) child++
      if (child >= heap.length || (heap[child] as Due).at >= due.at) break
      heap[at] = heap[child] as Due
      at = child
    }
    heap[at] = due
  }
}
