import type { ConfigurableStore } from '@sess/core'
import type { Environment } from './environment.ts'
import { Problems } from './problem.ts'
import { type Explained, type Resolved, resolve, type Sources } from './resolve.ts'
import type { CleanupConfig, CleanupInput, SessionConfig, SessionInput } from './sections.ts'
import { put, type Section, toTree } from './tree.ts'
import { readYaml } from './yaml-file.ts'

export interface LoadOptions<S extends ConfigurableStore = ConfigurableStore> {
  /** Path of a YAML or JSON file. Without it there is none. */
  readonly file?: string
  /** Default `process.env`. */
  readonly env?: Environment
  /** What the application says itself, over everything else. */
  readonly overrides?: Overrides
  /** The stores that `store.type` may name. Left out, the store's own section is judged by `loadManager`. */
  readonly stores?: readonly S[]
}

export interface Overrides {
  readonly store?: { readonly type?: string; readonly [type: string]: unknown }
  readonly session?: SessionInput
  readonly cleanup?: CleanupInput
}

/** A whole configuration: typed, frozen, and right. `JSON.stringify` and `console.log` show it without secrets. */
export interface Config<S extends ConfigurableStore = never> {
  readonly store: StoreSection<S>
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

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/**
 * Reads a configuration: overrides over the environment, over the file, over the defaults.
 * @throws `CONFIG_INVALID` with everything that is wrong: key, value, place, and what was expected
 * @example
 * const config = loadConfig({ file: 'sess.yaml', stores: [memory(), redis()] })
 */
export function loadConfig<S extends ConfigurableStore = never>(options: LoadOptions<S> = {}): Config<S> {
  return load('loadConfig', options)
}

/** As {@link loadConfig}, of the environment alone. */
export function loadFromEnv<S extends ConfigurableStore = never>(
  options: Omit<LoadOptions<S>, 'file'> = {},
): Config<S> {
  return load('loadFromEnv', options)
}

/** The defaults, and what the application says itself. */
export function defaultConfig<S extends ConfigurableStore = never>(
  options: Omit<LoadOptions<S>, 'file' | 'env'> = {},
): Config<S> {
  return load('defaultConfig', { ...options, env: {} })
}

export function load<S extends ConfigurableStore>(operation: string, options: LoadOptions<S>): Config<S> {
  const { file, env = process.env, overrides = {}, stores } = options
  const problems = new Problems(operation)
  const sources = {
    file: file === undefined ? toTree({}, 'file') : readYaml(file, problems),
    env: { ...env },
    overrides: toTree(overrides, 'overrides'),
  }
  problems.throwIfAny()
  return toConfig(sources, resolve(operation, sources, stores))
}

/** What is known of a configuration besides. */
export interface State extends Resolved {
  readonly sources: Sources
}

// Beside the configuration, so that nobody who prints or copies it meets a secret's source.
const states = new WeakMap<object, State>()

function toConfig<S extends ConfigurableStore>(sources: Sources, resolved: Resolved): Config<S> {
  const { type, store, values, explained } = resolved
  const config = {
    store: Object.freeze({ type, ...(store && { [type]: values.get(`store.${type}`) }) }),
    session: values.get('session'),
    cleanup: values.get('cleanup'),
  }
  const hidden = { toJSON: () => withoutSecrets(config), explain: () => explained }
  for (const [name, value] of Object.entries(hidden)) Object.defineProperty(config, name, { value })
  Object.defineProperty(config, Symbol.for('nodejs.util.inspect.custom'), { value: hidden.toJSON })
  states.set(config, { ...resolved, sources })
  return Object.freeze(config) as unknown as Config<S>
}

/** What was loaded; `undefined` for what is no configuration of ours. */
export function stateOf(config: object): State | undefined {
  return states.get(config)
}

/** The same configuration for other stores. */
export function reload<S extends ConfigurableStore>(
  operation: string,
  { sources }: Pick<State, 'sources'>,
  stores: readonly S[],
): Config<S> {
  return toConfig(sources, resolve(operation, sources, stores))
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
