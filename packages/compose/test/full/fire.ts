import type { SessionStore, StoreEvent } from '@sess/core'
import { type Acknowledged, expectKept, strangers } from '@sess/faults'
import { expect, onTestFinished } from 'vitest'

export { lend } from '@sess/servers'
export { newSession } from './writing.ts'

/** The store, closed when the test is over. */
export function kept<T extends SessionStore>(store: T): T {
  onTestFinished(() => store.close())
  return store
}

/** Events by type. */
export function recorder() {
  const events: StoreEvent[] = []
  return {
    onEvent: (event: StoreEvent) => void events.push(event),
    of: (type: string) => events.filter((event) => event.type === type),
    count: (type: string) => events.filter((event) => event.type === type).length,
  }
}

/**
 * The log holds what was acknowledged, each at the seq that was told, none twice, a writer's in its order, and the
 * context of the last.
 * @param others how many more there may be: of each process that was killed, what it had no time to tell
 */
export async function expectInOrder(
  store: SessionStore,
  session: string,
  acknowledged: Acknowledged,
  others = 0,
): Promise<void> {
  const messages = await expectKept(store, session, acknowledged)
  expect(strangers(messages, acknowledged).length).toBeLessThanOrEqual(others)
  const last = new Map<string, number>()
  for (const { id } of messages) {
    const [writer = '', n = ''] = id.split('-')
    expect(Number(n)).toBe((last.get(writer) ?? -1) + 1)
    last.set(writer, Number(n))
  }
  const { context = [] } = await store.load(session, { context: true })
  expect(new Map(context as [string, number][])).toEqual(last)
}
