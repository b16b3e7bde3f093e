import { SessionManager } from '@sess/core'
import { orSkip, startRedis, startRedisCluster } from '@sess/servers'
import { createRedisStore, type RedisStoreOptions } from '@sess/store-redis'
import { Cluster, Redis } from 'ioredis'
import { APPEND } from '../../../../../packages/store-redis/src/scripts/append.ts'
import { inputs } from '../../inputs.ts'
import { Field } from '../../server/field.ts'
import type { Plan } from '../../suite.ts'
import { Recorder } from './recorder.ts'

/** What the measurements call on ioredis itself, standalone or cluster. */
export interface Bare {
  evalsha(...args: readonly (string | number)[]): Promise<unknown>
  lrange(key: string, from: number, to: number): Promise<string[]>
}

/** A server (or a Cluster), a manager on it and bare ioredis beside it, each on a connection of its own. */
export class Rig {
  readonly name: string
  readonly manager: SessionManager
  readonly bare: Bare
  /** A client of each node. */
  readonly nodes: readonly Redis[]
  readonly recorder: Recorder
  readonly #plan: Plan
  readonly #fields = new Map<string, Promise<Field>>()
  readonly #prefix: string
  readonly #address: RedisStoreOptions
  readonly #stop: () => Promise<void>

  constructor(
    name: string,
    plan: Plan,
    address: RedisStoreOptions,
    nodes: Redis[],
    stop: () => Promise<void>,
  ) {
    this.name = name
    this.#plan = plan
    this.#prefix = `bench-${process.pid}`
    this.#address = address
    this.manager = this.another()
    this.bare = (address.cluster
      ? new Cluster([...address.cluster.nodes])
      : new Redis(address.url ?? '')) as unknown as Bare
    this.nodes = nodes
    this.recorder = new Recorder(this.#prefix)
    this.#stop = stop
  }

  /** As the store would have loaded them by the first call that meets a node without. */
  async load(source: string): Promise<void> {
    for (const node of this.nodes) await node.script('LOAD', source)
  }

  /** Sessions of that length with messages of that size: the same ones whenever a name is asked for. */
  field(name: string, length: number, bytes: number): Promise<Field> {
    const key = `${name} ${length} ${bytes}`
    const known = this.#fields.get(key)
    if (known) return known
    const sessions = length >= this.#plan.large ? 4 : Math.min(40, this.#plan.calls / 40)
    const field = Field.create(this.manager, { sessions, length, input: inputs(bytes) })
    this.#fields.set(key, field)
    return field
  }

  /** A manager with connections of its own. */
  another(): SessionManager {
    return managerOn({ ...this.#address, keyPrefix: this.#prefix })
  }

  /** A manager like this one's, on a client of the measurement's. */
  managerOn(client: Redis): SessionManager {
    return managerOn({ client, keyPrefix: this.#prefix })
  }

  /** A key that is removed with everything else. */
  key(name: string): string {
    return `${this.#prefix}:${name}`
  }

  async stop(): Promise<void> {
    await this.manager.close()
    for (const node of this.nodes) await removeUnder(node, this.#prefix)
    for (const client of [this.bare as unknown as Redis, ...this.nodes]) client.disconnect()
    await this.#stop()
  }
}

/** Both kinds, or nothing (and loudly so) where one is not to be had. */
export async function openRigs(plan: Plan) {
  // Somebody's server is taken as it is, ours keeps nothing on disk.
  const own = process.env.SESS_REDIS_URL ? {} : { config: { appendonly: 'no' } }
  const server = await orSkip(() => startRedis(own))
  if (server === undefined) return undefined
  const group = await orSkip(() => startRedisCluster({ masters: 3, replicas: 0 }))
  if (group === undefined) return server.stop()
  const nodes = group.nodes.map(({ url }) => new Redis(url))
  for (const node of nodes) await node.config('SET', 'appendonly', 'no')
  const title = `${server.flavour} ${server.version}`
  const standalone = new Rig(title, plan, { url: server.url }, [new Redis(server.url)], () => server.stop())
  const cluster = new Rig(
    `${group.flavour} ${group.version} Cluster, 3 masters`,
    plan,
    { cluster: { nodes: group.addresses } },
    nodes,
    () => group.stop(),
  )
  for (const rig of [standalone, cluster]) await rig.load(APPEND.source)
  const stop = async () => {
    await standalone.stop()
    await cluster.stop()
  }
  return { standalone, cluster, stop }
}

function managerOn(options: RedisStoreOptions): SessionManager {
  return new SessionManager({ store: createRedisStore(options), maxMessages: null })
}

async function removeUnder(node: Redis, prefix: string): Promise<void> {
  for await (const keys of node.scanStream({ match: `${prefix}:*`, count: 1000 }))
    for (const key of keys as string[]) await node.unlink(key)
}
