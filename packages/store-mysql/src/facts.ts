import type { Change, CommitOptions, Cut, Message } from '@sess/core'
import { type CutRange, isCutOfAll, MAX_PAGE, type SessionFacts } from '@sess/core/store'
import { sql } from 'drizzle-orm'
import type { Value } from './client.ts'
import type { Connection } from './connection.ts'
import { messageColumns, toMessage } from './message-row.ts'
import type { SessionRecord } from './record.ts'
import { marks, sized, slicesOf, textOf } from './statements.ts'
import type { SessTables } from './tables.ts'
import { prefixValues, underPrefix } from './windows.ts'

/** How many names one statement asks for. */
const NAMES = 100

/** Reads, while a session is held still, what the rules ask about a change of it. */
export class FactReader {
  readonly #messages: (count: number) => string
  readonly #entries: (count: number) => string
  readonly #under: string
  readonly #first: string
  readonly #last: string

  constructor(t: SessTables) {
    const { messages: m, context: c } = t
    this.#messages = sized(
      (count) =>
        sql`SELECT ${messageColumns(t)} FROM ${m} WHERE ${m.incarnation} = ? AND ${m.id} IN (${marks(count)})`,
    )
    const entry = sql`SELECT ${c.key}, OCTET_LENGTH(${c.key}) + OCTET_LENGTH(${c.value}) FROM ${c}
      WHERE ${c.incarnation} = ?`
    this.#entries = sized((count) => sql`${entry} AND ${c.key} IN (${marks(count)})`)
    this.#under = textOf(sql`${entry} AND ${underPrefix(t)}`)
    const seq = sql.identifier(m.seq.name)
    const ends = (direction: string) =>
      textOf(sql`SELECT COUNT(*), MIN(${seq}), MAX(${seq}) FROM (SELECT ${m.seq} FROM ${m}
        WHERE ${m.incarnation} = ? AND ${m.seq} > ? AND ${m.seq} < ?
        ORDER BY ${m.seq} ${sql.raw(direction)} LIMIT ?) places`)
    this.#first = ends('ASC')
    this.#last = ends('DESC')
  }

  async read(
    connection: Connection,
    record: SessionRecord,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<SessionFacts> {
    const { append = [], amend = [], set = [], unset = [] } = change
    const { absent = [], present = [] } = options?.if ?? {}
    const { incarnation, contextBytes } = record
    const ids = [...append, ...amend].map(({ id }) => id)
    const messages = await this.#messagesBy(connection, incarnation, ids)
    const named = [...set.map(([key]) => key), ...absent, ...present]
    const under = 'prefix' in unset ? unset.prefix : undefined
    if (!('prefix' in unset)) named.push(...unset)
    const sizes = await this.#sizesOf(connection, incarnation, named)
    const below = under === undefined ? new Map() : await this.#sizesUnder(connection, incarnation, under)
    const range = change.cut && (await this.#range(connection, record, change))
    return {
      contextBytes,
      message: (id) => messages.get(id),
      range: () => range as CutRange,
      entryBytes: (key) => sizes.get(key) ?? below.get(key) ?? 0,
      keysUnder: () => [...below.keys()],
    }
  }

  async #messagesBy(connection: Connection, incarnation: Buffer, ids: readonly string[]) {
    const found = new Map<string, Message>()
    for (const some of slicesOf([...new Set(ids)], NAMES))
      for (const row of await connection.rows(this.#messages(some.length), [incarnation, ...some])) {
        const message = toMessage(row)
        found.set(message.id, message)
      }
    return found
  }

  async #sizesOf(connection: Connection, incarnation: Buffer, keys: readonly string[]) {
    const sizes = new Map<string, number>()
    for (const some of slicesOf([...new Set(keys)], NAMES))
      for (const [key, size] of await connection.rows(this.#entries(some.length), [incarnation, ...some]))
        sizes.set(String(key), Number(size))
    return sizes
  }

  async #sizesUnder(connection: Connection, incarnation: Buffer, prefix: string) {
    const rows = await connection.rows(this.#under, [incarnation, ...prefixValues(prefix)])
    return new Map(rows.map(([key, size]) => [String(key), Number(size)]))
  }

  /** No more is counted than one commit may remove, and one. */
  async #range(connection: Connection, { incarnation, session }: SessionRecord, change: Change) {
    const cut = change.cut as Cut
    const end = Number.MAX_SAFE_INTEGER
    if (isCutOfAll(change)) return { from: 1, to: end, count: session.messageCount }
    const ends = async (text: string, after: number, before: number, limit: number) => {
      const values: Value[] = [incarnation, after, before, String(limit)]
      const [row = []] = await connection.rows(text, values)
      return row.map(Number) as [count: number, first: number, last: number]
    }
    if (cut.afterSeq !== undefined) {
      const [count] = await ends(this.#last, cut.afterSeq, end, MAX_PAGE + 1)
      return { from: cut.afterSeq + 1, to: end, count }
    }
    if (cut.beforeSeq !== undefined) {
      const [count] = await ends(this.#first, 0, cut.beforeSeq, MAX_PAGE + 1)
      return { from: 1, to: cut.beforeSeq - 1, count }
    }
    if (cut.newest !== undefined) {
      const [count, first] = await ends(this.#last, 0, end, cut.newest)
      return { from: count > 0 ? first : 1, to: end, count }
    }
    const [count, , last] = await ends(this.#first, 0, end, cut.oldest as number)
    return { from: 1, to: count > 0 ? last : 0, count }
  }
}
