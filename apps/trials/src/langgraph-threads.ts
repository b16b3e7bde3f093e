import { compareWritesSortKeys, writesSortKey } from '@langchain/langgraph-checkpoint'
import * as core from '@sess/core'
import { digest } from './canonical.ts'
import { LazySessions, orNothing, repeatLost, walkNobodys } from './lazy-sessions.ts'

export type Typed = [type: string, bytes: Uint8Array]
export interface Saved {
  readonly ns: string
  readonly id: string
  readonly parent: string | null
  readonly checkpoint: Typed
  readonly metadata: Typed
}
export interface Write {
  readonly taskId: string
  readonly taskPath: string
  readonly channel: string
  readonly idx: number
  readonly value: Typed
}

export type Version = readonly [channel: string, version: number | string]
export type Channel = readonly [...Version, Typed]

const THREAD = 'langgraph:thread'
// Digests, since namespaces and task ids have any length and content; a checkpoint's id stays as it is, for its order.
const checkpoints = (ns: string) => `c/${digest(ns)}/`
const blob = (ns: string, channel: string, version: number | string) => `b/${digest(ns, channel, version)}`
const writes = (ns: string, id: string) => `w/${digest(ns, id)}/`

/** LangGraph's threads, each the context of a session: under `c/` checkpoints, under `b/` the values of their channels, under `w/` their writes. */
export class Threads {
  readonly #lazy: LazySessions
  readonly #store: core.SessionStore

  constructor(sessions: core.SessionManager, store: core.SessionStore) {
    this.#lazy = new LazySessions(sessions, null, { ttl: 'never' })
    this.#store = store
  }

  /** All threads. */
  walk(): AsyncGenerator<string> {
    return walkNobodys(this.#store, THREAD)
  }

  /** A checkpoint, or its namespace's newest. */
  async saved(thread: string, ns: string, id: string): Promise<Saved | undefined> {
    const session = await sessionOf(thread)
    const { calls } = this.#lazy
    const value = id
      ? await orNothing(calls.getContext(session, checkpoints(ns) + id))
      : (await orNothing(calls.listContext(session, { prefix: checkpoints(ns), reverse: true, limit: 1 })))
          ?.entries[0]?.[1]
    return value === undefined ? undefined : unmark<Saved>(value)
  }

  /** The checkpoints of a namespace or of all, newest first, each read when its turn comes. */
  async *list(thread: string, ns?: string, before?: string): AsyncGenerator<Saved> {
    const found: { readonly id: string; readonly key: string }[] = []
    for await (const [key] of this.#entries(thread, ns === undefined ? 'c/' : checkpoints(ns), true)) {
      const id = key.slice(checkpoints('').length)
      if (!before || id < before) found.push({ id, key })
    }
    // Across namespaces, keys come in another order.
    for (const { key } of found.sort((a, b) => (a.id < b.id ? 1 : -1))) {
      const value = await orNothing(this.#lazy.calls.getContext(await sessionOf(thread), key))
      if (value !== undefined) yield unmark<Saved>(value)
    }
  }

  /** In the order in which LangGraph applies them. */
  async writes(thread: string, ns: string, id: string): Promise<Write[]> {
    const found: Write[] = []
    for await (const [, value] of this.#entries(thread, writes(ns, id))) found.push(unmark<Write>(value))
    const order = (w: Write) => writesSortKey(w.taskPath, w.taskId, w.idx)
    return found.sort((a, b) => compareWritesSortKeys(order(a), order(b)))
  }

  /** A checkpoint with those of its channels that are new; the others' values were stored before, under their versions. */
  async save(thread: string, saved: Saved, channels: readonly Channel[]): Promise<void> {
    const values = channels.map(
      ([channel, version, value]) => [blob(saved.ns, channel, version), core.markBytes(value)] as const,
    )
    await this.#set(thread, [[checkpoints(saved.ns) + saved.id, mark(saved)], ...values], {})
  }

  /** Of the channels, those that have a value. */
  async channels(thread: string, ns: string, versions: readonly Version[]): Promise<[string, Typed][]> {
    const keyed = new Map(versions.map(([channel, version]) => [blob(ns, channel, version), channel]))
    const keys = [...keyed.keys()]
    const found =
      keys.length > 0 ? await this.#lazy.find(await sessionOf(thread), { context: { keys } }) : undefined
    return Object.entries(found?.context ?? {}).map(([key, value]) => [
      keyed.get(key) as string,
      core.unmarkBytes(value as core.Json) as unknown as Typed,
    ])
  }

  /** Writes with an idx from 0 on stay as they were first written, the others are replaced. */
  async saveWrites(thread: string, ns: string, id: string, all: readonly Write[]): Promise<void> {
    const keyed = new Map(all.map((w) => [`${writes(ns, id)}${digest(w.taskId)}/${w.idx}`, w]))
    while (keyed.size > 0)
      try {
        const absent = [...keyed].filter(([, { idx }]) => idx >= 0).map(([key]) => key)
        await this.#set(
          thread,
          [...keyed].map(([key, write]) => [key, mark(write)]),
          { absent },
        )
        return
      } catch (error) {
        if (!core.isSessError(error, 'CONFLICT') || !error.current?.present?.length) throw error
        for (const key of error.current.present) keyed.delete(key)
      }
  }

  async delete(thread: string): Promise<void> {
    await repeatLost(async () => this.#lazy.calls.deleteSession(await sessionOf(thread)))
  }

  async #set(
    thread: string,
    set: readonly core.ContextEntry[],
    condition: { absent?: string[] },
  ): Promise<void> {
    const session = await sessionOf(thread)
    await repeatLost(() => this.#lazy.commit(session, { set }, condition, { metadata: { [THREAD]: thread } }))
  }

  async *#entries(thread: string, prefix: string, keysOnly = false): AsyncGenerator<core.ContextEntry> {
    const session = await sessionOf(thread)
    for (let after = {}; ; ) {
      const page = await orNothing(
        this.#lazy.calls.listContext(session, { prefix, limit: 1000, keysOnly, ...after }),
      )
      if (page) yield* page.entries
      if (!page || page.nextKey === null) return
      after = { after: page.nextKey }
    }
  }
}

function mark(value: Saved | Write): core.Json {
  return core.markBytes(value as unknown as core.JsonWithBytes)
}

function unmark<T extends Saved | Write>(value: core.Json): T {
  return core.unmarkBytes(value) as unknown as T
}

function sessionOf(thread: string): Promise<string> {
  return core.deriveSessionId(null, 'langgraph', thread)
}
