import type { ConfigurableStore } from '@sess/core'
import type { ConfigurableWrapper } from './wrapper.ts'

/** What the application passed beside its configuration. What it left out is judged when it comes. */
export interface Passed {
  readonly stores: readonly ConfigurableStore[] | undefined
  readonly wrappers: readonly ConfigurableWrapper[] | undefined
}
