import type { SessionRecord } from './session-record.ts'

interface Entry {
  readonly at: number
  readonly record: SessionRecord
}

/**
 * Sessions by the moment they expire: a binary heap in which a lifetime that grew is noticed only when its old end
 * comes, so that a sliding session costs nothing with each commit.
 */
export class ExpiryQueue {
  readonly #heap: Entry[] = []

  /** To be told of each new `expiresAt`. */
  schedule(record: SessionRecord): void {
    const at = record.session.expiresAt
    // Queued for no later than this already: it will be looked at in time.
    if (at === null || record.dueAt <= at) return
    record.dueAt = at
    this.#push({ at, record })
  }

  /** Takes out the sessions that have expired by `now`. */
  *due(now: number): Generator<SessionRecord, void> {
    for (let top = this.#heap[0]; top !== undefined && top.at <= now; top = this.#heap[0]) {
      this.#pop()
      const { at, record } = top
      // An entry that a shorter lifetime overtook, or of a session that is gone.
      if (record.isRemoved || record.dueAt !== at) continue
      record.dueAt = Number.POSITIVE_INFINITY
      const { expiresAt } = record.session
      if (expiresAt !== null && expiresAt <= now) yield record
      else this.schedule(record)
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((heap[parent] as Entry).at <= entry.at) break
      heap[at] = heap[parent] as Entry
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const entry = heap.pop() as Entry
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child + 1 < heap.length && (heap[child + 1] as Entry).at < (heap[child] as Entry).at) child++
      if (child >= heap.length || (heap[child] as Entry).at >= entry.at) break
      heap[at] = heap[child] as Entry
      at = child
    }
    heap[at] = entry
  }
}
