import { createHash } from 'node:crypto'
import { shardOf, shardOfSession } from '@sess/core'

// All keys of a shard carry its number as their hash tag, so that a script may touch them together in a cluster.
// No user's text is in a tag.

/** The keys of a session alone. */
type OwnKeys = readonly [
  record: string,
  messages: string,
  metadata: string,
  context: string,
  contextKeys: string,
]

/** The keys of a session and of its shard, in the order in which scripts take them. */
export type SessionKeys = readonly [
  ...OwnKeys,
  all: string,
  due: string,
  counter: string,
  updated: string,
  expires: string,
]

export class Keys {
  readonly #prefix: string
  /** What the keys of a shard begin with, made once. */
  readonly #shards: string[] = []

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** Says which schema the data has, where it is not the first. */
  get schema(): string {
    return `${this.#prefix}:schema`
  }

  session(id: string): SessionKeys {
    const shard = this.#shard(shardOfSession(id))
    return [...ownKeys(shard, id), `${shard}:all`, `${shard}:due`, `${shard}:n`, `${shard}:u`, `${shard}:e`]
  }

  /** What `append` takes: the last six where the session's end moves with it. */
  append(id: string, slides: boolean): readonly string[] {
    if (slides) {
      const [record, messages, metadata, context, contextKeys, all, due, counter, updated, expires] =
        this.session(id)
      return [record, messages, counter, updated, all, due, expires, metadata, context, contextKeys]
    }
    const shard = this.#shard(shardOfSession(id))
    return [`${shard}:r:${id}`, `${shard}:l:${id}`, `${shard}:n`, `${shard}:u`]
  }

  /** The list of a session's messages. */
  messages(id: string): string {
    return `${this.#shard(shardOfSession(id))}:l:${id}`
  }

  /** What `load` reads. */
  read(id: string): OwnKeys {
    return ownKeys(this.#shard(shardOfSession(id)), id)
  }

  /** Of a shard: all, due, counter. */
  shard(shard: number): readonly [all: string, due: string, counter: string] {
    const tag = this.#shard(shard)
    return [`${tag}:all`, `${tag}:due`, `${tag}:n`]
  }

  /** Of a user: updated, expires, away. */
  user(userId: string): readonly [updated: string, expires: string, away: string] {
    const tag = this.#shard(shardOf(userId))
    return [`${tag}:u`, `${tag}:e`, `${tag}:a`]
  }

  #shard(shard: number): string {
    const known = this.#shards[shard]
    if (known !== undefined) return known
    const made = `${this.#prefix}:{${shard.toString(16).padStart(3, '0')}}`
    this.#shards[shard] = made
    return made
  }
}

function ownKeys(shard: string, id: string): OwnKeys {
  return [`${shard}:r:${id}`, `${shard}:l:${id}`, `${shard}:m:${id}`, `${shard}:c:${id}`, `${shard}:k:${id}`]
}

/** What stands for a user in index members: 16 characters, whatever the id is. */
export function tagOf(userId: string): string {
  return createHash('sha256').update(userId).digest('hex').slice(0, 16)
}

/** Where the index of a user's session lies: `1` in the session's shard, `0` in the user's own, `-` nowhere. */
export function homeOf(id: string, userId: string | null): '1' | '0' | '-' {
  if (userId === null) return '-'
  return shardOf(userId) === shardOfSession(id) ? '1' : '0'
}
