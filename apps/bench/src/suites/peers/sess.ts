import { type Json, SessionManager, type SessionStore } from '@sess/core'
import { fill } from '../../fill.ts'
import { LIST, PAGE, type Peer, type Said } from './peer.ts'

/** Ours, on any store. */
export class Sess implements Peer {
  readonly name = 'Sess'
  readonly appends = 'the message'
  readonly #sessions: SessionManager

  constructor(store: SessionStore) {
    this.#sessions = new SessionManager({ store, maxMessages: null })
  }

  async create(user: string, messages: readonly Said[]): Promise<string> {
    const { id } = await this.#sessions.createSession(user)
    await fill(this.#sessions, id, messages.length, (i) => toMessage(messages[i] as Said))
    return id
  }

  append(id: string, message: Said) {
    return this.#sessions.addMessage(id, toMessage(message))
  }

  load(id: string) {
    return this.#sessions.getSession(id, { context: true, messages: { last: PAGE } })
  }

  async turn(id: string, messages: readonly Said[], value: unknown) {
    await this.load(id)
    return this.#sessions.commit(id, {
      append: messages.map(toMessage),
      set: [['state', value as Json]],
    })
  }

  async list(user: string) {
    return (await this.#sessions.listSessions(user, { limit: LIST })).sessions
  }

  async count(id: string): Promise<number> {
    return (await this.#sessions.getSession(id)).messageCount
  }

  close() {
    return this.#sessions.close()
  }
}

function toMessage({ role, text }: Said) {
  return { role, content: text }
}
