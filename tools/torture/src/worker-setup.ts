import type { StoreSetup } from './stores.ts'

/** What a process of clients is started with. */
export interface WorkerSetup {
  /** Its clients' names begin with it. */
  readonly name: string
  readonly store: StoreSetup
  readonly ttl: 'never' | '1h'
  readonly sessions: readonly string[]
  readonly clients: number
  readonly thinkMs: number
  readonly seed: number
  /** Its own part of the history. */
  readonly file: string
  /** That of the process in whose place it is. */
  readonly predecessor?: string
}

export type Command =
  | { readonly do: 'open' | 'work' | 'rest' | 'state' | 'close' }
  | { readonly do: 'clock'; readonly byMs: number }
  | { readonly do: 'final'; readonly sessions: readonly string[] }

/** What a process answers to a command. */
export interface Said {
  readonly done: Command['do']
  readonly state?: 'primary' | 'out' | 'returning'
  readonly parked?: readonly { readonly session: string; readonly ids: readonly string[] }[]
  /** The sessions that could not be read. */
  readonly missed?: readonly string[]
  /** The store's events by type. */
  readonly counts?: Readonly<Record<string, number>>
}
