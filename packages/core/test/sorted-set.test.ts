import { describe, expect, it } from 'vitest'
import { partition, SortedSet } from '../src/state/sorted-set.ts'
import { Random } from './random.ts'

/** Longer than a run, so that runs split. */
const MANY = 5000

describe('SortedSet', () => {
  const by = (a: number, b: number) => a - b

  it('is a sorted array, whatever is added and deleted', () => {
    const random = new Random(1)
    const set = new SortedSet<number>(by)
    let model: number[] = []
    for (let step = 0; step < 30_000; step++) {
      const value = random.below(MANY)
      // Grows first and shrinks later, through several runs both ways.
      const grow = random.below(10) < (step < 15_000 ? 8 : 2)
      if (grow && !model.includes(value)) {
        set.add(value)
        model.splice(
          partition(model, (other) => other > value),
          0,
          value,
        )
      } else {
        const there = model.includes(value)
        if (set.delete(value) !== there) throw new Error(`step ${step}: delete(${value}) was not ${there}`)
        model = model.filter((other) => other !== value)
      }
      if (set.size !== model.length || set.last !== model.at(-1))
        throw new Error(`step ${step}: size or last`)
      if (step % 500 > 0) continue
      const from = random.below(MANY)
      const up = [...set.upFrom((other) => other >= from)]
      expect(up, `step ${step}`).toEqual(model.filter((other) => other >= from))
      const down = [...set.downFrom((other) => other >= from)]
      expect(down, `step ${step}`).toEqual(model.filter((other) => other < from).reverse())
    }
  })

  it.each([
    ['upwards', (i: number) => i],
    ['downwards', (i: number) => MANY - 1 - i],
    ['from both ends', (i: number) => (i % 2 ? i : MANY - (MANY % 2) - i)],
    ['in leaps', (i: number) => (i * 2003) % MANY],
  ])('keeps the order of what is added %s', (_, nth) => {
    const set = new SortedSet<number>(by)
    for (let i = 0; i < MANY; i++) set.add(nth(i))
    const all = [...set.upFrom(() => true)]
    expect(all).toEqual(Array.from({ length: MANY }, (_, i) => nth(i)).sort(by))
    expect([...set.downFrom(() => false)]).toEqual(all.reverse())
  })

  it('finds each value to delete in each run, until none is left', () => {
    const set = new SortedSet<number>(by)
    for (let i = 0; i < MANY; i++) set.add(i)
    for (let i = 0; i < MANY; i++) expect(set.delete((i * 2003) % MANY)).toBe(true)
    expect(set.size).toBe(0)
    expect(set.last).toBeUndefined()
    expect([...set.upFrom(() => true)]).toEqual([])
    expect([...set.downFrom(() => false)]).toEqual([])
    set.add(7)
    expect([...set.upFrom(() => true)]).toEqual([7])
  })

  it('is empty to begin with', () => {
    const set = new SortedSet<number>(by)
    expect(set.delete(1)).toBe(false)
    expect([...set.upFrom(() => true), ...set.downFrom(() => true)]).toEqual([])
  })

  it('moves few values when it inserts, however many it holds', () => {
    const set = new SortedSet<number>(by)
    for (let i = 0; i < 100_000; i++) set.add(i * 2)
    const splice = Array.prototype.splice
    let longest = 0
    Array.prototype.splice = function (this: unknown[], ...args: Parameters<typeof splice>) {
      longest = Math.max(longest, this.length)
      return splice.apply(this, args)
    } as typeof splice
    try {
      for (let i = 0; i < 1000; i++) set.add(i * 200 + 1)
    } finally {
      Array.prototype.splice = splice
    }
    expect(longest).toBeGreaterThan(0)
    expect(longest).toBeLessThanOrEqual(1024)
  })
})
