import { type Cluster, Command, type Redis } from 'ioredis'
import type { RedisClient } from './client.ts'

/**
 * EVALSHA whose arguments are flat already and whose first key alone says where they go: ioredis would flatten them, and
 * in a cluster look all keys up, with every call. Its RESP has few pieces, which the socket puts together again.
 */
class EvalSha extends Command {
  /** @param args hash, how many keys, the keys, and what follows them: kept, not copied */
  constructor(args: unknown[]) {
    super('evalsha', NONE, { replyEncoding: 'utf8' })
    for (let i = 0; i < args.length; i++) if (typeof args[i] !== 'string') args[i] = String(args[i])
    this.args = args as string[]
  }

  override toWritable(): string {
    let text = `*${this.args.length + 1}\r\n$7\r\nevalsha`
    for (const arg of this.args as string[]) {
      const bytes = Buffer.byteLength(arg)
      text += (HEADS[bytes] ?? headOf(bytes)) + arg
    }
    return `${text}\r\n`
  }

  /** For a cluster, which asks for the slot: the first key's hash tag, where it has one, gives the same as all of it. */
  override getKeys(): string[] {
    const key = this.args[2] as string
    const start = key.indexOf('{')
    return [start < 0 ? key : key.slice(start, key.indexOf('}', start) + 1)]
  }
}

const NONE: string[] = []

/** What stands between an argument of so many bytes and the one before it. */
const headOf = (bytes: number) => `\r\n$${bytes}\r\n`
const HEADS: readonly string[] = Array.from({ length: 1024 }, (_, bytes) => headOf(bytes))

/** A client of ours, which has neither a prefix of its own nor pipelines that it fills by itself. */
export function withLeanEvalSha(client: Redis | Cluster): RedisClient {
  const evalsha = (...args: unknown[]) => client.sendCommand(new EvalSha(args)) as Promise<unknown>
  return Object.assign(client as RedisClient, { evalsha })
}
