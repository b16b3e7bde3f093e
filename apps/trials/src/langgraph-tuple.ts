import type { RunnableConfig } from '@langchain/core/runnables'
import * as graph from '@langchain/langgraph-checkpoint'
import type { Saved, Threads, Write } from './langgraph-threads.ts'

export async function toTuple(
  { serde, getNextVersion }: graph.BaseCheckpointSaver,
  threads: Threads,
  thread: string,
  { ns, id, parent, ...saved }: Saved,
): Promise<graph.CheckpointTuple> {
  const write = async ({ taskId, channel, value }: Write): Promise<graph.CheckpointPendingWrite> => [
    taskId,
    channel,
    await serde.loadsTyped(...value),
  ]
  const writesOf = async (to: string) => Promise.all((await threads.writes(thread, ns, to)).map(write))
  const checkpoint: graph.Checkpoint = await serde.loadsTyped(...saved.checkpoint)
  const channels = await threads.channels(thread, ns, Object.entries(checkpoint.channel_versions ?? {}))
  const values = channels.map(async ([channel, typed]) => [channel, await serde.loadsTyped(...typed)])
  checkpoint.channel_values = Object.fromEntries(await Promise.all(values))
  if (checkpoint.v < 4 && parent !== null)
    putBackSends(checkpoint, await writesOf(parent), getNextVersion(undefined))
  return {
    config: configOf(thread, ns, id),
    checkpoint,
    metadata: await serde.loadsTyped(...saved.metadata),
    pendingWrites: await writesOf(id),
    ...(parent !== null && { parentConfig: configOf(thread, ns, parent) }),
  }
}

export function configOf(thread: string, ns: string, id: string): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: ns, checkpoint_id: id } }
}

export function placeOf(operation: string, { configurable = {} }: RunnableConfig) {
  const { thread_id: thread, checkpoint_ns: ns = '', checkpoint_id: id } = configurable
  if (typeof thread !== 'string' || thread === '')
    throw new Error(
      `${operation}: the config has no "thread_id" in its "configurable", which names the thread`,
    )
  return { thread, ns, id: (id || null) as string | null }
}

/** Checkpoints before format 4 find what was sent to them among their parent's writes. */
function putBackSends(
  checkpoint: graph.Checkpoint,
  writes: graph.CheckpointPendingWrite[],
  first: number,
): void {
  const sent = writes.filter(([, channel]) => channel === graph.TASKS).map(([, , value]) => value)
  const versions = Object.values(checkpoint.channel_versions ?? {})
  const version = versions.length > 0 ? graph.maxChannelVersion(...versions) : first
  checkpoint.channel_values = { ...checkpoint.channel_values, [graph.TASKS]: sent }
  checkpoint.channel_versions = { ...checkpoint.channel_versions, [graph.TASKS]: version }
}
