import { ReferenceData } from '../src/reference-rules.ts'
import { ReferenceStore } from '../src/reference-store.ts'
import { testStore } from '../src/vitest.ts'
import { referenceHarness } from './reference.ts'

testStore('the reference store', () => referenceHarness())

testStore('the reference store, by a clock that runs and cannot be moved', () => {
  const data = new ReferenceData()
  return { open: () => new ReferenceStore(data) }
})
