import type { SessionStore } from '@sess/core'
import type { EvictionPolicy } from '@sess/store-memory'

/** A named way to make a store. */
export interface StoreKind {
  readonly name: string
  /** What becomes of the sessions when the program ends, as a sentence. */
  readonly atTheEnd: string
  /** A store with nothing in it that the tour did not put there. */
  open(): Promise<OpenStore>
  /** In which ways the tour uses it. Default: in all. */
  readonly ways?: readonly string[]
  /** For a store that gives sessions up when it is full. */
  readonly evicts?: {
    readonly policy: EvictionPolicy
    open(maxSessions: number): SessionStore
  }
}

export interface OpenStore {
  readonly store: SessionStore
  /** A lifetime short enough to wait for and long enough to work within. */
  readonly shortMs: number
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>
}
