import { describe, expect, it } from 'vitest'
import { ExpiryQueue } from '../src/expiry-queue.ts'
import type { SessionRecord } from '../src/session-record.ts'
import { Random } from './random.ts'
import { setEnd as moveEnd, newRecord as recordOf } from './records.ts'

const newRecord = (id: number, expiresAt: number | null) => recordOf(`s${id}`, id, expiresAt)
const setEnd = (queue: ExpiryQueue, record: SessionRecord, expiresAt: number | null) => {
  moveEnd(record, expiresAt)
  queue.schedule(record)
}
const ids = (records: Iterable<SessionRecord>) => [...records].map((record) => record.session.id).sort()

describe('ExpiryQueue', () => {
  it.each([1, 2, 3])('finds what is due as a look at every session would (seed %i)', (seed) => {
    const random = new Random(seed)
    const queue = new ExpiryQueue()
    const living = new Set<SessionRecord>()
    let now = 1000
    const someEnd = () => (random.below(10) === 0 ? null : now + 1 + random.below(300))
    for (let step = 0; step < 20_000; step++) {
      const kind = random.below(10)
      const [first] = living
      const some = [...living][random.below(Math.min(50, living.size || 1))] ?? first
      if (kind < 3) {
        const record = newRecord(step, someEnd())
        living.add(record)
        queue.schedule(record)
      } else if (kind < 7 && some) setEnd(queue, some, someEnd())
      else if (kind === 7 && some) {
        queue.remove(some)
        living.delete(some)
      } else {
        now += random.below(20)
        const due = [...living].filter(({ session: { expiresAt } }) => expiresAt !== null && expiresAt <= now)
        expect(ids(queue.due(now)), `step ${step}`).toEqual(ids(due))
        for (const record of due) living.delete(record)
      }
    }
    now += 1000
    expect(ids(queue.due(now))).toEqual(ids([...living].filter(({ session }) => session.expiresAt !== null)))
  })

  it('is due from the moment itself, and once', () => {
    const queue = new ExpiryQueue()
    queue.schedule(newRecord(1, 100))
    expect(ids(queue.due(99))).toEqual([])
    expect(ids(queue.due(100))).toEqual(['s1'])
    expect(ids(queue.due(1000))).toEqual([])
  })

  it('gives the earliest first', () => {
    const queue = new ExpiryQueue()
    for (const at of [5, 3, 9, 1, 7, 3]) queue.schedule(newRecord(at, at))
    expect([...queue.due(100)].map((record) => record.session.expiresAt)).toEqual([1, 3, 3, 5, 7, 9])
  })

  it('notices an end that came nearer, moved away or was taken off', () => {
    const queue = new ExpiryQueue()
    const [near, far, never] = [newRecord(1, 1000), newRecord(2, 100), newRecord(3, 100)]
    for (const record of [near, far, never]) queue.schedule(record)
    setEnd(queue, near, 50)
    setEnd(queue, far, 500)
    setEnd(queue, never, null)
    expect(ids(queue.due(100))).toEqual(['s1'])
    expect(ids(queue.due(499))).toEqual([])
    expect(ids(queue.due(500))).toEqual(['s2'])
    expect(ids(queue.due(10_000))).toEqual([])
    setEnd(queue, never, 10_001)
    expect(ids(queue.due(10_001))).toEqual(['s3'])
  })

  it('may be left in the middle', () => {
    const queue = new ExpiryQueue()
    for (let i = 1; i <= 3; i++) queue.schedule(newRecord(i, i))
    for (const _ of queue.due(10)) break
    expect(ids(queue.due(10))).toEqual(['s2', 's3'])
  })
})
