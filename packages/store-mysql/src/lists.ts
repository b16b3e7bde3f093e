import { type ListQuery, type Page, SessError, type StoreStats } from '@sess/core'
import type { Call } from '@sess/core/store'
import { getTableName, sql } from 'drizzle-orm'
import type { Row } from './client.ts'
import type { Database } from './database.ts'
import { recordColumns, toRecord } from './record.ts'
import { NOW, textOf } from './statements.ts'
import type { SessTables } from './tables.ts'

/** Later than any time. */
const NEVER = 9_999_999_999_999

/** What is read of many sessions at once. */
export class Lists {
  readonly #database: Database
  readonly #user: string
  readonly #all: string
  readonly #count: string
  readonly #stats: string

  constructor(database: Database, t: SessTables) {
    this.#database = database
    const { sessions: s } = t
    const by = (index: string) => sql`FORCE INDEX (${sql.identifier(`${getTableName(s)}_${index}`)})`
    const isWanted = sql`(? OR ${s.expiresAt} IS NULL OR ${s.expiresAt} > ${NOW})`
    // In this form, and by this index, both servers read no more of it than a page.
    this.#user = textOf(sql`SELECT ${recordColumns(t)} FROM ${s} ${by('user')}
      WHERE ${s.userId} = ? AND ${s.updatedAt} <= ? AND (${s.updatedAt} < ? OR ${s.id} < ?) AND ${isWanted}
      ORDER BY ${s.updatedAt} DESC, ${s.id} DESC LIMIT ? OFFSET ?`)
    this.#all = textOf(sql`SELECT ${recordColumns(t)} FROM ${s} ${by('id')}
      WHERE ${s.id} > ? AND ${isWanted} ORDER BY ${s.id} LIMIT ? OFFSET ?`)
    this.#count = textOf(sql`SELECT COUNT(*) FROM ${s} ${by('user')}
      WHERE ${s.userId} = ? AND (${s.expiresAt} IS NULL OR ${s.expiresAt} > ${NOW})`)
    this.#stats = textOf(sql`SELECT COUNT(*), COUNT(CASE WHEN ${s.expiresAt} <= ${NOW} THEN 1 END),
      COALESCE(SUM(${s.messageCount}), 0), MIN(${s.createdAt}), MAX(${s.createdAt}) FROM ${s}`)
  }

  async list(call: Call, query: ListQuery): Promise<Page> {
    const { limit, offset = 0, includeExpired = false } = query
    const isOfUser = query.userId !== undefined
    const from = isOfUser ? placeOf(query.cursor) : [idOf(query.cursor)]
    const whose = isOfUser ? [query.userId] : []
    const rows = await this.#rows(call, isOfUser ? this.#user : this.#all, [
      ...whose,
      ...from,
      includeExpired,
      // One more, which tells whether there is another page.
      String(limit + 1),
      String(offset),
    ])
    const sessions = rows.slice(0, limit).map((row) => toRecord(row).session)
    const last = sessions.at(-1)
    if (last === undefined || rows.length <= limit) return { sessions, nextCursor: null }
    return { sessions, nextCursor: isOfUser ? `${last.updatedAt}:${last.id}` : `:${last.id}` }
  }

  async count(call: Call, userId: string): Promise<number> {
    const [row = []] = await this.#rows(call, this.#count, [userId])
    return Number(row[0])
  }

  async stats(call: Call): Promise<StoreStats> {
    const [row = []] = await this.#rows(call, this.#stats, [])
    const [sessions, expired, messages, oldest = null, newest = null] = row
    return {
      sessions: Number(sessions),
      expired: Number(expired),
      messages: Number(messages),
      evicted: 0,
      oldestCreatedAt: oldest === null ? null : Number(oldest),
      newestCreatedAt: newest === null ? null : Number(newest),
    }
  }

  #rows(call: Call, text: string, values: (string | number | boolean)[]): Promise<readonly Row[]> {
    return this.#database.read(call, (connection) => connection.rows(text, values))
  }
}

/** Where a user's list goes on: below this time, or at it below this id. */
function placeOf(cursor: string | undefined): readonly (string | number)[] {
  const match = /^(\d{1,13}):(.+)$/s.exec(cursor ?? `${NEVER}:-`)
  if (match === null) throw foreignCursor()
  const updatedAt = Number(match[1])
  return [updatedAt, updatedAt, match[2] as string]
}

/** After which id a walk goes on. */
function idOf(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  if (!cursor.startsWith(':') || !cursor.isWellFormed()) throw foreignCursor()
  return cursor.slice(1)
}

function foreignCursor(): SessError {
  return new SessError('INVALID_ARGUMENT', 'list: the cursor is not one of this store')
}
