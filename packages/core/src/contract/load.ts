import type { ContextEntry, Message, Session } from './model.ts'
import type { OneOf } from './one-of.ts'

/** What of a session to read beside its fields. A limit is 1 to 1,000. What has a limit, and `ids`, may end early at 8 MiB (`last` and `beforeSeq` keep the newest), never empty before the end; `keys` and `true` come whole. */
export interface Want {
  readonly messages?: MessageWindow
  readonly context?: ContextWindow
  /** Reserved keys (`sess:…`), whatever window there is: for wrappers. */
  readonly reserved?: readonly string[]
}
/** Always oldest first; `last` is the newest n, `beforeSeq` the n just before, `offset` counts from the oldest. */
export type MessageWindow = OneOf<
  | { readonly last: number }
  | { readonly afterSeq: number; readonly limit: number }
  | { readonly beforeSeq: number; readonly limit: number }
  | { readonly offset: number; readonly limit: number }
  | { readonly ids: readonly string[] }
>
/** All, the keys that are there of those named, or a page of those with a prefix, past `after`. A prefix reaches reserved keys (`sess:…`) only when it begins so itself, in `unset` too. */
export type ContextWindow = true | OneOf<{ readonly keys: readonly string[] } | ContextPage>
export interface ContextPage {
  readonly prefix: string
  readonly after?: string
  readonly limit: number
  readonly reverse?: boolean
  readonly keysOnly?: boolean
}
/** `context`: ordered by the keys' bytes (`reverse`: backwards); with `keysOnly` each value is `null`. */
export interface Loaded {
  readonly session: Session
  readonly messages?: readonly Message[]
  readonly context?: readonly ContextEntry[]
  readonly reserved?: readonly ContextEntry[]
}
