import { isDeepStrictEqual } from 'node:util'
import {
  type ConfigurableStore,
  isSessError,
  type OpenContext,
  SessError,
  type SessionStore,
} from '@sess/core'
import { type Config, type State, stateOf } from './config.ts'
import { Problems } from './problem.ts'
import { sectionKey, type Taken } from './seat.ts'
import { refuseUndone } from './undone.ts'
import type { ConfigurableWrapper } from './wrapper.ts'

/**
 * The store of a configuration behind its wrappers, each with the store of its seat. Where a step fails, all that was
 * opened is closed.
 * @throws `CONFIG_INVALID`, and what a store or a wrapper throws
 */
export async function openStores(
  operation: string,
  config: Config<ConfigurableStore>,
  context: OpenContext,
): Promise<SessionStore> {
  const state = stateOf(config) as State
  const { seats, passed } = state
  refuseUndone(operation, config, state)
  const opening = new Opening(operation, config, state, context)
  let store = await opening.open(seats[0])
  for (const wrapper of passed.wrappers ?? []) store = await opening.wrap(store, wrapper)
  return store
}

interface Opened {
  readonly key: string
  readonly type: string
  readonly values: unknown
  readonly store: SessionStore
}

class Opening {
  readonly #operation: string
  readonly #config: Config<ConfigurableStore>
  readonly #state: State
  readonly #context: OpenContext
  readonly #opened: Opened[] = []

  constructor(operation: string, config: Config<ConfigurableStore>, state: State, context: OpenContext) {
    this.#operation = operation
    this.#config = config
    this.#state = state
    this.#context = context
  }

  /** Opens what a seat has. Where stores were passed, one of them is of its type. */
  async open({ seat, type = '', store: kind }: Taken): Promise<SessionStore> {
    const key = sectionKey(seat, type)
    const values = this.#state.values.get(key)
    this.#refuseSamePlace({ key, type, values })
    try {
      const store = await (kind as ConfigurableStore).open(values, this.#context)
      this.#opened.push({ key, type, values, store })
      return store
    } catch (error) {
      // What a schema could not know, the store says.
      if (!isSessError(error, 'INVALID_ARGUMENT')) throw error
      const why = this.#state.shown.text(error.message)
      throw new SessError('CONFIG_INVALID', `${this.#operation}: ${key}: ${why}`)
    }
  }

  /** A store behind a wrapper, or itself where the seat of that is empty. */
  async wrap(inner: SessionStore, wrapper: ConfigurableWrapper): Promise<SessionStore> {
    const { session } = this.#config
    let store: SessionStore | undefined
    try {
      if (wrapper.seat === undefined) return wrapper.wrap(inner, session)
      const key = `store.${wrapper.seat.name}`
      const taken = this.#state.seats.find(({ seat }) => seat.key === key)
      if (taken?.type === undefined) return inner
      store = await this.open(taken)
      return wrapper.wrap(inner, session, { ...this.#context, store, options: this.#state.values.get(key) })
    } catch (error) {
      await Promise.allSettled([inner.close(), store?.close()])
      throw error
    }
  }

  /** Two stores that write over each other's sessions: the copies of one would take the place of the other's. */
  #refuseSamePlace({ key, type, values }: Omit<Opened, 'store'>): void {
    const other = this.#opened.find(
      (one) => one.type === type && one.store.info.shared && isDeepStrictEqual(one.values, values),
    )
    if (other === undefined) return
    const problems = new Problems(this.#operation)
    problems.add({
      key,
      expected: `other values than ${other.key} has: both would keep sessions in one place`,
    })
    problems.throwIfAny()
  }
}
