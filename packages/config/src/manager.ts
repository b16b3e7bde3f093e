import {
  type ConfigurableStore,
  isSessError,
  type OpenContext,
  SessError,
  SessionManager,
  type SessionManagerOptions,
  type SessionStore,
  type StoreEvent,
} from '@sess/core'
import { initialize as initializeDefault } from '@sess/core/default'
import { type Config, type LoadOptions, load, reload, type State, stateOf } from './config.ts'
import { Problems } from './problem.ts'
import type { CleanupConfig, SessionConfig } from './sections.ts'
import { toBytes } from './size.ts'

/** Something that stands before the store, see `withX(store, options)`. */
export interface ConfigurableWrapper {
  /** What of the configuration it does. What is enabled there and done by no wrapper is refused. */
  readonly does?: readonly ('compression' | 'encryption')[]
  wrap(store: SessionStore, session: SessionConfig): SessionStore
}

export interface ManagerOptions {
  /** The stores that `store.type` may name, see {@link ConfigurableStore}. */
  readonly stores?: readonly ConfigurableStore[]
  /** Around the store, the first one nearest to it. */
  readonly wrappers?: readonly ConfigurableWrapper[]
  /** Told of what the store and the cleanup do by themselves. */
  readonly onEvent?: (event: StoreEvent) => void
}

/** A configuration, what it is loaded from, or the path of its file. */
export type Source = string | LoadOptions | Pick<Config, 'explain'>

/**
 * A manager as a configuration says, with its store, wrappers and cleanup. Closing it closes the store.
 * @throws `CONFIG_INVALID`
 * @example
 * const sessions = await loadManager('sess.yaml', { stores: [memory(), redis(), mysql()] })
 */
export async function loadManager(source: Source, options: ManagerOptions = {}): Promise<SessionManager> {
  const { store, config } = await open('loadManager', source, options)
  return startCleanup(new SessionManager(managerOptions(store, config, options)), config.cleanup)
}

/**
 * Makes the process-wide manager that `createSession`, `addMessage` and the others use, until `close()`.
 * @throws `CONFIG_INVALID`, and `INVALID_ARGUMENT` where there is one already
 */
export async function initialize(source: Source, options: ManagerOptions = {}): Promise<SessionManager> {
  const { store, config } = await open('initialize', source, options)
  try {
    return startCleanup(initializeDefault(managerOptions(store, config, options)), config.cleanup)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function open(operation: string, source: Source, { stores, wrappers = [], onEvent }: ManagerOptions) {
  const config = configOf(operation, source, stores)
  refuseUndone(operation, config, wrappers)
  const store = await openStore(operation, stateOf(config) as Judged, { ...(onEvent && { onEvent }) })
  return { config, store: wrappers.reduce((inner, { wrap }) => wrap(inner, config.session), store) }
}

/** Where stores were passed, one of them is of the type. */
type Judged = State & { readonly store: ConfigurableStore }

async function openStore(operation: string, { type, store, values, shown }: Judged, context: OpenContext) {
  try {
    return await store.open(values.get(`store.${type}`), context)
  } catch (error) {
    // What a schema could not know, the store says.
    if (!isSessError(error, 'INVALID_ARGUMENT')) throw error
    throw new SessError('CONFIG_INVALID', `${operation}: store.${type}: ${shown.text(error.message)}`)
  }
}

function configOf(
  operation: string,
  source: Source,
  stores: ManagerOptions['stores'],
): Config<ConfigurableStore> {
  const state = typeof source === 'string' ? undefined : stateOf(source)
  if (state === undefined) {
    const options = typeof source === 'string' ? { file: source } : (source as LoadOptions)
    return load(operation, { ...options, stores: stores ?? (options as LoadOptions).stores ?? [] })
  }
  if (stores === undefined && state.store !== undefined) return source as Config<ConfigurableStore>
  return reload(operation, state, stores ?? [])
}

/** What would be kept plain though the configuration says otherwise. */
function refuseUndone(
  operation: string,
  config: Config<ConfigurableStore>,
  wrappers: readonly ConfigurableWrapper[],
) {
  const problems = new Problems(operation)
  for (const what of ['compression', 'encryption'] as const) {
    const key = `session.enable_${what}`
    if (!config.session[`enable_${what}`] || wrappers.some(({ does = [] }) => does.includes(what))) continue
    const place = config.explain().find((one) => one.key === key)?.source ?? 'default'
    const expected = `a wrapper in \`wrappers\` that does it: { does: ['${what}'], wrap: (store, session) => … }`
    problems.add({ key, place, value: 'true', expected })
  }
  problems.throwIfAny()
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
