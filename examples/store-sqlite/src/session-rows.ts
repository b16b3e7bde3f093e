import type {
  Change,
  ContextEntry,
  ContextPage,
  ContextWindow,
  Cut,
  Json,
  Loaded,
  Message,
  MessageWindow,
  Session,
  Want,
} from '@sess/core'
import {
  type CutRange,
  compareUtf8,
  entryBytes,
  isCutOfAll,
  jsonBytes,
  MAX_PAGE,
  PAGE_BYTES,
  RESERVED_PREFIX,
  type SessionFacts,
  type Verdict,
} from '@sess/core/store'
import type { Row, SqliteFile, Value } from './database.ts'

const END = Number.MAX_SAFE_INTEGER

/** The rows of one session, within a transaction: the facts that the rules ask for, and what a verdict says to write. */
export class SessionRows implements SessionFacts {
  readonly session: Session
  readonly contextBytes: number
  readonly #file: SqliteFile
  readonly #key: number

  /** @param row `key, context_bytes, record` */
  constructor(file: SqliteFile, [key, contextBytes, record]: Row) {
    this.#file = file
    this.#key = Number(key)
    this.contextBytes = Number(contextBytes)
    this.session = JSON.parse(String(record))
  }

  static find(file: SqliteFile, id: string): SessionRows | undefined {
    const [row] = file.rows('SELECT key, context_bytes, record FROM sessions WHERE id = ?', id)
    return row && new SessionRows(file, row)
  }

  static insert(file: SqliteFile, session: Session): SessionRows {
    const { id, userId, updatedAt, expiresAt } = session
    const record = JSON.stringify(session)
    const [row] = file.rows(
      `INSERT INTO sessions (id, user_id, updated_at, expires_at, context_bytes, record)
        VALUES (?, ?, ?, ?, 0, ?) RETURNING key, context_bytes, record`,
      ...[id, userId, updatedAt, expiresAt, record],
    )
    return new SessionRows(file, row ?? [])
  }

  message(id: string): Message | undefined {
    const [row] = this.#rows('SELECT message FROM messages WHERE session = ? AND id = ?', id)
    return row && JSON.parse(String(row[0]))
  }

  range(cut: Cut): CutRange {
    const { messageCount } = this.session
    if (cut.afterSeq === 0) return { from: 1, to: END, count: messageCount }
    if (cut.afterSeq !== undefined)
      return this.#ends(cut.afterSeq, END, 'DESC', MAX_PAGE + 1, cut.afterSeq + 1, END)
    if (cut.beforeSeq !== undefined)
      return this.#ends(0, cut.beforeSeq, 'ASC', MAX_PAGE + 1, 1, cut.beforeSeq - 1)
    if (cut.newest !== undefined) return this.#ends(0, END, 'DESC', cut.newest, undefined, END)
    return this.#ends(0, END, 'ASC', cut.oldest ?? 0, 1, undefined)
  }

  entryBytes(key: string): number {
    const [row] = this.#rows('SELECT bytes FROM context WHERE session = ? AND key = ?', bytesOf(key))
    return Number(row?.[0] ?? 0)
  }

  keysUnder(prefix: string): readonly string[] {
    return this.#entries({ prefix, limit: -1, keysOnly: true }).map(([key]) => key)
  }

  load({ messages, context, reserved }: Want = {}): Loaded {
    return {
      session: this.session,
      ...(messages !== undefined && { messages: this.#messages(messages) }),
      ...(context !== undefined && { context: this.#context(context) }),
      ...(reserved !== undefined && { reserved: this.#context({ keys: reserved }) }),
    }
  }

  /** Writes what a verdict says; answers what the cut took. */
  apply(change: Change, verdict: Verdict): readonly Message[] {
    const { cut, dropped } = verdict
    const isWhole = isCutOfAll(change)
    const removed = cut === undefined || isWhole ? [] : this.#between(cut)
    if (cut !== undefined)
      this.#run('DELETE FROM messages WHERE session = ? AND seq BETWEEN ? AND ?', cut.from, cut.to)
    for (const message of [...verdict.amended, ...verdict.messages]) this.put(message)
    if (dropped > 0)
      this.#run(`DELETE FROM messages WHERE session = ? AND seq <= ${OLDEST}`, this.#key, dropped - 1)
    for (const key of verdict.unset)
      this.#run('DELETE FROM context WHERE session = ? AND key = ?', bytesOf(key))
    for (const entry of change.set ?? []) this.set(entry)
    this.write(verdict.session, verdict.contextBytes)
    return removed
  }

  put(message: Message): void {
    const text = JSON.stringify(message)
    const bytes = jsonBytes(message.content) + jsonBytes(message.metadata)
    const sql = 'INSERT OR REPLACE INTO messages (session, seq, id, bytes, message) VALUES (?, ?, ?, ?, ?)'
    this.#run(sql, message.seq, message.id, bytes, text)
  }

  set([key, value]: ContextEntry): void {
    const sql = 'INSERT OR REPLACE INTO context (session, key, bytes, value) VALUES (?, ?, ?, ?)'
    this.#run(sql, bytesOf(key), entryBytes(key, value), JSON.stringify(value))
  }

  write(session: Session, contextBytes: number): void {
    const { userId, updatedAt, expiresAt } = session
    this.#file.run(
      'UPDATE sessions SET user_id = ?, updated_at = ?, expires_at = ?, context_bytes = ?, record = ? WHERE key = ?',
      ...[userId, updatedAt, expiresAt, contextBytes, JSON.stringify(session), this.#key],
    )
  }

  delete(): void {
    this.#file.run('DELETE FROM sessions WHERE key = ?', this.#key)
  }

  /** Counts no more than one commit may remove, and one. */
  #ends(after: number, before: number, order: string, limit: number, from?: number, to?: number): CutRange {
    const [row = []] = this.#rows(
      `SELECT COUNT(*), MIN(seq), MAX(seq) FROM (SELECT seq FROM messages
        WHERE session = ? AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?)`,
      ...[after, before, limit],
    )
    const [count, first, last] = row.map(Number)
    return { from: from ?? (first || 1), to: to ?? last ?? 0, count: count ?? 0 }
  }

  #between({ from, to }: CutRange): Message[] {
    return this.#parsed(
      'SELECT message FROM messages WHERE session = ? AND seq BETWEEN ? AND ? ORDER BY seq',
      from,
      to,
    )
  }

  #messages(window: MessageWindow): Message[] {
    if (window.ids !== undefined) {
      const found = [...new Set(window.ids)].map((id) => this.message(id)).filter((one) => one !== undefined)
      return fitting(
        found.sort((a, b) => a.seq - b.seq),
        (one) => jsonBytes(one.content) + jsonBytes(one.metadata),
      )
    }
    const { afterSeq, beforeSeq = END, offset = 0, last, limit = last ?? 0 } = window
    const isNewest = window.last !== undefined || window.beforeSeq !== undefined
    const places = this.#rows(
      `SELECT seq, bytes FROM messages WHERE session = ? AND seq > ? AND seq < ?
        ORDER BY seq ${isNewest ? 'DESC' : 'ASC'} LIMIT ? OFFSET ?`,
      ...[afterSeq ?? 0, beforeSeq, limit, offset],
    )
    const seqs = fitting(places, ([, bytes]) => Number(bytes)).map(([seq]) => Number(seq))
    const [first, end] = [seqs[0], seqs.at(-1)]
    if (first === undefined || end === undefined) return []
    return this.#between({ from: Math.min(first, end), to: Math.max(first, end), count: seqs.length })
  }

  #context(window: ContextWindow): ContextEntry[] {
    if (window === true)
      return this.#rows('SELECT key, value FROM context WHERE session = ? ORDER BY key').map(toEntry)
    if (window.keys === undefined) {
      const page = this.#entries(window)
      return fitting(page, ([key, value]) => entryBytes(key, value))
    }
    return [...new Set(window.keys)].sort(compareUtf8).flatMap((key) => {
      const [row] = this.#rows('SELECT value FROM context WHERE session = ? AND key = ?', bytesOf(key))
      return row === undefined ? [] : [[key, JSON.parse(String(row[0])) as Json] as const]
    })
  }

  /** Keys by their bytes; reserved ones only where the prefix is reserved itself. */
  #entries({ prefix, after, limit, reverse = false, keysOnly = false }: ContextPage): ContextEntry[] {
    const end = Buffer.from([0xff])
    const from = after ?? ''
    const rows = this.#rows(
      `SELECT key, ${keysOnly ? "'null'" : 'value'} FROM context WHERE session = ? AND key >= ? AND key < ?
        AND ${reverse ? 'key < ?' : 'key > ?'} AND (? OR key < ? OR key >= ?)
        ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ?`,
      ...[bytesOf(prefix), Buffer.concat([bytesOf(prefix), end])],
      ...[reverse && after === undefined ? end : bytesOf(from)],
      ...[prefix.startsWith(RESERVED_PREFIX) ? 1 : 0, bytesOf(RESERVED_PREFIX)],
      ...[Buffer.concat([bytesOf(RESERVED_PREFIX), end]), limit],
    )
    return rows.map(toEntry)
  }

  #parsed(sql: string, ...values: Value[]): Message[] {
    return this.#rows(sql, ...values).map(([message]) => JSON.parse(String(message)))
  }

  #rows(sql: string, ...values: Value[]): readonly Row[] {
    return this.#file.rows(sql, this.#key, ...values)
  }

  #run(sql: string, ...values: Value[]): void {
    this.#file.run(sql, this.#key, ...values)
  }
}

/** The seq of the oldest message but so many. */
const OLDEST = '(SELECT seq FROM messages WHERE session = ? ORDER BY seq LIMIT 1 OFFSET ?)'

function toEntry([key, value]: Row): ContextEntry {
  return [Buffer.from(key as Uint8Array).toString(), JSON.parse(String(value))]
}

function bytesOf(key: string): Buffer {
  return Buffer.from(key)
}

/** As many of the first as a page has bytes for, one at least. */
function fitting<T>(items: readonly T[], bytes: (item: T) => number): T[] {
  let sum = 0
  return items.filter((item, place) => {
    sum += bytes(item)
    return place === 0 || sum <= PAGE_BYTES
  })
}
