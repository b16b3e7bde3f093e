import {
  type ListQuery,
  type Page,
  SessError,
  type Session,
  SHARDS,
  type StoreStats,
  shardOf,
  shardOfSession,
} from '@sess/core'
import type { Call } from '@sess/core/store'
import type { Connection } from './connection.ts'
import { type Keys, tagOf } from './keys.ts'
import { toSession } from './record.ts'
import { AWAY_DROP, HOME_HEAL } from './scripts/away.ts'
import { DUE, STATS, USER_PAGE, WALK_PAGE } from './scripts/lists.ts'
import { READ_RECORD } from './scripts/record.ts'

// Lists read an index first and the records it names then. The second step may find that the world moved on.

/** A place in an index, and whose session lies there. */
interface Place {
  readonly id: string
  readonly cursor: string
}

/** An index entry without a session is one of a create that may still be under way, until it is this old. */
const DANGLING_MS = 60_000

export class Lists {
  readonly #connection: Connection
  readonly #keys: Keys
  /** How many shards one script may touch: their keys lie in different slots of a cluster. */
  readonly #together: number

  constructor(connection: Connection, keys: Keys) {
    this.#connection = connection
    this.#keys = keys
    this.#together = connection.isCluster ? 1 : 256
  }

  async list(call: Call, query: ListQuery): Promise<Page> {
    const { limit, includeExpired = false } = query
    let skip = query.offset ?? 0
    let { cursor } = query
    const sessions: Session[] = []
    for (;;) {
      const wanted = Math.min(limit - sessions.length + skip, 1000)
      const { now, places, isEnd } =
        query.userId === undefined
          ? await this.#walk(call, cursor, wanted)
          : await this.#userPage(call, query.userId, cursor, wanted)
      const found = await Promise.all(places.map(({ id }) => this.#record(call, id)))
      for (const [i, place] of places.entries()) {
        const session = found[i]
        cursor = place.cursor
        if (session === undefined || (query.userId !== undefined && session.userId !== query.userId)) {
          if (query.userId !== undefined) await this.#heal(call, query.userId, place, session === undefined)
          continue
        }
        if (!includeExpired && session.expiresAt !== null && now >= session.expiresAt) continue
        if (skip-- > 0) continue
        skip = 0
        sessions.push(session)
        if (sessions.length === limit && !(isEnd && i === places.length - 1))
          return { sessions, nextCursor: cursor }
      }
      if (isEnd || sessions.length === limit) return { sessions, nextCursor: null }
    }
  }

  /** Ids of expired sessions, up to a limit. */
  async due(call: Call, limit: number): Promise<readonly string[]> {
    const ids: string[] = []
    // From anywhere, so that many sweepers do not meet.
    const start = Math.floor(Math.random() * SHARDS)
    const ask = async (shards: readonly number[]) => {
      const keys = shards.map((shard) => this.#keys.shard(shard)[1])
      return (await this.#connection.run(call, DUE, keys, [limit])) as string[]
    }
    await this.#shards(start, SHARDS, SHARDS, ask, (found) => ids.push(...found) >= limit)
    return ids.slice(0, limit)
  }

  async stats(call: Call): Promise<StoreStats> {
    let [sessions, expired, messages] = [0, 0, 0]
    let oldestCreatedAt: number | null = null
    let newestCreatedAt: number | null = null
    const ask = async (shards: readonly number[]) => {
      const keys = shards.flatMap((shard) => this.#keys.shard(shard))
      return ((await this.#connection.run(call, STATS, keys, [])) as unknown[]).map(Number)
    }
    await this.#shards(0, SHARDS, SHARDS, ask, (counts) => {
      if (counts[0] === 0) return false
      const [all, due, count, oldest, newest] = counts as [number, number, number, number, number]
      sessions += all
      expired += due
      messages += count
      oldestCreatedAt = Math.min(oldest, oldestCreatedAt ?? oldest)
      newestCreatedAt = Math.max(newest, newestCreatedAt ?? newest)
      return false
    })
    return { sessions, expired, messages, evicted: 0, oldestCreatedAt, newestCreatedAt }
  }

  async #userPage(call: Call, userId: string, cursor: string | undefined, wanted: number) {
    const tag = tagOf(userId)
    if (cursor !== undefined && !/^\d{13}:./s.test(cursor)) throw foreignCursor()
    const [updated] = this.#keys.user(userId)
    const member = cursor === undefined ? '' : `${tag}:${cursor}`
    const [now, members] = (await this.#connection.run(
      call,
      USER_PAGE,
      [updated],
      [tag, member, 0, wanted + 1],
    )) as [string, string[]]
    const places = members
      .slice(0, wanted)
      .map((one) => ({ id: one.slice(tag.length + 15), cursor: one.slice(tag.length + 1) }))
    return { now: Number(now), places, isEnd: members.length <= wanted }
  }

  /** Shard by shard, each in the order of creation. */
  async #walk(call: Call, cursor: string | undefined, wanted: number) {
    const match = /^(\d{1,4}):(-?\d{1,16}):(.+)$/s.exec(cursor ?? '0:0:-')
    if (match === null || Number(match[1]) >= SHARDS) throw foreignCursor()
    const first = Number(match[1])
    const after = cursor === undefined ? ['', ''] : [match[2] as string, match[3] as string]
    let now = 0
    const places: Place[] = []
    const ask = async (shards: readonly number[]) => {
      const from = shards[0] === first ? after : ['', '']
      const keys = shards.map((shard) => this.#keys.shard(shard)[0])
      const reply = await this.#connection.run(call, WALK_PAGE, keys, [...from, wanted + 1])
      return { shards, reply: reply as [string, unknown[]] }
    }
    await this.#shards(first, SHARDS - first, 64, ask, ({ shards, reply: [time, page] }) => {
      now = Math.max(now, Number(time))
      for (let i = 0; i < page.length; i += 3)
        places.push({
          id: page[i + 1] as string,
          cursor: `${shards[Number(page[i]) - 1]}:${page[i + 2]}:${page[i + 1]}`,
        })
      return places.length > wanted
    })
    return { now, places: places.slice(0, wanted), isEnd: places.length <= wanted }
  }

  async #record(call: Call, id: string): Promise<Session | undefined> {
    const [record, , metadata] = this.#keys.read(id)
    const reply = await this.#connection.run(call, READ_RECORD, [record, metadata], [])
    const [packed, fields] = reply as [string | null, string[]]
    return packed === null ? undefined : toSession(id, packed, fields)
  }

  /** Takes out of a user's index what a crash left there. */
  async #heal(call: Call, userId: string, { id, cursor }: Place, isGone: boolean): Promise<void> {
    const tag = tagOf(userId)
    const [updated, expires, away] = this.#keys.user(userId)
    if (shardOf(userId) === shardOfSession(id)) {
      const [record] = this.#keys.read(id)
      if (isGone)
        await this.#connection.run(
          call,
          HOME_HEAL,
          [updated, expires, record, away],
          [tag, id, `${tag}:${cursor}`],
        )
    } else await this.#connection.run(call, AWAY_DROP, [updated, expires, away], [tag, id, '', DANGLING_MS])
  }

  /** Asks shards, `first` of them at once and then all others, until `take` has enough; what it has not taken by then is asked for again. */
  async #shards<T>(
    start: number,
    count: number,
    first: number,
    ask: (shards: readonly number[]) => Promise<T>,
    take: (found: T) => boolean,
  ): Promise<void> {
    for (let at = 0, wave = first; at < count; at += wave, wave = SHARDS) {
      const calls: Promise<T>[] = []
      for (let from = at; from < Math.min(at + wave, count); from += this.#together) {
        const size = Math.min(this.#together, at + wave - from, count - from)
        calls.push(ask(Array.from({ length: size }, (_, i) => (start + from + i) % SHARDS)))
      }
      for (const found of await Promise.all(calls)) if (take(found)) return
    }
  }
}

function foreignCursor(): SessError {
  return new SessError('INVALID_ARGUMENT', 'list: the cursor is not one of this store')
}
