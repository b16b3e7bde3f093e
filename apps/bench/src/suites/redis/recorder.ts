import { SessionManager } from '@sess/core'
import { createRedisStore } from '@sess/store-redis'
import type { Input } from '../../inputs.ts'

/** Arguments of an EVALSHA: the script, how many keys, the keys, and what follows them. */
export type Prepared = readonly (string | number)[]

/** The answer to an append, as the script gives it. */
const APPENDED = '2 1 1 1 0 - 0 0 0 0'

/** Says what the store sends for an append, without sending it: what a floor sends is the same to the byte. */
export class Recorder {
  readonly #manager: SessionManager
  #sent: Prepared = []

  constructor(keyPrefix: string) {
    const client = {
      status: 'ready',
      evalsha: async (...args: unknown[]) => {
        this.#sent = args as Prepared
        // The store first asks for the schema, by one key.
        return args[1] === 1 ? null : APPENDED
      },
      eval: async () => null,
      hgetall: async () => ({}),
      info: async () => '',
      connect: async () => {},
      disconnect: () => {},
      on: () => {},
      off: () => {},
    }
    this.#manager = new SessionManager({
      store: createRedisStore({ client, keyPrefix }),
      maxMessages: null,
    })
  }

  async append(id: string, input: Input & { readonly id?: string }): Promise<Prepared> {
    await this.#manager.addMessage(id, input)
    return this.#sent
  }

  /** The key of a session's messages, which is the second of an append's, with all that are the session's own. */
  async keysOf(id: string): Promise<{ readonly messages: string; readonly all: readonly string[] }> {
    const all = (await this.append(id, { role: 'user', content: '' })).slice(2, 7) as string[]
    return { messages: all[1] as string, all }
  }
}
