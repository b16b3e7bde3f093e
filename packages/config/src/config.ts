import type { ConfigurableStore } from '@sess/core'
import type { Environment } from './environment.ts'
import type { Passed } from './passed.ts'
import { Problems } from './problem.ts'
import { type Explained, type Resolved, resolve } from './resolve.ts'
import { sectionKey, type Taken } from './seat.ts'
import type { CleanupConfig, CleanupInput, SessionConfig, SessionInput } from './sections.ts'
import type { Sources } from './sources.ts'
import { deepFreeze, put, type Section, toTree } from './tree.ts'
import type { ConfigurableSeat, ConfigurableWrapper } from './wrapper.ts'
import { readYaml } from './yaml-file.ts'

export interface LoadOptions<
  S extends ConfigurableStore = ConfigurableStore,
  W extends ConfigurableWrapper = ConfigurableWrapper,
> {
  /** Path of a YAML or JSON file. Without it there is none. */
  readonly file?: string
  /** Default `process.env`. */
  readonly env?: Environment
  /** What the application says itself, over everything else. */
  readonly overrides?: Overrides
  /** The stores that `store.type` may name. Left out, the store's own section is judged by `loadManager`. */
  readonly stores?: readonly S[]
  /** Around the store, the first one nearest to it. Left out, the sections of their seats are judged by `loadManager`. */
  readonly wrappers?: readonly W[]
}

export interface Overrides {
  readonly store?: { readonly type?: string; readonly [type: string]: unknown }
  readonly session?: SessionInput
  readonly cleanup?: CleanupInput
}

/** A whole configuration: typed, frozen, and right. `JSON.stringify` and `console.log` show it without secrets. */
export interface Config<S extends ConfigurableStore = never, W extends ConfigurableWrapper = never> {
  readonly store: [W] extends [never] ? StoreSection<S> : StoreSection<S> & SeatSections<S, W>
  readonly session: SessionConfig
  readonly cleanup: CleanupConfig
  /** Where each value came from, secrets masked. */
  explain(): readonly Explained[]
}

/** `type`, and the section of that name. */
export type StoreSection<S extends ConfigurableStore> = [S] extends [never]
  ? { readonly type: string }
  : S extends ConfigurableStore<infer Type, infer Options>
    ? { readonly type: Type } & { readonly [K in Type]: DeepReadonly<Options> }
    : never

/** By the name of each seat: as the section of the main store, with the seat's own options. */
export type SeatSections<S extends ConfigurableStore, W extends ConfigurableWrapper> = {
  readonly [Name in SeatOf<W>['name']]?: StoreSection<S> &
    OptionsOf<Extract<SeatOf<W>, { readonly name: Name }>>
}

type SeatOf<W> = W extends { readonly seat: infer Seat extends ConfigurableSeat } ? Seat : never
type OptionsOf<Seat> = Seat extends ConfigurableSeat<string, infer Options> ? DeepReadonly<Options> : never

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/**
 * Reads a configuration: overrides over the environment, over the file, over the defaults.
 * @throws `CONFIG_INVALID` with everything that is wrong: key, value, place, and what was expected
 * @example
 * const config = loadConfig({ file: 'sess.yaml', stores: [memory(), redis()] })
 */
export function loadConfig<S extends ConfigurableStore = never, W extends ConfigurableWrapper = never>(
  options: LoadOptions<S, W> = {},
): Config<S, W> {
  return load('loadConfig', options)
}

/** As {@link loadConfig}, of the environment alone. */
export function loadFromEnv<S extends ConfigurableStore = never, W extends ConfigurableWrapper = never>(
  options: Omit<LoadOptions<S, W>, 'file'> = {},
): Config<S, W> {
  return load('loadFromEnv', options)
}

/** The defaults, and what the application says itself. */
export function defaultConfig<S extends ConfigurableStore = never, W extends ConfigurableWrapper = never>(
  options: Omit<LoadOptions<S, W>, 'file' | 'env'> = {},
): Config<S, W> {
  return load('defaultConfig', { ...options, env: {} })
}

export function load<S extends ConfigurableStore, W extends ConfigurableWrapper>(
  operation: string,
  options: LoadOptions<S, W>,
): Config<S, W> {
  const { file, env = process.env, overrides = {}, stores, wrappers } = options
  const problems = new Problems(operation)
  const sources = {
    file: file === undefined ? toTree({}, 'file') : readYaml(file, problems),
    env: { ...env },
    overrides: toTree(overrides, 'overrides'),
  }
  problems.throwIfAny()
  return toConfig(operation, sources, { stores, wrappers })
}

/** What is known of a configuration besides. */
export interface State extends Resolved {
  readonly sources: Sources
  readonly passed: Passed
}

// Beside the configuration, so that nobody who prints or copies it meets a secret's source.
const states = new WeakMap<object, State>()

function toConfig<S extends ConfigurableStore, W extends ConfigurableWrapper>(
  operation: string,
  sources: Sources,
  passed: Passed,
): Config<S, W> {
  const resolved = resolve(operation, sources, passed)
  const { seats, values, explained } = resolved
  const config: Section = {}
  for (const taken of seats)
    if (taken.type !== undefined) put(config, taken.seat.key.split('.'), sectionOf(taken, values))
  for (const key of ['session', 'cleanup']) config[key] = values.get(key)
  const hidden = { toJSON: () => withoutSecrets(config), explain: () => explained }
  for (const [name, value] of Object.entries(hidden)) Object.defineProperty(config, name, { value })
  Object.defineProperty(config, Symbol.for('nodejs.util.inspect.custom'), { value: hidden.toJSON })
  states.set(config, { ...resolved, sources, passed })
  return deepFreeze(config) as unknown as Config<S, W>
}

/** A seat as the configuration shows it. */
function sectionOf({ seat, type = '', store }: Taken, values: State['values']): Section {
  const section = { type, ...(values.get(seat.key) as object | undefined) }
  return store === undefined ? section : { ...section, [type]: values.get(sectionKey(seat, type)) }
}

/** What was loaded; `undefined` for what is no configuration of ours. */
export function stateOf(config: object): State | undefined {
  return states.get(config)
}

/** The same configuration for other stores and wrappers. */
export function reload(
  operation: string,
  { sources }: Pick<State, 'sources'>,
  passed: Passed,
): Config<ConfigurableStore> {
  return toConfig(operation, sources, passed)
}

/** The values as a file holds them, but for secrets and for sections of other stores. */
export function withoutSecrets(config: object): Section {
  const { explained = [], secrets = [] } = states.get(config) ?? {}
  const root: Section = {}
  for (const { key, value } of explained) {
    if (value !== undefined && !secrets.includes(key)) put(root, key.split('.'), value)
  }
  return root
}
