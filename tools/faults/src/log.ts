import type { Message, SessionStore } from '@sess/core'
import { expect } from 'vitest'
import { type Acknowledged, message } from './writing.ts'

/** Every message of a session, oldest first. */
async function everything(store: SessionStore, session: string): Promise<readonly Message[]> {
  const all: Message[] = []
  for (;;) {
    const afterSeq = all.at(-1)?.seq ?? 0
    const { messages = [] } = await store.load(session, { messages: { afterSeq, limit: 1000 } })
    if (messages.length === 0) return all
    all.push(...messages)
  }
}

/** Seqs from 1 on without a hole, nothing twice, each message whole, and the counters say the same. */
export async function expectLog(store: SessionStore, session: string): Promise<readonly Message[]> {
  const messages = await everything(store, session)
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1))
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
  for (const { id, content } of messages) expect(content).toBe(message(id).content)
  const { lastSeq, messageCount } = (await store.load(session)).session
  expect({ lastSeq, messageCount }).toEqual({ lastSeq: messages.length, messageCount: messages.length })
  return messages
}

/** The log holds all that was acknowledged, each at the seq that was told. */
export async function expectKept(
  store: SessionStore,
  session: string,
  acknowledged: Acknowledged,
): Promise<readonly Message[]> {
  const messages = await expectLog(store, session)
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]))
  expect([...acknowledged].filter(([id, seq]) => seqs.get(id) !== seq)).toEqual([])
  return messages
}

/** What the log holds and nobody was told of. */
export function strangers(messages: readonly Message[], acknowledged: Acknowledged): string[] {
  return messages.map(({ id }) => id).filter((id) => !acknowledged.has(id))
}
