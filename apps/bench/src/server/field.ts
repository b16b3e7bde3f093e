import type { SessionManager } from '@sess/core'
import { fill } from '../fill.ts'
import type { Input } from '../inputs.ts'
import { atOnce } from '../measure.ts'

let users = 0

/** Sessions of the same length, each of a user of its own: in a Redis Cluster they lie on all nodes. */
export class Field {
  readonly ids: readonly string[]
  readonly length: number
  readonly #manager: SessionManager

  constructor(manager: SessionManager, ids: readonly string[], length: number) {
    this.#manager = manager
    this.ids = ids
    this.length = length
  }

  static async create(
    manager: SessionManager,
    of: { readonly sessions: number; readonly length: number; readonly input: (i: number) => Input },
  ): Promise<Field> {
    const ids: string[] = []
    while (ids.length < of.sessions) ids.push((await manager.createSession(`user ${++users}`)).id)
    await atOnce(ids.length, 4, (i) => fill(manager, ids[i] as string, of.length, of.input))
    return new Field(manager, ids, of.length)
  }

  /** The session whose turn it is. */
  id(i: number): string {
    return this.ids[i % this.ids.length] as string
  }

  /** How many messages were appended since it was made or cut. */
  async grown(): Promise<number> {
    let messages = 0
    for (const id of this.ids) messages += (await this.#manager.getSession(id)).messageCount
    return messages - this.ids.length * this.length
  }

  /** Takes out what was appended. */
  async cut(): Promise<void> {
    await atOnce(this.ids.length, 4, async (i) => {
      const id = this.id(i)
      for (;;) {
        const { messageCount, lastSeq } = await this.#manager.getSession(id)
        const surplus = messageCount - this.length
        if (surplus === 0) return
        const isAll = this.length === 0
        await this.#manager.cutMessages(
          id,
          isAll ? { afterSeq: 0 } : { afterSeq: lastSeq - Math.min(surplus, 1000) },
        )
      }
    })
  }
}
