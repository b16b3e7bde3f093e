import type { SessionStore } from '@sess/core'

/** The members that a wrapper leaves to the store that leads. */
export function passthrough(
  store: SessionStore,
  name: string,
): Omit<SessionStore, 'create' | 'load' | 'commit' | 'delete' | 'close' | 'deleteUser'> {
  return {
    info: { ...store.info, name: `${name}(${store.info.name})` },
    list: (query, options) => store.list(query, options),
    count: (userId, options) => store.count(userId, options),
    sweep: (request, options) => store.sweep(request, options),
    health: (options) => store.health(options),
    ...(store.stats && { stats: store.stats.bind(store) }),
    ...(store.watch && { watch: store.watch.bind(store) }),
    ...(store.lease && { lease: store.lease.bind(store) }),
  }
}
