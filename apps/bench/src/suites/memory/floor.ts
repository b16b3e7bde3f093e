import type { Json } from '@sess/core'
import type { Input } from '../../inputs.ts'

interface Stored extends Required<Input> {
  readonly id: string
  readonly seq: number
  readonly createdAt: number
}

const NO_METADATA = Object.freeze({})

/**
 * The least that a session store in memory could be and still share nothing with its callers: a `Map` of arrays,
 * messages copied by a round trip through JSON and frozen. No checks, limits, lifetime, ids to look up, or order.
 */
export class Floor {
  readonly #logs = new Map<string, Stored[]>()
  readonly #contexts = new Map<string, Map<string, Json>>()
  #given = 0

  create(id: string): void {
    this.#logs.set(id, [])
    this.#contexts.set(id, new Map())
  }

  async addMessage(id: string, input: Input): Promise<Stored> {
    const log = this.#logOf(id)
    const { role, content, metadata } = JSON.parse(JSON.stringify(input)) as Input
    const stored = frozen({
      id: `msg_${++this.#given}`,
      seq: log.length + 1,
      role,
      content,
      metadata: metadata ?? NO_METADATA,
      createdAt: Date.now(),
    })
    log.push(stored)
    return stored
  }

  async getMessages(id: string, { last }: { readonly last: number }): Promise<readonly Stored[]> {
    return this.#logOf(id).slice(-last)
  }

  async setContext(id: string, key: string, value: Json): Promise<void> {
    this.#contextOf(id).set(key, frozen(JSON.parse(JSON.stringify(value))))
  }

  async getContext(id: string, key: string): Promise<Json | undefined> {
    return this.#contextOf(id).get(key)
  }

  deleteContext(id: string, key: string): void {
    this.#contextOf(id).delete(key)
  }

  async getTurn(id: string, { last }: { readonly last: number }): Promise<object> {
    return {
      id,
      messages: this.#logOf(id).slice(-last),
      context: Object.fromEntries(this.#contextOf(id)),
    }
  }

  #logOf(id: string): Stored[] {
    const log = this.#logs.get(id)
    if (log === undefined) throw new Error('no such session')
    return log
  }

  #contextOf(id: string): Map<string, Json> {
    const context = this.#contexts.get(id)
    if (context === undefined) throw new Error('no such session')
    return context
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
