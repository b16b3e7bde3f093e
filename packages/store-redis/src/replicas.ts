import { type RedisClient, runScript } from './client.ts'
import { READ_RECORD } from './scripts/record.ts'
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
  const send = (command: 'evalsha' | 'eval', text: string) =>
    pipelineOf(client)
      [command](text, keys.length, ...keys, ...args)
      .wait(wanted, ms)
      .exec()
  let [ran, waited] = (await send('evalsha', script.sha)) ?? []
  if (ran?.[0]?.message.startsWith('NOSCRIPT')) [ran, waited] = (await send('eval', script.source)) ?? []
  const error = ran?.[0]
  if (error) {
    if (client.isCluster !== true || !/^(MOVED|ASK) /.test(error.message)) throw error
    // A pipeline does not go where it is sent. What reads by itself does, and the client learns the way.
    await runScript(client, READ_RECORD, keys.slice(0, 1), [])
    throw new Error(`TRYAGAIN ${error.message}`)
  }
  const reply = ran?.[1]
  const found = Number(waited?.[1] ?? 0)
  if (found < wanted && !isRefusal(script, reply)) throw new TooFewReplicas(found, wanted, waited?.[0])
  return reply
}

/** Whether nothing was written, by this attempt or one before it. A deletion that finds nothing may be the second one. */
function isRefusal({ name }: Script, reply: unknown): boolean {
  return name !== 'delete' && Array.isArray(reply) && !['K', 'R'].includes(reply[0])
}

function pipelineOf(client: RedisClient) {
  if (client.pipeline === undefined) throw new Error('the client has no pipelines')
  return client.pipeline()
}
