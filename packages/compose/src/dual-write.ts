import {
  type Change,
  type CommitOptions,
  type Committed,
  isSessError,
  type SessionStore,
  type StoreEvent,
} from '@sess/core'
import { checkCommit, ownChange, passthrough, tell } from '@sess/core/store'
import { follow, mirrored, syncSession } from './copy.ts'
import { checkStores } from './invalid.ts'
import { Turns } from './turns.ts'

export interface DualWriteOptions {
  /** Told of each write that did not reach the second store, `{ type: 'behind', sessionId }`: `migrate` mends it. */
  readonly onEvent?: (event: StoreEvent) => void
}

/**
 * A store that reads and writes `from`, and copies each write to `to`: for all writers while {@link migrate} runs.
 * `from` alone decides; a call waits for `to`, but never fails because of it. Closes both.
 */
export function withDualWrite(
  from: SessionStore,
  to: SessionStore,
  options: DualWriteOptions = {},
): SessionStore {
  checkStores('withDualWrite', { from, to })
  const copies = new Copies(from, to, options.onEvent)
  // Of a user's sessions each is deleted by itself, so that each is copied.
  const { deleteUser: _, ...others } = passthrough(from, 'dual-write')
  return {
    ...others,
    info: {
      ...from.info,
      name: `dual-write(${from.info.name}, ${to.info.name})`,
      features: from.info.features.filter((feature) => feature !== 'deleteUser'),
    },
    async create(session, o) {
      const { id } = session
      return copies.after(id, from.create(session, o), () => copies.sync(id))
    },
    load: (id, want, o) => from.load(id, want, o),
    async commit(id, change, o) {
      checkCommit(id, change, o)
      const kept = ownChange(change)
      return copies.after(id, from.commit(id, kept, o), (answer) => copies.commit(id, kept, answer, o))
    },
    delete: (id, o) => copies.after(id, from.delete(id, o), () => copies.sync(id)),
    async close() {
      await copies.idle()
      await Promise.all([from.close(), to.close()])
    },
  }
}

class Copies {
  readonly #from: SessionStore
  readonly #to: SessionStore
  readonly #onEvent: ((event: StoreEvent) => void) | undefined
  /** The copies of one session are written one after another, in the order in which the originals were answered. */
  readonly #turns = new Turns()

  constructor(from: SessionStore, to: SessionStore, onEvent: ((event: StoreEvent) => void) | undefined) {
    this.#from = from
    this.#to = to
    this.#onEvent = onEvent
  }

  /** The answer of `from`, once `to` has the same. */
  async after<T>(id: string, write: Promise<T>, copy: (answer: T) => Promise<unknown>): Promise<T> {
    const answer = await write.catch((error: unknown) => {
      // Perhaps applied: nobody knows before `from` is asked, so the copy may lag from here on.
      if (isSessError(error) && error.outcome === 'unknown') this.#tell(id)
      throw error
    })
    await this.#turns.take(id, () => copy(answer)).catch(() => this.#tell(id))
    return answer
  }

  async commit(
    id: string,
    change: Change,
    answer: Committed,
    options: CommitOptions | undefined,
  ): Promise<void> {
    // What changed nothing may repeat what was applied and never copied.
    if (!answer.changed || options?.stamp !== undefined) return this.sync(id)
    // Where there is no copy yet, `migrate` makes one.
    if ((await follow(this.#to, id, mirrored(change, answer))) === 'behind') await this.sync(id)
  }

  async sync(id: string): Promise<void> {
    await syncSession(this.#from, this.#to, id)
  }

  idle(): Promise<void> {
    return this.#turns.idle()
  }

  #tell(sessionId: string): void {
    tell(this.#onEvent, { type: 'behind', store: 'dual-write', sessionId })
  }
}
