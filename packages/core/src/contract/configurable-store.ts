import type { SessionStore, StoreEvent } from './session-store.ts'

/**
 * A kind of store as `@sess/config` knows it: what `store.type` names, what may stand in the section of that name, and
 * how the store is made of it. A plain object, so that a store package needs nothing of ours but this type.
 */
export interface ConfigurableStore<Type extends string = string, Config = unknown> {
  /** What `store.type` says, and the name of the section: `store.<type>`. */
  readonly type: Type
  /** The options of the section, all with names as they stand in a file (`max_sessions`). */
  readonly schema: ConfigSchema<Config>
  /** Environment variables, and the option that each gives: `{ SESSION_REDIS_DB: 'db', SESSION_REDIS_TLS_CA_FILE: 'tls.ca_file' }`. */
  readonly env: { readonly [variable: string]: string }
  /** Makes the store from what the schema gave. Like every store, it connects on first use. */
  open(config: Config, context: OpenContext): SessionStore | Promise<SessionStore>
}

/** What a store gets beside its options. */
export interface OpenContext {
  /** For the store's own `onEvent`. */
  readonly onEvent?: (event: StoreEvent) => void
}

/**
 * A schema of an object, from any library that has both standards: Standard Schema to validate (at once, not later),
 * Standard JSON Schema to tell names, types, defaults and descriptions. Zod from 4.2 on is one.
 * Two annotations are read: `writeOnly: true` marks a secret; `x-without-effect` says why an option does nothing here.
 */
export interface ConfigSchema<Config> {
  readonly '~standard': {
    readonly validate: (value: unknown) => ConfigResult<Config> | Promise<ConfigResult<Config>>
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-07' }) => { readonly [keyword: string]: unknown }
    }
  }
}

type ConfigResult<Config> =
  | { readonly value: Config; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }
