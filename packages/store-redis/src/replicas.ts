import { Command } from 'ioredis'
import { type RedisClient, type RedisNode, type RedisPipeline, runScript } from './client.ts'
import { EXISTS } from './scripts/record.ts'
import type { Script } from './scripts/script.ts'

/** A write that fewer replicas have than were asked for. */
export class TooFewReplicas extends Error {
  constructor(found: number, wanted: number, cause?: unknown) {
    super(`${found} of ${wanted} replicas have it`, { cause })
    this.name = 'TooFewReplicas'
  }
}

/** How many replicas, and how long a server waits for them in ms: what other calls send meanwhile waits behind it. */
export interface Replication {
  readonly wanted: number
  readonly ms: number
}

/** Runs a script that writes, and waits until so many replicas have what it wrote: in one trip, over one connection. */
export async function runReplicated(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
  { wanted, ms }: Replication,
): Promise<unknown> {
  const [record = ''] = keys
  const node = client.isCluster === true ? await nodeOf(client, record) : client
  const send = (command: 'evalsha' | 'eval', text: string) =>
    pipelineOf(node)
      [command](text, keys.length, ...keys, ...args)
      .wait(wanted, ms)
      .exec()
  let [ran, waited] = (await send('evalsha', script.sha)) ?? []
  if (ran?.[0]?.message.startsWith('NOSCRIPT')) [ran, waited] = (await send('eval', script.source)) ?? []
  const error = ran?.[0]
  if (error) {
    if (client.isCluster !== true || !/^(MOVED|ASK) /.test(error.message)) throw error
    await learnTheWay(client, record)
    throw new Error(`TRYAGAIN ${error.message}`)
  }
  const reply = ran?.[1]
  const found = Number(waited?.[1] ?? 0)
  if (found < wanted && !isRefusal(script, reply)) throw new TooFewReplicas(found, wanted, waited?.[0])
  return reply
}

/**
 * The node that has a key. A cluster's own pipeline looks for a node once for each command: where it has no connection
 * to the right one, some may be refused and others go to another node, unsent but waited for, and from then on each
 * answer of that connection goes to another call than asked for it (ioredis 5.11 and 6.0 with `enableOfflineQueue:
 * false`).
 */
async function nodeOf(client: RedisClient, key: string): Promise<RedisNode> {
  const slot = slotOf(key)
  const find = () => {
    const address = client.slots?.[slot]?.[0]
    const node = client.nodes?.().find(({ options }) => `${options.host}:${options.port}` === address)
    return node !== undefined && ['ready', 'wait'].includes(node.status) ? node : undefined
  }
  const known = find()
  if (known !== undefined) return known
  await learnTheWay(client, key)
  const found = find()
  if (found === undefined) throw new Error(UNREACHED)
  return found
}

const UNREACHED = "Cluster isn't ready: no connection to the node"

/** A pipeline does not go where it is sent. What reads by itself does, and the client learns the way. */
async function learnTheWay(client: RedisClient, key: string): Promise<void> {
  try {
    await runScript(client, EXISTS, [key], [])
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ReplyError') throw cause
    // Nothing was written, whatever became of this.
    throw new Error(UNREACHED, { cause })
  }
}

function slotOf(key: string): number {
  return Number(new Command('get', [key]).getSlot())
}

/** Whether nothing was written, by this attempt or one before it. A deletion that finds nothing may be the second one. */
function isRefusal({ name }: Script, reply: unknown): boolean {
  return name !== 'delete' && Array.isArray(reply) && !['K', 'R'].includes(reply[0])
}

function pipelineOf(connection: RedisClient | RedisNode): RedisPipeline {
  if (connection.pipeline === undefined) throw new Error('the client has no pipelines')
  return connection.pipeline()
}
