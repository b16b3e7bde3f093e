import { expect, test } from 'vitest'
import { isHeld, QUICK, type Section } from '../src/suite.ts'
import { memory } from '../src/suites/memory.ts'
import { toMarkdown } from '../src/table.ts'

test('the memory suite measures every row and prints it', { timeout: 60_000 }, async () => {
  const sections: Section[] = []
  for await (const section of memory(QUICK)) sections.push(section)
  expect(sections.map(({ title, rows }) => [title, rows.length])).toEqual([
    ['Append, one by one', 4],
    ['Length of history, 100 calls at each length', 11],
    ['Context', 4],
    ['A user’s sessions', 5],
    ['Eviction', 4],
    ['Heap (1.00: as small, 0.50: twice as large)', 2],
  ])
  const rows = sections.flatMap((section) => section.rows)
  for (const { what, to, ratio } of rows) {
    expect(what).not.toBe('')
    expect(to).not.toBe('')
    expect(ratio.min).toBeLessThanOrEqual(ratio.median)
    expect(ratio.max).toBeGreaterThanOrEqual(ratio.median)
  }
  expect(rows.filter((row) => isHeld(row) !== undefined).map(({ what }) => what)).toEqual([
    'manager, 290 B of text',
    'append, N = 2,000',
    'getMessages, last 50, N = 2,000',
    'createSession in place of the least recently used, 2,000 sessions',
    'createSession in place of the least frequently used, 2,000 sessions',
    'createSession in place of the oldest, 2,000 sessions',
    'createSession in place of an expired one, 2,000 sessions',
  ])
  for (const section of sections)
    expect(
      toMarkdown(section)
        .split('\n')
        .filter((line) => line.startsWith('|')).length,
    ).toBe(section.rows.length + 2)
})
