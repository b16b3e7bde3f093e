import type { SessionStore } from '@sess/core'
import type { StoreFactory } from './law.ts'

/** For the tests of a wrapper: harnesses whose stores are wrapped, each instance and neighbour by itself. */
export function wrapped(factory: StoreFactory, wrap: (store: SessionStore) => SessionStore): StoreFactory {
  return async () => {
    const harness = await factory()
    const { neighbour } = harness
    return {
      ...harness,
      open: async () => wrap(await harness.open()),
      ...(neighbour && { neighbour: async () => wrap(await neighbour()) }),
    }
  }
}
