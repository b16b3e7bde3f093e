import { expect, test } from 'vitest'
import { QUICK, type Section } from '../src/suite.ts'
import { codec } from '../src/suites/codec.ts'
import { toMarkdown } from '../src/table.ts'

test('the codec suite measures compression and the cost of each wrapper, and prints it', {
  timeout: 60_000,
}, async () => {
  const sections: Section[] = []
  for await (const section of codec(QUICK)) sections.push(section)
  const [chats, files, ...costs] = sections.filter(({ title }) => !title.startsWith('On Redis'))
  for (const section of [chats, files]) {
    expect(section?.title).toMatch(/^Compression: /)
    expect(section?.table?.rows.map(([name]) => name)).toContain('brotli 5')
  }
  expect(
    Number.parseInt(files?.table?.rows.find(([name]) => name === 'brotli 5')?.[1] ?? '', 10),
  ).toBeLessThan(60)
  expect(costs.filter(({ title }) => title.startsWith('On memory: '))).toHaveLength(4)
  for (const { rows } of costs.filter(({ title }) => title.startsWith('On memory: ')))
    expect(rows.map(({ what }) => what)).toEqual([
      'append, compression',
      'append, encryption',
      'append, both',
      'last 50, compression',
      'last 50, encryption',
      'last 50, both',
    ])
  for (const section of sections) expect(toMarkdown(section)).toContain(section.title)
})
