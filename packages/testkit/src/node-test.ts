import { describe, test } from 'node:test'
import { bind, type TestStore } from './bind.ts'

/**
 * Holds a store to every law of Sess, one test of Node's own runner each.
 * @example
 * ```ts
 * testStore('my store', () => ({ open: () => createMyStore() }), { skip: { 'expiry/exact': 'the server rounds to seconds' } })
 * ```
 */
export const testStore: TestStore = bind({
  describe: (name, body) => void describe(name, body),
  test: (name, timeout, run) =>
    void test(name, { timeout }, (context) => run((reason) => context.skip(reason))),
})
