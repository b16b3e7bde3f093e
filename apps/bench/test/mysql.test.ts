import { expect, test } from 'vitest'
import { isHeld, QUICK, type Section } from '../src/suite.ts'
import { mysql } from '../src/suites/mysql.ts'
import { toMarkdown } from '../src/table.ts'

test('the mysql suite measures every row and prints it', { timeout: 120_000 }, async ({ skip }) => {
  const sections: Section[] = []
  for await (const section of mysql(QUICK)) sections.push(section)
  // Under CI the suite would have thrown.
  if (sections.length === 1) skip(toMarkdown(sections[0] as Section))
  expect(sections.map(({ rows, table }) => [rows.length, table?.rows.length ?? 0])).toEqual([
    [6, 0],
    [6, 0],
    [3, 0],
    [6, 0],
    // How many steps a plan has is the server's to say.
    [7, expect.any(Number)],
    [2, 4],
    [0, 37],
  ])
  for (const { what, to, ratio } of sections.flatMap(({ rows }) => rows)) {
    expect(what).not.toBe('')
    expect(to).not.toBe('')
    expect(ratio.min).toBeLessThanOrEqual(ratio.median)
    expect(ratio.max).toBeGreaterThanOrEqual(ratio.median)
  }
  for (const section of sections) expect(toMarkdown(section)).not.toMatch(/NaN|undefined|Infinity/)

  // What does not depend on the machine holds in a quick run too.
  const plans = sections[4]?.rows ?? []
  expect(plans.filter((row) => !isHeld(row))).toEqual([])
  const table = sections[5]?.table
  const lost = table?.rows.map((row) => [row[0], row.at(-1)])
  expect(lost).toEqual(['10', '100', '1,000', '5,000'].map((length) => [length, '0']))
})
