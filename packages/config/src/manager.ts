import {
  type ConfigurableStore,
  SessionManager,
  type SessionManagerOptions,
  type SessionStore,
  type StoreEvent,
} from '@sess/core'
import { initialize as initializeDefault } from '@sess/core/default'
import { type Config, type LoadOptions, load, reload, stateOf } from './config.ts'
import { openStores } from './opening.ts'
import type { Passed } from './passed.ts'
import type { CleanupConfig } from './sections.ts'
import { toBytes } from './size.ts'
import type { ConfigurableWrapper } from './wrapper.ts'

export interface ManagerOptions {
  /** The stores that `store.type` may name, see {@link ConfigurableStore}. */
  readonly stores?: readonly ConfigurableStore[]
  /** Around the store, the first one nearest to it. What encrypts comes after those that keep copies. */
  readonly wrappers?: readonly ConfigurableWrapper[]
  /** Told of what the store and the cleanup do by themselves. */
  readonly onEvent?: (event: StoreEvent) => void
}

/** A configuration, what it is loaded from, or the path of its file. */
export type Source = string | LoadOptions | Pick<Config, 'explain'>

/**
 * A manager as a configuration says, with its stores, wrappers and cleanup. Closing it closes all of them.
 * @throws `CONFIG_INVALID`
 * @example
 * const sessions = await loadManager('sess.yaml', { stores: [memory(), redis(), mysql()] })
 */
export async function loadManager(source: Source, options: ManagerOptions = {}): Promise<SessionManager> {
  return start('loadManager', source, options, (settings) => new SessionManager(settings))
}

/**
 * Makes the process-wide manager that `createSession`, `addMessage` and the others use, until `close()`.
 * @throws `CONFIG_INVALID`, and `INVALID_ARGUMENT` where there is one already
 */
export async function initialize(source: Source, options: ManagerOptions = {}): Promise<SessionManager> {
  return start('initialize', source, options, initializeDefault)
}

async function start(
  operation: string,
  source: Source,
  options: ManagerOptions,
  make: (settings: SessionManagerOptions<Record<never, never>>) => SessionManager,
): Promise<SessionManager> {
  const config = configOf(operation, source, options)
  const { onEvent } = options
  const store = await openStores(operation, config, { ...(onEvent && { onEvent }) })
  try {
    return startCleanup(make(managerOptions(store, config, options)), config.cleanup)
  } catch (error) {
    await store.close()
    throw error
  }
}

function configOf(
  operation: string,
  source: Source,
  { stores, wrappers }: ManagerOptions,
): Config<ConfigurableStore> {
  const state = typeof source === 'string' ? undefined : stateOf(source)
  const options = typeof source === 'string' ? { file: source } : (source as LoadOptions)
  const before: Partial<Passed> = state?.passed ?? options
  const passed = { stores: stores ?? before.stores ?? [], wrappers: wrappers ?? before.wrappers ?? [] }
  if (state === undefined) return load(operation, { ...options, ...passed })
  const isJudged = passed.stores === before.stores && passed.wrappers === before.wrappers
  return isJudged ? (source as Config<ConfigurableStore>) : reload(operation, state, passed)
}

function managerOptions(
  store: SessionStore,
  { session }: Config<ConfigurableStore>,
  { onEvent }: ManagerOptions,
): SessionManagerOptions<Record<never, never>> {
  return {
    store,
    defaultTtl: session.default_ttl,
    maxMessages: session.max_message_count,
    limits: { contextBytes: toBytes(session.max_context_size) },
    ...(onEvent && { onEvent }),
  }
}

function startCleanup(
  manager: SessionManager,
  { enabled, interval, batch_size }: CleanupConfig,
): SessionManager {
  if (enabled) manager.startCleanup(interval, { batchSize: batch_size })
  return manager
}
