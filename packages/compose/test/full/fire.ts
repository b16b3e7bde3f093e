import type { Message, NewSession, SessionStore, StoreEvent } from '@sess/core'
import { newSession as emptySession } from '@sess/testkit'
import { expect, onTestFinished } from 'vitest'
import { type Acknowledged, appendSurely, message } from './writing.ts'

export { lend } from '@sess/servers'

/** The store, closed when the test is over. */
export function kept<T extends SessionStore>(store: T): T {
  onTestFinished(() => store.close())
  return store
}

/** A session of a user's. */
export const newSession = (id: string, more: Partial<NewSession> = {}): NewSession =>
  emptySession(id, { userId: 'u', ...more })

/** Events by type. */
export function recorder() {
  const events: StoreEvent[] = []
  return {
    onEvent: (event: StoreEvent) => void events.push(event),
    of: (type: string) => events.filter((event) => event.type === type),
    count: (type: string) => events.filter((event) => event.type === type).length,
  }
}

/** Writers that append one message after another, each to its session, until told to stop. */
export function startLoad(writers: readonly { store: SessionStore; session: string; name: string }[]) {
  const acknowledged = new Map<string, Acknowledged>(writers.map(({ session }) => [session, new Map()]))
  let isOver = false
  const done = Promise.all(
    writers.map(async ({ store, session, name }) => {
      for (let n = 0; !isOver; n++)
        await appendSurely(store, session, `${name}-${n}`, acknowledged.get(session) as Acknowledged)
    }),
  )
  done.catch(() => {})
  const count = () => [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0)
  return {
    acknowledged,
    count,
    /** Waits until so many more were acknowledged. */
    async more(wanted: number): Promise<void> {
      const enough = count() + wanted
      await Promise.race([done, expect.poll(count).toBeGreaterThan(enough)])
    },
    /** Lets each writer end what it is about. */
    async stop(): Promise<void> {
      isOver = true
      await done
    },
  }
}

async function everything(store: SessionStore, session: string): Promise<readonly Message[]> {
  const all: Message[] = []
  for (;;) {
    const afterSeq = all.at(-1)?.seq ?? 0
    const { messages = [] } = await store.load(session, { messages: { afterSeq, limit: 1000 } })
    if (messages.length === 0) return all
    all.push(...messages)
  }
}

/**
 * The log holds what was acknowledged, each at the seq that was told, none twice, a writer's in its order, and the
 * context of the last.
 * @param strangers how many more there may be: of each process that was killed, what it had no time to tell
 */
export async function expectKept(
  store: SessionStore,
  session: string,
  acknowledged: Acknowledged,
  strangers = 0,
): Promise<readonly Message[]> {
  const messages = await everything(store, session)
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1))
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]))
  expect(seqs.size).toBe(messages.length)
  expect([...acknowledged].filter(([id, seq]) => seqs.get(id) !== seq)).toEqual([])
  expect(messages.filter(({ id }) => !acknowledged.has(id)).length).toBeLessThanOrEqual(strangers)
  const last = new Map<string, number>()
  for (const { id, content } of messages) {
    expect(content).toBe(message(id).content)
    const [writer = '', n = ''] = id.split('-')
    expect(Number(n)).toBe((last.get(writer) ?? -1) + 1)
    last.set(writer, Number(n))
  }
  const { context = [] } = await store.load(session, { context: true })
  expect(new Map(context as [string, number][])).toEqual(last)
  return messages
}
