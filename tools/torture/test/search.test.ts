import { describe, expect, test } from 'vitest'
import { type Model, type Step, search } from '../src/checker/search.ts'

const MODEL: Model<number> = { initial: 0, key: String }
const END = Number.POSITIVE_INFINITY

const write = (invoke: number, complete: number, value: number): Step<number> => ({
  ...{ invoke, complete, isObserver: false, isOptional: complete === END },
  apply: () => value,
})
const read = (invoke: number, complete: number, value: number): Step<number> => ({
  ...{ invoke, complete, isObserver: true, isOptional: false },
  apply: (state) => (state === value ? state : undefined),
})
const set = (invoke: number, complete: number, from: number, to: number): Step<number> => ({
  ...{ invoke, complete, isObserver: false, isOptional: complete === END },
  apply: (state) => (state === from ? to : undefined),
})

describe('a register', () => {
  test.for<[name: string, steps: Step<number>[], is: string]>([
    ['reads of what was written before', [write(1, 2, 7), read(3, 4, 7)], 'legal'],
    ['a read of what was overwritten before', [write(1, 2, 7), write(3, 4, 8), read(5, 6, 7)], 'illegal'],
    ['a read beside a write shows either', [write(1, 9, 7), read(2, 3, 0), read(4, 5, 7)], 'legal'],
    ['a read goes back', [write(1, 9, 7), read(2, 3, 7), read(4, 5, 0)], 'illegal'],
    ['a write of unknown end comes late', [write(1, END, 7), read(2, 3, 0), read(4, 5, 7)], 'legal'],
    ['or never', [write(1, END, 7), read(2, 3, 0)], 'legal'],
    [
      'but once alone',
      [write(1, END, 7), read(2, 3, 7), write(4, 5, 8), read(6, 7, 8), read(8, 9, 7)],
      'illegal',
    ],
    ['one of two conditional writes wins', [set(1, 5, 0, 7), set(2, 6, 0, 8)], 'illegal'],
    ['the second one on what the first made', [set(1, 5, 0, 7), set(2, 6, 7, 8), read(7, 8, 8)], 'legal'],
    [
      'in the only order that explains the reads',
      [write(1, 20, 1), write(2, 20, 2), write(3, 20, 3), read(4, 6, 3), read(7, 9, 1), read(10, 12, 2)],
      'legal',
    ],
    [
      'where each order misses one read',
      [write(1, 20, 1), write(2, 20, 2), read(4, 6, 2), read(7, 9, 1), read(10, 12, 2)],
      'illegal',
    ],
  ])('%s', ([, steps, is]) => {
    expect(search(MODEL, steps).is).toBe(is)
  })

  test('an illegal history names the step that has no place', () => {
    const steps = [write(1, 2, 7), read(3, 4, 7), read(5, 6, 8), read(7, 8, 7)]
    expect(search(MODEL, steps)).toEqual({ is: 'illegal', step: 2 })
  })

  test('agrees with a search of all orders, on small histories', () => {
    let state = 1
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    const verdicts = { legal: 0, illegal: 0, undecided: 0 }
    for (let round = 0; round < 3_000; round++) {
      const steps = Array.from({ length: 6 }, () => {
        const invoke = random(12)
        const [complete, value] = [random(8) === 0 ? END : invoke + 1 + random(8), random(3)]
        const kind = random(3)
        if (kind === 0) return write(invoke, complete, value)
        if (kind === 1) return set(invoke, complete, value, random(3))
        return read(invoke, complete === END ? invoke + 3 : complete, value)
      })
      const { is } = search(MODEL, steps)
      verdicts[is]++
      expect(is, JSON.stringify(steps)).toBe(hasOrder(0, steps) ? 'legal' : 'illegal')
    }
    expect(verdicts.legal).toBeGreaterThan(300)
    expect(verdicts.illegal).toBeGreaterThan(300)
  })
})

/** Tries every order that time allows, with and without each step that may have had no effect. */
function hasOrder(state: number, left: readonly Step<number>[]): boolean {
  if (left.every(({ isOptional }) => isOptional)) return true
  return left.some((step, i) => {
    // What ended before this one began has to come first.
    if (left.some((other) => other.complete < step.invoke)) return false
    const next = step.apply(state)
    return next !== undefined && hasOrder(next, [...left.slice(0, i), ...left.slice(i + 1)])
  })
}
