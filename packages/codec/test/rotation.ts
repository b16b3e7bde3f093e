import { setImmediate } from 'node:timers/promises'
import type { SessionStore } from '@sess/core'
import { vi } from 'vitest'
import { rewrap, withEncryption } from '../src/index.ts'
import { rawKey } from './keys.ts'
import { newMessage, newSession } from './rig.ts'

const OLD = rawKey('old', 1)
const NEW = rawKey('new', 2)

export interface Rotation {
  /** Acknowledged by writers while keys were rotated, all of whom were writing by then. */
  readonly written: number
  /** What was acknowledged and is not there, with the new key alone. */
  readonly lost: readonly string[]
  /** Data keys that the new key does not wrap. */
  readonly left: number
}

/**
 * Sessions made under an old key, rewrapped for a new one while writers append, set and make new sessions. One of
 * them reads with its own eyes what others wrote; some write one session all the time, which rewrap has to catch.
 * @param open another process's instance of the store
 */
export async function rotateUnderFire(
  open: () => SessionStore,
  inner: SessionStore,
  { sessions, writers }: { readonly sessions: number; readonly writers: number },
): Promise<Rotation> {
  const seed = withEncryption(open(), { keys: [OLD] })
  const ids = Array.from({ length: sessions }, (_, i) => `s${i}`)
  await each(ids, 32, (id) =>
    seed.create(
      newSession(id, { metadata: { of: id }, context: [['k', id]], messages: [newMessage('first')] }),
    ),
  )
  const acknowledged: { readonly id: string; readonly message?: string; readonly key?: string }[] = []
  let isOver = false
  let writing = 0
  const write = async (w: number) => {
    // Each knows both keys; half of them write new sessions under the old one still, as in a rolling deployment.
    const store = withEncryption(open(), { keys: w % 2 ? [OLD, NEW] : [NEW, OLD] })
    for (let i = 0; !isOver; i++) {
      const id = w < 2 ? `s${w}` : `s${(i * 37 + w * 101) % sessions}`
      const name = `w${w}-${i}`
      if (i % 3 === 0) {
        await store.commit(id, { set: [[name, name]], session: { metadata: { [`by${w}`]: name } } })
        acknowledged.push({ id, key: name })
      } else {
        await store.commit(id, { append: [newMessage(name)] })
        acknowledged.push({ id, message: name })
      }
      if (i === 0) writing++
      // Lets others have their turn on a store that never waits.
      await setImmediate()
    }
  }
  const work = Promise.all(Array.from({ length: writers }, (_, w) => write(w)))
  // Some of them connect first.
  await vi.waitUntil(() => writing === writers, { timeout: 20_000, interval: 1 })
  const before = acknowledged.length
  await rewrap(inner, { keys: [NEW, OLD] })
  const written = acknowledged.length - before
  isOver = true
  await work
  return { written, ...(await look(inner, ids, acknowledged)) }
}

async function look(
  inner: SessionStore,
  ids: readonly string[],
  acknowledged: readonly { readonly id: string; readonly message?: string; readonly key?: string }[],
): Promise<Omit<Rotation, 'written'>> {
  const store = withEncryption(inner, { keys: [NEW] })
  const there = new Set<string>()
  let left = 0
  await each(ids, 32, async (id) => {
    const raw = await inner.load(id)
    if (!raw.session.metadata['sess:key']?.startsWith('sess:k1:new:')) left++
    const { context = [] } = await store.load(id, { context: true })
    for (const [name, value] of context) if (value === name || value === id) there.add(`${id} ${name}`)
    for (let afterSeq = 0; ; ) {
      const { messages = [] } = await store.load(id, { messages: { afterSeq, limit: 1000 } })
      for (const { id: name, content } of messages)
        if (content === `content of ${name}`) there.add(`${id} ${name}`)
      const last = messages.at(-1)
      if (last === undefined) break
      afterSeq = last.seq
    }
  })
  const wanted = [
    ...ids.flatMap((id) => [`${id} first`, `${id} k`]),
    ...acknowledged.map(({ id, message, key }) => `${id} ${message ?? key}`),
  ]
  return { lost: wanted.filter((name) => !there.has(name)), left }
}

async function each<T>(
  items: readonly T[],
  atOnce: number,
  call: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < items.length) await call(items[next++] as T)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
