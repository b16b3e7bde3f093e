import { createMemoryStore } from '@sess/store-memory'
import { type StoreFactory, wrapped } from '@sess/testkit'
import { fileJournal, withCache, withDualWrite, withFailover } from '../../src/index.ts'
import { newFile } from '../files.ts'
import { sealed, type Way } from '../ways.ts'

interface FullWay {
  readonly way: Way
  /** The laws that the wrapper's purpose relaxes. */
  readonly skip: { readonly [law: string]: string }
}

const READS = {
  'outage/load': 'a failover answers reads of recent sessions during an outage',
}
const WRITES = {
  ...READS,
  'outage/create': 'writes are accepted during an outage',
  'outage/commit': 'writes are accepted during an outage',
  'outage/delete': 'writes are accepted during an outage',
  'outage/kept': 'writes are accepted during an outage',
  'outage/message-ids': 'writes are accepted during an outage',
  'outage/no-content': 'writes are accepted during an outage',
}

/** Over stores of a server, which the kit takes away, and opens several times on the same data. */
const WAYS: Readonly<Record<string, FullWay>> = {
  cache: { way: (store, memory) => withCache(store, memory()), skip: {} },
  failover: { way: (store, memory) => withFailover(store, memory(), PROBES), skip: READS },
  'encryption over compression over cache over accepting failover over dual-write': {
    way: (store, memory) => {
      const both = withDualWrite(store, memory())
      const journal = fileJournal(newFile())
      const failover = withFailover(both, memory(), { ...PROBES, writes: 'accept', journal })
      return sealed(withCache(failover, memory()))
    },
    skip: WRITES,
  },
}

const PROBES = { firstProbe: '20ms', lastProbe: '100ms' } as const

/** The stack of all wrappers; with `FULL_WAYS=1` each alone too, which takes three times as long. */
export function triedWays(): readonly (readonly [name: string, FullWay])[] {
  const all = Object.entries(WAYS)
  return process.env.FULL_WAYS ? all : all.slice(-1)
}

/** Harnesses whose stores are wrapped, each with memory stores of its own. */
export function behind(factory: StoreFactory, way: Way): StoreFactory {
  return wrapped(factory, (store) => way(store, createMemoryStore))
}
