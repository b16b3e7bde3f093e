import type { Script } from './scripts/script.ts'

/** What the store needs of a client: those of ioredis 5 and 6 have it, standalone and cluster. */
export interface RedisClient {
  readonly status: string
  readonly isCluster?: boolean
  readonly options?: object | undefined
  evalsha(...args: unknown[]): Promise<unknown>
  eval(...args: unknown[]): Promise<unknown>
  /** These three are needed with the option `waitReplicas` alone, the last two of a cluster. */
  pipeline?(): RedisPipeline
  readonly slots?: readonly (readonly string[])[]
  nodes?(): readonly RedisNode[]
  info(section: string): Promise<unknown>
  connect(): Promise<unknown>
  disconnect(): void
  on(event: string, listener: Listener): unknown
  off(event: string, listener: Listener): unknown
}

/** One node's connection in a cluster's client. */
export interface RedisNode {
  readonly status: string
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined }
  pipeline(): RedisPipeline
}

export interface RedisPipeline {
  evalsha(...args: unknown[]): RedisPipeline
  eval(...args: unknown[]): RedisPipeline
  wait(replicas: number, ms: number): RedisPipeline
  exec(): Promise<[error: Error | null, reply: unknown][] | null>
}

// biome-ignore lint/suspicious/noExplicitAny: what events bring differs, and the clients' own types say so with it.
type Listener = (...args: any[]) => void

/** Runs a script by its hash, and by its text where that node does not know it. */
export function runScript(
  client: RedisClient,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  return client.evalsha(sha, keys.length, ...keys, ...args).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return client.eval(source, keys.length, ...keys, ...args)
  })
}
