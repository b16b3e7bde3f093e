import { type FailoverStore, fileJournal, withFailover } from '@sess/compose'
import type { SessionStore, StoreEvent } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { createMysqlStore } from '@sess/store-mysql'
import { createRedisStore } from '@sess/store-redis'

/** How a process opens the store: plain data, since it goes to processes. */
export type StoreSetup =
  | { readonly kind: 'memory' }
  | { readonly kind: 'redis'; readonly url: string }
  | {
      readonly kind: 'redis-cluster'
      readonly nodes: readonly { readonly host: string; readonly port: number }[]
      readonly waitReplicas: number
    }
  | {
      readonly kind: 'mysql'
      readonly host: string
      readonly port: number
      readonly user: string
      readonly password: string
      readonly database: string
    }
  | { readonly kind: 'failover'; readonly url: string; readonly journal: string }

/** Short, so that faults are longer than calls. */
const TIMEOUT = '1s'

export interface Opened {
  readonly store: SessionStore
  readonly failover?: FailoverStore
}

export function openStore(setup: StoreSetup, onEvent: (event: StoreEvent) => void): Opened {
  switch (setup.kind) {
    case 'memory':
      return { store: createMemoryStore({ now: () => Date.now(), onEvent }) }
    case 'redis':
      return { store: createRedisStore({ url: setup.url, timeout: TIMEOUT, onEvent }) }
    case 'redis-cluster': {
      const { nodes, waitReplicas } = setup
      return { store: createRedisStore({ cluster: { nodes }, waitReplicas, timeout: TIMEOUT, onEvent }) }
    }
    case 'mysql': {
      const { kind, ...address } = setup
      return { store: createMysqlStore({ ...address, timeout: TIMEOUT, onEvent }) }
    }
    case 'failover': {
      const failover = withFailover(
        createRedisStore({ url: setup.url, timeout: '300ms' }),
        createMemoryStore({ now: () => Date.now() }),
        {
          writes: 'accept',
          journal: fileJournal(setup.journal),
          warmMessages: 1_000_000,
          firstProbe: '50ms',
          lastProbe: '300ms',
          onEvent,
        },
      )
      return { store: failover, failover }
    }
  }
}
