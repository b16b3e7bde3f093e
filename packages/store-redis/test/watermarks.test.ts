import { expect, test } from 'vitest'
import { Watermarks } from '../src/watermarks.ts'

test('what was acknowledged and is not there any more is told, once', () => {
  const marks = new Watermarks()
  marks.see('s', undefined, { createdAt: 1, lastSeq: 5 })
  const before = marks.of('s')
  expect(marks.see('s', before, { createdAt: 1, lastSeq: 4 })).toBe(true)
  expect(marks.see('s', marks.of('s'), { createdAt: 1, lastSeq: 4 })).toBe(false)
})

test('an answer that was overtaken is no loss, and does not lower the mark', () => {
  const marks = new Watermarks()
  marks.see('s', undefined, { createdAt: 1, lastSeq: 5 })
  expect(marks.see('s', undefined, { createdAt: 1, lastSeq: 4 })).toBe(false)
  expect(marks.of('s')).toEqual({ createdAt: 1, lastSeq: 5 })
})

test('a session made anew begins anew', () => {
  const marks = new Watermarks()
  marks.see('s', undefined, { createdAt: 1, lastSeq: 5 })
  expect(marks.see('s', marks.of('s'), { createdAt: 2, lastSeq: 0 })).toBe(false)
  expect(marks.of('s')).toEqual({ createdAt: 2, lastSeq: 0 })
})

test('at most 10,000 sessions are remembered, and of those the 5,000 that were used last for sure', () => {
  const marks = new Watermarks()
  for (let i = 0; i < 30_000; i++) {
    marks.see(`s${i}`, undefined, { createdAt: 1, lastSeq: 5 })
    marks.see('busy', marks.of('busy'), { createdAt: 1, lastSeq: i })
  }
  const remembered = Array.from({ length: 30_000 }, (_, i) => i).filter((i) => marks.of(`s${i}`))
  expect(remembered.length).toBeLessThan(10_000)
  expect(remembered.length).toBeGreaterThanOrEqual(4_999)
  expect(remembered.at(-1)).toBe(29_999)
  expect(marks.of('busy')).toEqual({ createdAt: 1, lastSeq: 29_999 })
})
