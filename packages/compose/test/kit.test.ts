import { testStore } from '@sess/testkit/vitest'
import { onMemory, WAYS } from './ways.ts'

for (const [name, way] of Object.entries(WAYS)) testStore(name, onMemory(way))
