import { readFileSync } from 'node:fs'
import { testStore } from '@sess/testkit/vitest'
import { expect, test } from 'vitest'
import { createMapStore } from '../src/map-store.ts'

testStore('the store of docs/write-a-store.md', () => {
  let now = 1_700_000_000_000
  const store = createMapStore(() => now)
  return {
    open: () => store,
    advance: (ms) => {
      now += ms
    },
  }
})

test('docs/write-a-store.md shows this very store', () => {
  const page = readFileSync(new URL('../../../docs/write-a-store.md', import.meta.url), 'utf8')
  const source = readFileSync(new URL('../src/map-store.ts', import.meta.url), 'utf8')
  expect(page).toContain(`\`\`\`ts\n${source}\`\`\``)
})
