import type { StoreHarness } from '../src/law.ts'
import { ReferenceData } from '../src/reference-rules.ts'
import { ReferenceStore } from '../src/reference-store.ts'

/** A harness on the reference store, or on one made from it, whose clock stands still until it is moved. */
export function referenceHarness(
  open: (data: ReferenceData) => ReferenceStore = (data) => new ReferenceStore(data),
): StoreHarness {
  let now = Date.UTC(2024, 0, 1)
  const data = new ReferenceData(() => now)
  return {
    open: () => open(data),
    advance(ms) {
      now += ms
    },
    inspect: async () => [...data.sessions.keys()],
  }
}
