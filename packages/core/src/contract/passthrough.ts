import type { SessionStore } from './session-store.ts'

/** The members that a wrapper leaves as they are. An optional member is there only where the store has it. */
export function passthrough(
  store: SessionStore,
  name: string,
): Omit<SessionStore, 'create' | 'load' | 'commit'> {
  return {
    info: { ...store.info, name: `${name}(${store.info.name})` },
    delete: (id, options) => store.delete(id, options),
    list: (query, options) => store.list(query, options),
    count: (userId, options) => store.count(userId, options),
    sweep: (request, options) => store.sweep(request, options),
    health: (options) => store.health(options),
    close: () => store.close(),
    ...(store.stats && { stats: store.stats.bind(store) }),
    ...(store.deleteUser && { deleteUser: store.deleteUser.bind(store) }),
    ...(store.watch && { watch: store.watch.bind(store) }),
    ...(store.lease && { lease: store.lease.bind(store) }),
  }
}
