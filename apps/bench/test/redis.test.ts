import { expect, test } from 'vitest'
import { isHeld, QUICK, type Section } from '../src/suite.ts'
import { redis } from '../src/suites/redis.ts'
import { toMarkdown } from '../src/table.ts'

test('the redis suite measures every row and prints it', { timeout: 120_000 }, async ({ skip }) => {
  const sections: Section[] = []
  for await (const section of redis(QUICK)) sections.push(section)
  // Under CI the suite would have thrown.
  if (sections.length === 1) skip(toMarkdown(sections[0] as Section))
  expect(sections.map(({ rows, table }) => [rows.length, table?.rows.length ?? 0])).toEqual([
    ...[[15, 0]],
    ...[
      [24, 0],
      [24, 0],
    ],
    ...[[8, 0]],
    ...[
      [3, 0],
      [3, 0],
      [6, 0],
    ],
    ...[[0, 7]],
    ...[[2, 4]],
    ...[[6, 0]],
  ])
  for (const { what, to, ratio } of sections.flatMap(({ rows }) => rows)) {
    expect(what).not.toBe('')
    expect(to).not.toBe('')
    expect(ratio.min).toBeLessThanOrEqual(ratio.median)
    expect(ratio.max).toBeGreaterThanOrEqual(ratio.median)
  }
  for (const section of sections) expect(toMarkdown(section)).not.toMatch(/NaN|undefined|Infinity/)

  // What does not depend on the machine holds in a quick run too.
  const [trips] = sections as [Section]
  const one = trips.rows.filter(({ to }) => to === 'one round trip')
  expect(one.filter((row) => !isHeld(row))).toEqual([])
  const { table } = sections.find(({ title }) => title.startsWith('Beside the seed')) as Section
  const lost = table?.rows.map((row) => [row[0], row.at(-1)])
  expect(lost).toEqual(['10', '100', '1,000', '5,000'].map((length) => [length, '0']))
})
