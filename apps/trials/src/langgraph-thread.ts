import type { CheckpointPendingWrite, CheckpointTuple, WritesSortKey } from '@langchain/langgraph-checkpoint'
import * as graph from '@langchain/langgraph-checkpoint'
import type * as core from '@sess/core'
import { digest } from './lazy-session.ts'

// A thread as the context of a session: `c/` checkpoints, `v/` the values of their channels, each version stored
// once, `w/` pending writes. Digests, since namespaces, channels and tasks have names of any length and content.

export type Context = Readonly<Record<string, core.Json>>
export type Saved = [ns: string, id: string, parent: string | null, body: core.Json]
export type Write = [order: WritesSortKey, taskId: string, channel: string, value: core.Json]

export const checkpointKey = (ns: string, id: string) => `c/${digest(ns, id)}`
export const valueKey = (ns: string, channel: string, version: string | number) =>
  `v/${digest(ns, channel, version)}`
export const writesPrefix = (ns: string, id: string) => `w/${digest(ns, id)}/`

export function configOf(thread_id: string, checkpoint_ns: string, checkpoint_id: string) {
  return { configurable: { thread_id, checkpoint_ns, checkpoint_id } }
}

export function savedIn(context: Context): Saved[] {
  return under<Saved>(context, 'c/').sort(([, a], [, b]) => (a < b ? 1 : -1))
}

export async function toTuple(
  load: (value: core.Json) => Promise<unknown>,
  thread: string,
  context: Context,
  [ns, id, parent, body]: Saved,
): Promise<CheckpointTuple> {
  const pending = (of: string): Promise<CheckpointPendingWrite[]> => {
    const writes = under<Write>(context, writesPrefix(ns, of))
    writes.sort(([a], [b]) => graph.compareWritesSortKeys(a, b))
    return Promise.all(writes.map(async ([, task, channel, value]) => [task, channel, await load(value)]))
  }
  const { checkpoint, metadata } = (await load(body)) as Pick<CheckpointTuple, 'checkpoint' | 'metadata'>
  const values: [string, unknown][] = []
  for (const [channel, version] of Object.entries(checkpoint.channel_versions)) {
    const value = context[valueKey(ns, channel, version)]
    if (value !== undefined) values.push([channel, await load(value)])
  }
  checkpoint.channel_values = Object.fromEntries(values)
  if (checkpoint.v < 4 && parent !== null) {
    // Before format 4, what was sent to a checkpoint is found among its parent's writes.
    const sent = (await pending(parent)).filter(([, channel]) => channel === graph.TASKS)
    const versions = Object.values(checkpoint.channel_versions)
    checkpoint.channel_values[graph.TASKS] = sent.map(([, , value]) => value)
    checkpoint.channel_versions[graph.TASKS] = versions.length > 0 ? graph.maxChannelVersion(...versions) : 1
  }
  const parentConfig = parent !== null && { parentConfig: configOf(thread, ns, parent) }
  const tuple = {
    config: configOf(thread, ns, id),
    checkpoint,
    ...(metadata && { metadata }),
    ...parentConfig,
  }
  return { ...tuple, pendingWrites: await pending(id) }
}

function under<T>(context: Context, prefix: string): T[] {
  const keys = Object.keys(context).filter((key) => key.startsWith(prefix))
  return keys.map((key) => context[key] as unknown as T)
}
