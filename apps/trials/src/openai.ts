import { type AgentInputItem, type SessionHistoryTransactionAwareSession, UserError } from '@openai/agents'
import type { SessionHistoryTransactionArgs } from '@openai/agents'
import * as core from '@sess/core'
import { digest, LazySessions, orNothing, retry } from './sessions.ts'

export interface SessSessionOptions {
  readonly sessions: core.SessionManager
  readonly userId: string
  /** Any id; the first write makes the session where there is none. */
  readonly sessionId: string
}

/** An OpenAI Agents session kept by Sess: an item is a message, an applied operation a key of the context. */
export class SessSession implements SessionHistoryTransactionAwareSession {
  readonly #own: LazySessions
  readonly #id: string

  constructor({ sessions, userId, sessionId }: SessSessionOptions) {
    this.#own = new LazySessions(sessions, userId, { maxMessages: null })
    this.#id = sessionId
  }

  async getSessionId(): Promise<string> {
    return this.#id
  }

  async getItems(limit = Number.POSITIVE_INFINITY): Promise<AgentInputItem[]> {
    let messages: readonly core.Message[] = []
    let taken: number | undefined
    while (messages.length < limit) {
      const size = Math.min(limit - messages.length, 1000)
      const beforeSeq = messages[0]?.seq ?? Number.MAX_SAFE_INTEGER
      const page = await this.#own.find(this.#id, { messages: { beforeSeq, limit: size } })
      if (!page?.messages.length) break
      // Grows when messages are taken away, and then the pages do not fit together.
      taken ??= page.lastSeq - page.messageCount
      if (taken !== page.lastSeq - page.messageCount) return this.getItems(limit)
      messages = [...page.messages, ...messages]
      if (messages.length >= page.messageCount) break
    }
    return messages.map(toItem)
  }

  async addItems(items: AgentInputItem[]): Promise<void> {
    const append = items.map(toMessage)
    // A batch holds 1,000 at most, and only a whole history put back is longer.
    for (let at = 0; at < append.length; at += 1000)
      await retry(() => this.#own.commit(this.#id, { append: append.slice(at, at + 1000) }))
  }

  async popItem(): Promise<AgentInputItem | undefined> {
    let newest: core.Message | undefined
    return retry(async (isLost) => {
      const asked = isLost && newest ? { ids: [newest.id] } : undefined
      if (asked && newest && !(await this.#own.find(this.#id, { messages: asked }))?.messages.length)
        return toItem(newest)
      newest = undefined
      const found = await this.#own.find(this.#id, { messages: { last: 1 } })
      newest = found?.messages[0]
      if (!found || !newest) return undefined
      await this.#own.calls.commit(this.#id, { cut: { newest: 1 } }, { if: stateOf(found) })
      return toItem(newest)
    })
  }

  async clearSession(): Promise<void> {
    const change = { cut: { afterSeq: 0 }, unset: { prefix: 'op/' } }
    await retry(() => orNothing(this.#own.calls.commit(this.#id, change)))
  }

  async applyHistoryTransaction(args: SessionHistoryTransactionArgs): Promise<void> {
    const { key, mark, expected, append } = toOperation(args)
    const last = expected.length
    await retry(async () => {
      const want = { context: { keys: [key] }, messages: { last: last || 1 } }
      const found = await this.#own.find(this.#id, want)
      if (found?.context[key] === mark) return
      if (found?.context[key] !== undefined) throw new UserError('This operation id has another transaction.')
      const suffix = last > 0 && found ? found.messages.map(({ content }) => toJson(content)) : []
      if (digest(suffix) !== digest(expected)) throw new UserError('The history does not end in this suffix.')
      const change = { append, set: [[key, mark] as const], ...(last > 0 && { cut: { newest: last } }) }
      await this.#own.commit(this.#id, change, { absent: [key], ...(last > 0 && found && stateOf(found)) })
    })
  }
}
