import type { ContextEntry, Loaded, Message, Want } from '@sess/core'
import { compareUtf8 } from '@sess/core/store'
import { sql } from 'drizzle-orm'
import type { Row } from './client.ts'
import type { Connection } from './connection.ts'
import { parsed } from './json-text.ts'
import { isWithoutTexts, toMessage } from './message-row.ts'
import { recordColumns, type SessionRecord, toRecord } from './record.ts'
import { textOf } from './statements.ts'
import type { SessTables } from './tables.ts'
import { type Part, Windows } from './windows.ts'

/** Reads a session and what of it is wanted, in one statement: one consistent snapshot. */
export class Reader {
  readonly #windows: Windows
  readonly #record: string
  readonly #probe: string

  constructor(tables: SessTables) {
    const { sessions } = tables
    this.#windows = new Windows(tables)
    this.#record = textOf(
      sql`SELECT 0, ${recordColumns(tables)}, NULL FROM ${sessions} WHERE ${sessions.id} = ?`,
    )
    this.#probe = textOf(
      sql`SELECT ${recordColumns(tables)} FROM (SELECT 1) one LEFT JOIN ${sessions} ON ${sessions.id} = ?`,
    )
  }

  /** The record, if there is one, and the time in any case. */
  async probe(
    connection: Connection,
    id: string,
  ): Promise<{ readonly now: number; readonly record: SessionRecord | undefined }> {
    const [row = []] = await connection.rows(this.#probe, [id])
    return { now: Number(row.at(-1)), record: row[0] === null ? undefined : toRecord(row) }
  }

  /** The record, and what is answered once the call was let through to it. */
  async load(connection: Connection, id: string, want: Want = {}): Promise<Found | undefined> {
    const rows = await this.#rows(connection, id, want, false)
    const isFull = rows.some(([kind, ...row]) => Number(kind) === 1 && isWithoutTexts(row))
    // Read anew as a whole, since it is one snapshot or none.
    const all = isFull ? await this.#rows(connection, id, want, true) : rows
    const first = all.find(([kind]) => Number(kind) === 0)
    return first && found(toRecord(first.slice(1)), all, want)
  }

  #rows(connection: Connection, id: string, want: Want, isBounded: boolean): Promise<readonly Row[]> {
    const { messages, context, reserved } = want
    const parts: Part[] = [{ text: this.#record, values: [id] }]
    if (messages !== undefined && !isEmpty(messages.ids))
      parts.push(this.#windows.messages(id, messages, isBounded))
    if (context !== undefined && !(context !== true && isEmpty(context.keys)))
      parts.push(this.#windows.context(id, context))
    if (reserved !== undefined && !isEmpty(reserved)) parts.push(this.#windows.reserved(id, reserved))
    const values = parts.flatMap((part) => part.values)
    return connection.rows(united(parts), values)
  }
}

/** What {@link Reader.load} found. */
export interface Found extends SessionRecord {
  readonly loaded: Loaded
}

function found(record: SessionRecord, rows: readonly Row[], want: Want): Found {
  const messages: Message[] = []
  const context: ContextEntry[] = []
  const reserved: ContextEntry[] = []
  for (const [kind, ...row] of rows) {
    if (Number(kind) === 1) messages.push(toMessage(row))
    else if (Number(kind) > 1)
      (Number(kind) === 2 ? context : reserved).push([String(row[0]), parsed(row[4])])
  }
  const isReverse = want.context !== undefined && want.context !== true && want.context.reverse === true
  // A server may give the parts of one statement in any order.
  messages.sort((a, b) => a.seq - b.seq)
  context.sort(([a], [b]) => (isReverse ? compareUtf8(b, a) : compareUtf8(a, b)))
  reserved.sort(([a], [b]) => compareUtf8(a, b))
  const loaded: Loaded = {
    session: record.session,
    ...(want.messages !== undefined && { messages }),
    ...(want.context !== undefined && { context }),
    ...(want.reserved !== undefined && { reserved }),
  }
  return { ...record, loaded }
}

function united(parts: readonly Part[]): string {
  const [first] = parts
  return parts.length === 1 && first !== undefined
    ? first.text
    : parts.map(({ text }) => `(${text})`).join(' UNION ALL ')
}

function isEmpty(names: readonly string[] | undefined): boolean {
  return names !== undefined && names.length === 0
}
