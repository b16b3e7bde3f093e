import type { ConfigSchema, SessionStore, StoreEvent } from '@sess/core'
import type { SessionConfig } from './sections.ts'

/** Something that stands before the store, see `withX(store, options)`. */
export interface ConfigurableWrapper {
  /** What of the configuration it does. What is enabled there and done by no wrapper is refused. */
  readonly does?: readonly ('compression' | 'encryption')[]
  /** A place for a second store, that it works with. */
  readonly seat?: ConfigurableSeat
  /**
   * @param seated what the configuration has for the seat; where it names no store for it, nothing is wrapped, and this
   * is not called
   */
  wrap(store: SessionStore, session: SessionConfig, seated?: Seated): SessionStore
}

/** A place for a store beside the main one: the section `store.<name>`. */
export interface ConfigurableSeat<Name extends string = string, Options = unknown> {
  readonly name: Name
  /** What may stand there beside `type` and the section of the store, with names as in a file (`max_stale`). */
  readonly schema: ConfigSchema<Options>
  /** Environment variables, and what each gives, `type` included: `{ SESSION_CACHE_TYPE: 'type' }`. */
  readonly env: { readonly [variable: string]: string }
}

/** What a wrapper gets for its seat. */
export interface Seated<Options = unknown> {
  /** Opened for the wrapper. Closing what the wrapper makes of it must close it, and the wrapped one too. */
  readonly store: SessionStore
  /** What the seat's schema gave. */
  readonly options: Options
  /** For the wrapper's own `onEvent`. */
  readonly onEvent?: (event: StoreEvent) => void
}
