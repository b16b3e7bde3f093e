import type { SessionStore } from '@sess/core'
import type { StoreFactory, StoreHarness } from '../../src/law.ts'
import { harnessOf, type Server, TestedStore } from '../tested-store.ts'

/** A store broken on purpose, to prove that the laws notice. */
export interface Defect {
  /** What is wrong with it, in plain words. */
  readonly name: string
  /** The laws meant to catch it. */
  readonly caughtBy: readonly string[]
  readonly factory: StoreFactory
}

type CaughtBy = string | readonly string[]

/** A store of which a rule is broken. */
export function rule(name: string, caughtBy: CaughtBy, Store: typeof TestedStore): Defect {
  return { name, caughtBy: [caughtBy].flat(), factory: harnessOf((server) => new Store(server)) }
}

/** A sound store of which some members are replaced. */
export function member(
  name: string,
  caughtBy: CaughtBy,
  replace: (store: TestedStore, server: Server) => Partial<SessionStore>,
): Defect {
  const open = (server: Server) => {
    const store = new TestedStore(server)
    const members = {
      info: store.info,
      create: store.create.bind(store),
      load: store.load.bind(store),
      commit: store.commit.bind(store),
      delete: store.delete.bind(store),
      list: store.list.bind(store),
      count: store.count.bind(store),
      sweep: store.sweep.bind(store),
      health: store.health.bind(store),
      close: store.close.bind(store),
      stats: store.stats.bind(store),
      deleteUser: store.deleteUser.bind(store),
      watch: store.watch.bind(store),
      lease: store.lease.bind(store),
    }
    return { ...members, ...replace(store, server) }
  }
  return { name, caughtBy: [caughtBy].flat(), factory: harnessOf(open) }
}

/** A sound store in a harness, or on a server, that is broken. */
export function server(
  name: string,
  caughtBy: CaughtBy,
  change: (harness: StoreHarness, server: Server) => Partial<StoreHarness>,
): Defect {
  return { name, caughtBy: [caughtBy].flat(), factory: harnessOf((one) => new TestedStore(one), change) }
}

/** Lets every other call that is under way go on. */
export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
