import type { RunnableConfig } from '@langchain/core/runnables'
import * as graph from '@langchain/langgraph-checkpoint'
import * as core from '@sess/core'
import * as threads from './langgraph-thread.ts'
import { digest, keyed, retry, walk } from './lazy-session.ts'

const KEY = 'langgraph.thread_id'
const SPECIAL = new Map(Object.entries(graph.WRITES_IDX_MAP))

/** A LangGraph checkpointer on Sess: a thread is a session's context, read whole and so at most `limits.contextBytes`. */
export class SessSaver extends graph.BaseCheckpointSaver {
  readonly #sessions: core.SessionManager
  readonly #session = (thread: string) => keyed(this.#sessions, KEY, thread, { ttl: 'never' })
  readonly #dump = async (value: unknown) => core.markBytes(await this.serde.dumpsTyped(value))
  readonly #load = async (value: core.Json): Promise<unknown> =>
    this.serde.loadsTyped(...(core.unmarkBytes(value) as [type: string, bytes: Uint8Array]))

  constructor(sessions: core.SessionManager, serde?: graph.SerializerProtocol) {
    super(serde)
    this.#sessions = sessions
  }

  override async getTuple(config: RunnableConfig): Promise<graph.CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '' } = config.configurable ?? {}
    const one = threads.configOf(thread_id, checkpoint_ns, graph.getCheckpointId(config))
    return thread_id === undefined ? undefined : (await this.list(one, { limit: 1 }).next()).value
  }

  override async *list(
    config: RunnableConfig,
    { limit = Number.POSITIVE_INFINITY, before, filter = {} }: graph.CheckpointListOptions = {},
  ): AsyncGenerator<graph.CheckpointTuple, undefined> {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {}
    const below = before?.configurable?.checkpoint_id
    let left = limit
    for await (const thread of thread_id === undefined ? walk(this.#sessions, KEY) : [thread_id]) {
      const context = (await (await this.#session(thread)).find({ context: true }))?.context ?? {}
      for (const saved of threads.savedIn(context)) {
        if (left <= 0) return
        const [ns, id] = saved
        if (ns !== (checkpoint_ns ?? ns) || id !== (checkpoint_id || id) || (below && id >= below)) continue
        const tuple = await threads.toTuple(this.#load, thread, context, saved)
        const metadata = new Map<string, unknown>(Object.entries(tuple.metadata ?? {}))
        if (!Object.entries(filter).every(([key, value]) => metadata.get(key) === value)) continue
        yield tuple
        left--
      }
    }
  }

  override async put(
    config: RunnableConfig,
    made: graph.Checkpoint,
    metadata: graph.CheckpointMetadata,
    newVersions: graph.ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread_id, checkpoint_ns: ns = '', checkpoint_id: parent = null } = config.configurable ?? {}
    const { channel_values: values, ...checkpoint } = made
    const saved: threads.Saved = [ns, made.id, parent, await this.#dump({ checkpoint, metadata })]
    const set: [string, core.Json][] = [[threads.checkpointKey(ns, made.id), saved]]
    for (const [channel, version] of Object.entries(newVersions))
      if (Object.hasOwn(values, channel))
        set.push([threads.valueKey(ns, channel, version), await this.#dump(values[channel])])
    const session = await this.#session(thread_id)
    await retry(() => session.commit({ set }))
    return threads.configOf(thread_id, ns, made.id)
  }

  override async putWrites(config: RunnableConfig, writes: graph.PendingWrite[], taskId: string, path = '') {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = config.configurable ?? {}
    const session = await this.#session(thread_id)
    if (checkpoint_id === undefined) throw new TypeError('checkpoint_id is missing')
    const set = new Map<string, core.Json>()
    const kept: string[] = []
    for (const [place, [channel, value]] of writes.entries()) {
      const order = graph.writesSortKey(path, taskId, SPECIAL.get(channel) ?? place)
      const key = threads.writesPrefix(checkpoint_ns, checkpoint_id) + digest(taskId, order[2])
      set.set(key, [order, taskId, channel, await this.#dump(value)] satisfies threads.Write)
      if (!SPECIAL.has(channel)) kept.push(key)
    }
    await retry(async () => {
      const absent = kept.filter((key) => set.has(key))
      await session.commit({ set: [...set] }, { absent }).catch((error) => {
        for (const key of error.current?.present ?? []) set.delete(key)
        throw error
      })
    })
  }

  override async deleteThread(thread: string): Promise<void> {
    await (await this.#session(thread)).delete()
  }

  /** Not a whole number, so that two branches never give a channel the same version. */
  override getNextVersion(current = 0): number {
    return Math.floor(current) + 1 + Math.random()
  }
}
