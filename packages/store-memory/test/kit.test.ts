import { testStore } from '@sess/testkit/vitest'
import { createMemoryStore } from '../src/index.ts'

testStore('memory', () => {
  let now = 1_700_000_000_000
  const store = createMemoryStore({ now: () => now })
  return {
    open: () => store,
    advance: (ms) => {
      now += ms
    },
  }
})
