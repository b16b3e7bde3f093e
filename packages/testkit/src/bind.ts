import type { Law, LawGroup, StoreFactory, TestStoreOptions } from './law.ts'
import { LAW_GROUPS } from './laws/index.ts'
import { randomGroup } from './random/index.ts'
import { checkSkips, LAW_TIMEOUT_MS, runLaw } from './run.ts'

/** What a test runner must do for the kit. */
export interface Runner {
  describe(name: string, body: () => void): void
  /** Registers a test; one that calls `skip` is shown as skipped with that reason. */
  test(name: string, timeoutMs: number, run: (skip: (reason: string) => void) => Promise<void>): void
}

/** Registers one test per law with a test runner. */
export type TestStore = (name: string, factory: StoreFactory, options?: TestStoreOptions) => void

/** All laws that a store is held to, the random test among them. */
export function lawGroups(options: TestStoreOptions = {}): readonly LawGroup[] {
  return [...LAW_GROUPS, randomGroup(options)]
}

/** `testStore` for a runner. */
export function bind(runner: Runner): TestStore {
  return (name, factory, options = {}) => {
    const groups = lawGroups(options)
    checkSkips(groups, options)
    const testLaw = (law: Law) =>
      runner.test(`${law.title} [${law.id}]`, timeoutOf(options), async (skip) => {
        const { skipped } = await runLaw(law, factory, options)
        if (skipped === undefined) return
        // Not every reporter shows a reason.
        console.info(`${name}: ${law.id} is skipped: ${skipped}`)
        skip(skipped)
      })
    runner.describe(name, () => {
      for (const group of groups)
        runner.describe(group.name, () => {
          for (const law of group.laws) testLaw(law)
        })
    })
  }
}

/** The runner's own limit: later than each of a law's, which close the store. */
function timeoutOf({ timeoutMs = LAW_TIMEOUT_MS }: TestStoreOptions): number {
  return timeoutMs * 4 + 1000
}
