import type { RunnableConfig } from '@langchain/core/runnables'
import * as graph from '@langchain/langgraph-checkpoint'
import type { SessionManager, SessionStore } from '@sess/core'
import { Threads, type Write } from './langgraph-threads.ts'
import { configOf, placeOf, toTuple } from './langgraph-tuple.ts'

export interface SessSaverOptions {
  /** Its `limits.contextBytes` bounds a thread: all checkpoints and writes lie in one context. */
  readonly sessions: SessionManager
  /** The manager's store: no call of the manager walks over sessions that belong to nobody. */
  readonly store: SessionStore
  readonly serde?: graph.SerializerProtocol
}

/** A LangGraph checkpointer on Sess: a session for each thread. */
export class SessSaver extends graph.BaseCheckpointSaver {
  readonly #threads: Threads

  constructor({ sessions, store, serde }: SessSaverOptions) {
    super(serde)
    this.#threads = new Threads(sessions, store)
  }

  override async getTuple(config: RunnableConfig): Promise<graph.CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '' } = config.configurable ?? {}
    if (thread_id === undefined) return undefined
    const saved = await this.#threads.saved(thread_id, checkpoint_ns, graph.getCheckpointId(config))
    return saved && toTuple(this, this.#threads, thread_id, saved)
  }

  override async *list(
    config: RunnableConfig,
    { limit = Number.POSITIVE_INFINITY, before, filter = {} }: graph.CheckpointListOptions = {},
  ): AsyncGenerator<graph.CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {}
    const below = before?.configurable?.checkpoint_id
    let left = limit
    if (left <= 0) return
    for await (const thread of thread_id === undefined ? this.#threads.walk() : [thread_id])
      for await (const saved of this.#threads.list(thread, checkpoint_ns, below)) {
        if (checkpoint_id && saved.id !== checkpoint_id) continue
        const tuple = await toTuple(this, this.#threads, thread, saved)
        const metadata = new Map<string, unknown>(Object.entries(tuple.metadata ?? {}))
        if (!Object.entries(filter).every(([key, value]) => metadata.get(key) === value)) continue
        yield tuple
        if (--left <= 0) return
      }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: graph.Checkpoint,
    metadata: graph.CheckpointMetadata,
    newVersions: graph.ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread, ns, id: parent } = placeOf('put', config)
    const { channel_values: values, ...rest } = graph.copyCheckpoint(checkpoint)
    const changed = Object.entries(newVersions).filter(([channel]) => Object.hasOwn(values, channel))
    const channels = changed.map(
      async ([channel, version]) => [channel, version, await this.serde.dumpsTyped(values[channel])] as const,
    )
    const saved = {
      ns,
      id: checkpoint.id,
      parent,
      checkpoint: await this.serde.dumpsTyped(rest),
      metadata: await this.serde.dumpsTyped(metadata),
    }
    await this.#threads.save(thread, saved, await Promise.all(channels))
    return configOf(thread, ns, checkpoint.id)
  }

  override async putWrites(
    config: RunnableConfig,
    writes: graph.PendingWrite[],
    taskId: string,
    taskPath = '',
  ): Promise<void> {
    const { thread, ns, id } = placeOf('putWrites', config)
    if (id === null) throw new Error('putWrites: the config has no "checkpoint_id"')
    const typed = writes.map(async ([channel, value], place): Promise<Write> => {
      const special = Object.hasOwn(graph.WRITES_IDX_MAP, channel) ? graph.WRITES_IDX_MAP[channel] : undefined
      return { taskId, taskPath, channel, idx: special ?? place, value: await this.serde.dumpsTyped(value) }
    })
    await this.#threads.saveWrites(thread, ns, id, await Promise.all(typed))
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.#threads.delete(threadId)
  }

  /** Unlike whole numbers, unique across forks: a channel's value is stored once, under its version. */
  override getNextVersion(current: number | undefined): number {
    return Math.floor(current ?? 0) + 1 + Math.random()
  }
}
