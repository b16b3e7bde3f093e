import { type Json, newMessageId, type SessionStore } from '@sess/core'
import { MAX_PAGE } from '@sess/core/store'
import { checkStores } from '../invalid.ts'
import { recordOf } from '../pages.ts'
import type { Journal, JournalRecord } from './journal.ts'

/**
 * A journal in a session of another store, as durable as that store: take one that evicts nothing and does not fail
 * with the primary. Closes the store.
 * @param sessionId of the journal's session, one for each process
 */
export function storeJournal(store: SessionStore, sessionId: string): Journal {
  checkStores('storeJournal', { store })
  const messagesOf = (records: readonly JournalRecord[]) =>
    records.map((record) => ({
      id: newMessageId(),
      role: record.kind,
      content: record as unknown as Json,
      metadata: {},
    }))
  return {
    async read() {
      if ((await recordOf(store, sessionId)) === undefined) await store.create({ ...JOURNAL, id: sessionId })
      const records: JournalRecord[] = []
      for (let afterSeq = 0; ; ) {
        const { messages = [] } = await store.load(sessionId, { messages: { afterSeq, limit: MAX_PAGE } })
        const last = messages.at(-1)
        if (last === undefined) return records
        for (const { content } of messages) records.push(content as unknown as JournalRecord)
        afterSeq = last.seq
      }
    },
    async append(record) {
      await store.commit(sessionId, { append: messagesOf([record]) })
    },
    async rewrite(records) {
      // What does not fit in one step is left as it is: longer to read, and as true.
      if (records.length > MAX_PAGE) return
      await store.commit(sessionId, { cut: { afterSeq: 0 }, append: messagesOf(records) })
    },
    close: () => store.close(),
  }
}

const JOURNAL = {
  userId: null,
  metadata: {},
  ttlMs: null,
  sliding: false,
  maxMessages: null,
  overflow: 'reject',
  isActive: true,
  context: [],
  messages: [],
} as const
