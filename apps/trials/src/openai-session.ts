import * as agents from '@openai/agents'
import { deriveSessionId, type Message, type SessionManager } from '@sess/core'
import { pop, readNewest, retry } from './history.ts'
import { LazySessions, orNothing, repeatLost } from './lazy-sessions.ts'
import { sameContents, toItem, toMessage, toOperation, toRewrite } from './openai-items.ts'

type Item = agents.AgentInputItem

/** One conversation of one user: by a name of the application's, or by a session's id. */
export interface SessSessionOptions {
  readonly sessions: SessionManager
  readonly userId: string
  readonly conversation: string | { readonly sessionId: string }
}

/** An OpenAI Agents session kept by Sess. */
export class SessSession
  implements agents.SessionHistoryTransactionAwareSession, agents.SessionHistoryRewriteAwareSession
{
  readonly #id: Promise<string>
  readonly #lazy: LazySessions

  constructor({ sessions, userId, conversation }: SessSessionOptions) {
    this.#lazy = new LazySessions(sessions, userId, { maxMessages: null })
    this.#id =
      typeof conversation === 'string'
        ? deriveSessionId(userId, 'openai-agents', conversation)
        : Promise.resolve(conversation.sessionId)
    // Told by the first call.
    this.#id.catch(() => {})
  }

  getSessionId(): Promise<string> {
    return this.#id
  }

  async getItems(limit?: number): Promise<Item[]> {
    if (limit !== undefined && limit <= 0) return []
    const { messages } = await readNewest(this.#lazy, await this.#id, limit)
    return messages.map(toItem)
  }

  async addItems(items: Item[]): Promise<void> {
    const id = await this.#id
    const append = items.map(toMessage)
    // A batch holds 1,000 at most, and only a whole history put back is longer.
    for (let at = 0; at < append.length; at += 1000)
      await repeatLost(() => this.#lazy.commit(id, { append: append.slice(at, at + 1000) }))
  }

  async popItem(): Promise<Item | undefined> {
    const popped = await pop(this.#lazy, await this.#id)
    return popped && toItem(popped)
  }

  async clearSession(): Promise<void> {
    const id = await this.#id
    const change = { cut: { afterSeq: 0 }, unset: { prefix: 'op/' } } as const
    await repeatLost(() => orNothing(this.#lazy.calls.commit(id, change)))
  }

  async applyHistoryTransaction(args: agents.SessionHistoryTransactionArgs): Promise<void> {
    const { key, mark, expected, added, isAppend } = toOperation(args)
    const id = await this.#id
    const last = expected.length
    await retry(async () => {
      const want = { context: { keys: [key] }, ...(last > 0 && { messages: { last } }) }
      const found = await this.#lazy.find(id, want)
      const applied = found?.context[key]
      if (applied === mark) return
      if (applied !== undefined) throw new agents.UserError('This operation id has another transaction.')
      if (!sameContents((found as { messages?: readonly Message[] })?.messages ?? [], expected))
        throw new agents.UserError('The history does not end in the expected suffix.')
      const change = {
        ...(last > 0 && { cut: { newest: last } }),
        append: added,
        set: [[key, mark]],
      } as const
      const unmoved = isAppend ? {} : { lastSeq: found?.lastSeq ?? 0 }
      await this.#lazy.commit(id, change, { absent: [key], ...unmoved })
    })
  }

  async applyHistoryMutations({ mutations }: agents.SessionHistoryRewriteArgs): Promise<void> {
    const id = await this.#id
    await retry(async () => {
      const { messages, version } = await readNewest(this.#lazy, id)
      const change = toRewrite(messages, mutations)
      if (change) await this.#lazy.calls.commit(id, change, { if: { version } })
    })
  }
}
