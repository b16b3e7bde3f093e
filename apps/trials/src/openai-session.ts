import * as agents from '@openai/agents'
import * as core from '@sess/core'
import { digest, LazySession, retry } from './lazy-session.ts'

type Item = agents.AgentInputItem

/** An OpenAI Agents session on Sess: each item is a message, and each operation applied a key of the context. */
export class SessSession implements agents.SessionHistoryTransactionAwareSession {
  readonly #session: LazySession

  /** The first write makes the session where this user has none. */
  constructor(sessions: core.SessionManager, userId: string, sessionId: string) {
    this.#session = new LazySession(sessions.forUser(userId), sessionId, { maxMessages: null })
  }

  async getSessionId(): Promise<string> {
    return this.#session.id
  }

  async getItems(limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const messages: core.Message[] = []
    let taken: number | undefined
    while (messages.length < limit) {
      const beforeSeq = messages[0]?.seq ?? Number.MAX_SAFE_INTEGER
      const window = { beforeSeq, limit: Math.min(limit - messages.length, 1000) }
      const page = await this.#session.find({ messages: window })
      if (!page) return []
      // Grows when messages are taken away, and then the pages do not fit together.
      taken ??= page.lastSeq - page.messageCount
      if (taken !== page.lastSeq - page.messageCount) return this.getItems(limit)
      messages.unshift(...page.messages)
      if (page.messages.length === 0 || messages.length >= page.messageCount) break
    }
    return messages.map(toItem)
  }

  async addItems(items: Item[]): Promise<void> {
    const messages = items.map(toMessage)
    // A batch holds 1,000 at most, and only a whole history put back is longer.
    for (let at = 0; at < messages.length; at += 1000) {
      const append = messages.slice(at, at + 1000)
      await retry(() => this.#session.commit({ append }))
    }
  }

  async popItem(): Promise<Item | undefined> {
    let tried: core.Message | undefined
    return retry(async (isLost) => {
      const messages = isLost && tried ? { ids: [tried.id] } : { last: 1 }
      const found = await this.#session.find({ messages })
      // Gone, so the attempt whose answer was lost took it.
      if (isLost && tried && !found?.messages.length) return toItem(tried)
      tried = found?.messages[0]
      if (!found || !tried) return undefined
      const unmoved = { lastSeq: found.lastSeq, createdAt: found.createdAt }
      await this.#session.commit({ cut: { newest: 1 } }, unmoved)
      return toItem(tried)
    })
  }

  async clearSession(): Promise<void> {
    await retry(() => this.#session.commitIfThere({ cut: { afterSeq: 0 }, unset: { prefix: 'op/' } }))
  }

  async applyHistoryTransaction(args: agents.SessionHistoryTransactionArgs): Promise<void> {
    const { operationId, transaction } = args
    const isAppend = transaction.type === 'append_items'
    if (!operationId.trim()) throw new agents.UserError('The operation id must not be blank.')
    if (!isAppend && transaction.type !== 'replace_suffix') throw new agents.UserError('No such transaction.')
    const suffix = (isAppend ? [] : transaction.expectedSuffix).map((item) => toMessage(item).content)
    const append = (isAppend ? transaction.items : transaction.replacement).map(toMessage)
    // Digests, since a context key has 255 bytes at most and the whole context 1 MiB.
    const key = `op/${digest(operationId)}`
    const mark = digest(transaction.type, suffix, ...append.map(({ content }) => content))
    const newest = suffix.length
    await retry(async () => {
      const want = { context: { keys: [key] }, messages: { last: newest || 1 } }
      const found = await this.#session.find(want)
      const applied = found?.context[key]
      if (applied === mark) return
      if (applied !== undefined) throw new agents.UserError('This operation id has another transaction.')
      const there = newest === 0 ? [] : (found?.messages ?? []).map(({ content }) => content)
      if (digest(there) !== digest(suffix)) throw new agents.UserError('The history has no such suffix.')
      const change = { append, set: [[key, mark] as const], ...(newest > 0 && { cut: { newest } }) }
      const unmoved = newest > 0 && found && { lastSeq: found.lastSeq, createdAt: found.createdAt }
      await this.#session.commit(change, { absent: [key], ...unmoved })
    })
  }
}

/** With an id, so that a repeat is known as one. */
function toMessage(item: Item) {
  const { role, type = 'item' } = item as { readonly role?: string; readonly type?: string }
  return { id: core.newMessageId(), role: role ?? type, content: core.markBytes(item as core.JsonWithBytes) }
}

/** A copy of its own, for the framework to change at will. */
function toItem({ content }: core.Message): Item {
  return core.unmarkBytes(content) as unknown as Item
}
