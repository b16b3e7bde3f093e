import { SessionManager } from '@sess/core'
import { createRedisStore } from '@sess/store-redis'
import { Keys } from '../../../../../packages/store-redis/src/keys.ts'
import type { Input } from '../../inputs.ts'

/** Arguments of an EVALSHA: the script, how many keys, the keys, and what follows them. */
export type Prepared = readonly (string | number)[]

/** The answer to an append, as the script gives it. */
const APPENDED = '1 0 2 1 1 0 - 0'

/** Says what the store sends for an append, without sending it: what a floor sends is the same to the byte. */
export class Recorder {
  readonly #manager: SessionManager
  readonly #keys: Keys
  #sent: Prepared = []

  constructor(keyPrefix: string) {
    this.#keys = new Keys(keyPrefix)
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
    // From the second on, the store knows of the session that its end does not move.
    for (let i = 0; i < 2; i++) await this.#manager.addMessage(id, input)
    return this.#sent
  }

  /** The key of a session's messages, with all that are the session's own. */
  keysOf(id: string): { readonly messages: string; readonly all: readonly string[] } {
    const all = this.#keys.read(id)
    return { messages: all[1], all }
  }
}
