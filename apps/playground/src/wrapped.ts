import { randomBytes } from 'node:crypto'
import { withCompression, withEncryption } from '@sess/codec'
import { withCache, withFailover } from '@sess/compose'
import type { SessionStore } from '@sess/core'
import type { OpenStore, StoreKind } from './store-kind.ts'

type Wrap = (store: SessionStore) => SessionStore

const compressed: Wrap = (store) => withCompression(store, { minBytes: 64 })
const key = randomBytes(32)
const encrypted: Wrap = (store) => withEncryption(store, { keys: [{ id: 'playground', key }] })
const codecs: readonly (readonly [name: string, wrap: Wrap])[] = [
  ['compressed', compressed],
  ['encrypted', encrypted],
  // What is encrypted does not compress.
  ['both', (store) => compressed(encrypted(store))],
]

/** A kind of store, and the same behind each codec. */
export function withCodecs(kind: StoreKind): readonly StoreKind[] {
  const wrapped = codecs.map(([name, wrap]) =>
    kindOf(`${kind.name}+${name}`, kind.atTheEnd, async () => {
      const opened = await kind.open()
      return { ...opened, store: wrap(opened.store) }
    }),
  )
  return [kind, ...wrapped]
}

/** Stores on servers: each behind each codec, each behind the one before it, and the last with a fallback. */
export function combined(memory: StoreKind, kinds: readonly StoreKind[]): readonly StoreKind[] {
  const caches = kinds.map((kind, i) => cachedBy(kinds[i - 1] ?? memory, kind))
  const fallbacks = kinds.slice(-1).map((kind) => backedBy(memory, kind))
  return [...kinds.flatMap(withCodecs), ...caches, ...fallbacks]
}

/** A faster kind of store before another. */
function cachedBy(front: StoreKind, back: StoreKind): StoreKind {
  return kindOf(`${front.name} before ${back.name}`, back.atTheEnd, () =>
    joined(back, front, (primary, cache) => withCache(primary, cache)),
  )
}

/** A kind of store, and what goes on where it is out. */
function backedBy(fallback: StoreKind, kind: StoreKind): StoreKind {
  return kindOf(`${kind.name}, else ${fallback.name}`, kind.atTheEnd, () =>
    joined(kind, fallback, (primary, second) => withFailover(primary, second)),
  )
}

/** What a wrapper may change shows in a few ways to use a store. */
function kindOf(name: string, atTheEnd: string, open: StoreKind['open']): StoreKind {
  return { name, atTheEnd, ways: ['plain', 'all'], open }
}

async function joined(
  primary: StoreKind,
  second: StoreKind,
  join: (primary: SessionStore, second: SessionStore) => SessionStore,
): Promise<OpenStore> {
  const [a, b] = [await primary.open(), await second.open()]
  const pass = async (ms: number) => {
    await Promise.all([a.pass(ms), b.pass(ms)])
  }
  return { store: join(a.store, b.store), shortMs: a.shortMs, pass }
}
