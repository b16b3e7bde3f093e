import type { Writable } from 'node:stream'
import { type Cluster, Command, type Redis } from 'ioredis'
import type { RedisClient } from './client.ts'
import { gather } from './gather.ts'

/**
 * A command whose arguments are flat already, and of which one key says where it goes: ioredis would flatten them, and
 * in a cluster look all keys up, with every call. Its RESP has few pieces, which the socket puts together again.
 */
class LeanCommand extends Command {
  readonly #key: string

  /** @param args kept, not copied */
  constructor(name: string, key: string, args: unknown[]) {
    super(name, NONE, { replyEncoding: 'utf8' })
    for (let i = 0; i < args.length; i++) if (typeof args[i] !== 'string') args[i] = String(args[i])
    this.args = args as string[]
    this.#key = key
  }

  /** @param socket that the text goes to at once */
  override toWritable(socket: object): string {
    gather(socket as Writable)
    let text = `*${this.args.length + 1}\r\n$${this.name.length}\r\n${this.name}`
    for (const arg of this.args as string[]) {
      const bytes = Buffer.byteLength(arg)
      text += (HEADS[bytes] ?? headOf(bytes)) + arg
    }
    return `${text}\r\n`
  }

  /** For a cluster, which asks for the slot: the hash tag, where the key has one, gives the same as all of it. */
  override getKeys(): string[] {
    const start = this.#key.indexOf('{')
    return [start < 0 ? this.#key : this.#key.slice(start, this.#key.indexOf('}', start) + 1)]
  }
}

const NONE: string[] = []

/** What stands between an argument of so many bytes and the one before it. */
const headOf = (bytes: number) => `\r\n$${bytes}\r\n`
const HEADS: readonly string[] = Array.from({ length: 1024 }, (_, bytes) => headOf(bytes))

/** A client of ours, which has neither a prefix of its own nor pipelines that it fills by itself. */
export type OwnClient = RedisClient & {
  lrange(key: string, from: number, to: number): Promise<string[]>
}

export function withLeanCommands(client: Redis | Cluster): OwnClient {
  const send = (name: string, key: string, args: unknown[]) =>
    client.sendCommand(new LeanCommand(name, key, args)) as Promise<unknown>
  return Object.assign(client as RedisClient, {
    evalsha: (...args: unknown[]) => send('evalsha', args[2] as string, args),
    lrange: (key: string, from: number, to: number) =>
      send('lrange', key, [key, from, to]) as Promise<string[]>,
  })
}
