import type { Message, NewMessage, NewSession, Session, SessionStore } from '@sess/core'

/** How a store's author lets the kit at the store. Made anew for every law; its data starts empty. */
export interface StoreHarness {
  /** Opens an instance on this harness's data: once, or several times where `info.shared` says that they see the same. The kit closes it. */
  open(): SessionStore | Promise<SessionStore>
  /** Moves the store's clock on. Where absent, laws of expiry wait for real lifetimes of less than a second. */
  advance?(ms: number): void | Promise<void>
  /** The names of all that is stored now (keys, rows), to find what was left behind. */
  inspect?(): Promise<readonly string[]>
  /** Takes the store's server away and brings it back. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> }
  /** Opens an instance on other data of the same server: under another prefix, or in another database. The law closes it. */
  neighbour?(): SessionStore | Promise<SessionStore>
  /** Marks what is stored as written by a newer release, whose schema this one cannot know. */
  makeNewer?(): Promise<void>
  /** Frees what the harness made, after all its stores were closed. */
  destroy?(): void | Promise<void>
}

export type StoreFactory = () => StoreHarness | Promise<StoreHarness>

/** What a law asks of a harness or store beyond the required; without it the law is skipped, and the reason printed. */
export type Need =
  | 'shared'
  | 'advance'
  | 'inspect'
  | 'outage'
  | 'neighbour'
  | 'makeNewer'
  | 'stats'
  | 'deleteUser'
  | 'watch'
  | 'lease'

/** One sentence that every store must obey. Plain and async: a runner is bound to it elsewhere. */
export interface Law {
  /** `group/short-name`, by which it is skipped. */
  readonly id: string
  /** The law in words. */
  readonly title: string
  readonly needs?: readonly Need[]
  run(kit: Kit): Promise<void>
}

/** What a law works with. */
export interface Kit {
  readonly harness: StoreHarness
  /** An instance on the harness's data. */
  readonly store: SessionStore
  /** Another instance on the same data. Only for laws that need `shared`. */
  open(): Promise<SessionStore>
  /** A lifetime that a law can let pass: hours where the store's clock can be moved on, else as short as waiting allows. */
  readonly lifetimeMs: number
  /** Lets the store's clock pass `ms`, by the harness or by waiting. */
  pass(ms: number): Promise<void>
  /** Creates a session of `user` with defaults for what is not given. */
  create(fields?: Partial<NewSession>): Promise<Session>
  /** A message with a new id and defaults for what is not given. */
  message(fields?: Partial<NewMessage>): NewMessage
  /** All messages of a session, oldest first. */
  messages(id: string): Promise<readonly Message[]>
}

/** Laws that belong together. */
export interface LawGroup {
  readonly name: string
  readonly laws: readonly Law[]
}

export interface TestStoreOptions {
  /** Laws that this store does not keep: the id of the law (or of a group, as `group/*`) and the reason, which is printed. */
  readonly skip?: { readonly [law: string]: string }
  /** Of the model-based random test: how many sequences (default 100), and a printed seed (and path, for that sequence alone) to repeat. */
  readonly random?: { readonly runs?: number; readonly seed?: number; readonly path?: string }
  /** How long one law may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
}
