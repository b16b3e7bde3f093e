import { randomBytes } from 'node:crypto'
import type { Change, ContextEntry, Message, Session } from '@sess/core'
import { isCutOfAll, MAX_PAGE, type Verdict } from '@sess/core/store'
import { type SQL, sql } from 'drizzle-orm'
import type { Value } from './client.ts'
import type { Connection } from './connection.ts'
import { messageValues, toMessage } from './message-row.ts'
import type { SessionRecord } from './record.ts'
import { marks, NOW, rowsInto, sized, slicesOf, textOf } from './statements.ts'
import type { SessTables } from './tables.ts'
import { boundedPage } from './windows.ts'

/** How many rows one statement writes: a bound on how many texts there are. */
export const ROWS = 64
/** What one statement may carry, far below any server's `max_allowed_packet`; a larger row goes alone. */
const STATEMENT_BYTES = 1024 * 1024

/** What an append counts up. */
export type Counters = Pick<Session, 'version' | 'lastSeq' | 'messageCount'>

/** What a written commit took away. */
export interface Applied {
  readonly removed: readonly Message[]
  /** An incarnation whose messages are still to be deleted. */
  readonly garbage?: Buffer
}

/** Writes what the rules came to, inside a transaction that holds the session. */
export class Writer {
  readonly #insertSession: string
  readonly #insertMessages: (count: number) => string
  readonly #replaceMessages: (count: number) => string
  readonly #replaceEntries: (count: number) => string
  readonly #unset: (count: number) => string
  readonly #update: string
  readonly #advance: string
  readonly #updateMany: (count: number) => string
  readonly #updateAll: string
  readonly #removed: string
  readonly #cut: string
  readonly #drop: string
  readonly #renew: readonly [session: string, context: string, garbage: string]

  constructor(t: SessTables) {
    const { sessions: s, messages: m, context: c, garbage: g } = t
    this.#insertSession = rowsInto('INSERT', s)(1)
    this.#insertMessages = rowsInto('INSERT', m)
    this.#replaceMessages = rowsInto('REPLACE', m)
    this.#replaceEntries = rowsInto('REPLACE', c)
    this.#unset = sized(
      (count) => sql`DELETE FROM ${c} WHERE ${c.incarnation} = ? AND ${c.key} IN (${marks(count)})`,
    )
    const counters = sql`${s.updatedAt} = ?, ${s.expiresAt} = ?, ${s.version} = ?, ${s.lastSeq} = ?,
      ${s.messageCount} = ?, ${s.contextBytes} = ?`
    this.#update = textOf(sql`UPDATE ${s} SET ${counters} WHERE ${s.incarnation} = ?`)
    this.#advance = textOf(advance(t))
    this.#updateMany = sized((count) => updateMany(t, count))
    this.#updateAll =
      textOf(sql`UPDATE ${s} SET ${counters}, ${s.userId} = ?, ${s.metadata} = ?, ${s.ttlMs} = ?,
      ${s.sliding} = ?, ${s.maxMessages} = ?, ${s.overflow} = ?, ${s.isActive} = ? WHERE ${s.incarnation} = ?`)
    const between = sql`${m} WHERE ${m.incarnation} = ? AND ${m.seq} >= ? AND ${m.seq} <= ?`
    this.#removed = textOf(boundedPage(t, between, 'DESC', sql.raw(`LIMIT ${MAX_PAGE}`)))
    this.#cut = textOf(sql`DELETE FROM ${between}`)
    this.#drop = textOf(sql`DELETE FROM ${m} WHERE ${m.incarnation} = ? ORDER BY ${m.seq} LIMIT ?`)
    this.#renew = [
      textOf(sql`UPDATE ${s} SET ${s.incarnation} = ? WHERE ${s.incarnation} = ?`),
      textOf(sql`UPDATE ${c} SET ${c.incarnation} = ? WHERE ${c.incarnation} = ?`),
      rowsInto('INSERT', g)(1),
    ]
  }

  async create(
    connection: Connection,
    incarnation: Buffer,
    session: Session,
    contextBytes: number,
    messages: readonly Message[],
    context: readonly ContextEntry[],
  ): Promise<void> {
    const { id, userId, metadata, createdAt, ttlMs, sliding, maxMessages, overflow, isActive } = session
    const seldom = [incarnation, id, userId, JSON.stringify(metadata), createdAt, ttlMs, sliding]
    const settings = [maxMessages, overflow, isActive]
    await connection.write(this.#insertSession, [
      ...seldom,
      ...settings,
      ...countersOf(session, contextBytes),
    ])
    await this.append(
      connection,
      messages.map((message) => messageValues(incarnation, message)),
    )
    await this.#setEntries(connection, incarnation, context)
  }

  /** Writes rows of new messages, of one session or several. */
  append(connection: Connection, rows: readonly Value[][]): Promise<void> {
    return writeRows(connection, this.#insertMessages, rows)
  }

  /**
   * Writes the counters of a session to which messages were appended, where it still has the version that is known.
   * Answers the server's time, or nothing where it has not, or has expired.
   */
  async advance(
    connection: Connection,
    { session: before, incarnation }: SessionRecord,
    { version, lastSeq, messageCount }: Counters,
  ): Promise<number | undefined> {
    const values = [version, lastSeq, messageCount, incarnation, before.version]
    const { affectedRows, insertId } = await connection.change(this.#advance, values)
    return affectedRows === 1 ? insertId : undefined
  }

  /** Writes the counters of sessions to which messages were appended. */
  async count(connection: Connection, records: readonly SessionRecord[]): Promise<void> {
    const [first] = records
    if (first === undefined) return
    if (records.length === 1) {
      const { session, contextBytes, incarnation } = first
      await connection.write(this.#update, [...countersOf(session, contextBytes), incarnation])
      return
    }
    const counters = records.map(({ session }) => countersOf(session, 0).map(wholeText))
    const values: Value[] = []
    for (let column = 0; column < 5; column++)
      for (const [i, { incarnation }] of records.entries())
        values.push(incarnation, counters[i]?.[column] ?? null)
    for (const { incarnation } of records) values.push(incarnation)
    await connection.write(this.#updateMany(records.length), values)
  }

  /** Writes what a verdict that changes something says. */
  async apply(
    connection: Connection,
    record: SessionRecord,
    change: Change,
    { cut, amended, messages, dropped, unset, session, contextBytes }: Verdict,
  ): Promise<Applied> {
    const isRenewed = isCutOfAll(change) && (cut?.count ?? 0) > MAX_PAGE
    const incarnation = isRenewed ? await this.#renewed(connection, record.incarnation) : record.incarnation
    const removed = isRenewed || !cut?.count ? [] : await this.#take(connection, incarnation, change, cut)
    const rows = (list: readonly Message[]) => list.map((message) => messageValues(incarnation, message))
    await writeRows(connection, this.#replaceMessages, rows(amended))
    await this.append(connection, rows(messages))
    if (dropped > 0) await connection.write(this.#drop, [incarnation, String(dropped)])
    for (const keys of slicesOf(unset, ROWS))
      await connection.write(this.#unset(keys.length), [incarnation, ...keys])
    await this.#setEntries(connection, incarnation, change.set ?? [])
    const counters = countersOf(session, contextBytes)
    if (change.session === undefined) await connection.write(this.#update, [...counters, incarnation])
    else await connection.write(this.#updateAll, [...counters, ...settingsOf(session), incarnation])
    return { removed, ...(isRenewed && { garbage: record.incarnation }) }
  }

  /** Deletes what a cut takes, and answers it, oldest first; of a cut of all, nothing. */
  async #take(
    connection: Connection,
    incarnation: Buffer,
    change: Change,
    { from, to }: NonNullable<Verdict['cut']>,
  ): Promise<readonly Message[]> {
    const rows = isCutOfAll(change) ? [] : await connection.rows(this.#removed, [incarnation, from, to])
    await connection.write(this.#cut, [incarnation, from, to])
    return rows.map((row) => toMessage(row.slice(1))).sort((a, b) => a.seq - b.seq)
  }

  /** Gives a session another incarnation, to which its context goes and its messages do not. */
  async #renewed(connection: Connection, former: Buffer): Promise<Buffer> {
    const incarnation = newIncarnation()
    const [session, context, garbage] = this.#renew
    await connection.write(session, [incarnation, former])
    await connection.write(context, [incarnation, former])
    await connection.write(garbage, [former])
    return incarnation
  }

  #setEntries(connection: Connection, incarnation: Buffer, entries: readonly ContextEntry[]): Promise<void> {
    const rows = entries.map(([key, value]) => [incarnation, key, JSON.stringify(value)])
    return writeRows(connection, this.#replaceEntries, rows)
  }
}

export function newIncarnation(): Buffer {
  return randomBytes(16)
}

/** As text: among the branches of an expression a server takes a number for a floating one. */
function wholeText(value: Value): Value {
  return value === null ? null : String(value)
}

/** What changes with each commit. */
function countersOf(session: Session, contextBytes: number): Value[] {
  const { updatedAt, expiresAt, version, lastSeq, messageCount } = session
  return [updatedAt, expiresAt, version, lastSeq, messageCount, contextBytes]
}

function settingsOf({ userId, metadata, ttlMs, sliding, maxMessages, overflow, isActive }: Session): Value[] {
  return [userId, JSON.stringify(metadata), ttlMs, sliding, maxMessages, overflow, isActive]
}

/** The time goes by the server's clock, and comes back as what is otherwise the id of a new row. */
function advance({ sessions: s }: SessTables): SQL {
  return sql`UPDATE ${s} SET ${s.version} = ?, ${s.lastSeq} = ?, ${s.messageCount} = ?,
    ${s.expiresAt} = CASE WHEN ${s.sliding} = 1 AND ${s.ttlMs} IS NOT NULL
      THEN GREATEST(${s.expiresAt}, (${NOW}) + ${s.ttlMs}) ELSE ${s.expiresAt} END,
    ${s.updatedAt} = GREATEST(${s.updatedAt}, LAST_INSERT_ID(${NOW}))
    WHERE ${s.incarnation} = ? AND ${s.version} = ? AND (${s.expiresAt} IS NULL OR ${s.expiresAt} > ${NOW})`
}

/** Each counter of each session by its own value. */
function updateMany({ sessions: s }: SessTables, count: number): SQL {
  const when = sql.join(Array(count).fill(sql`WHEN ? THEN ?`), sql` `)
  const each = [s.updatedAt, s.expiresAt, s.version, s.lastSeq, s.messageCount].map(
    (column) => sql`${column} = CASE ${s.incarnation} ${when} END`,
  )
  return sql`UPDATE ${s} FORCE INDEX (PRIMARY) SET ${sql.join(each, sql`, `)}
    WHERE ${s.incarnation} IN (${marks(count)})`
}

/** As many rows in a statement as its bounds allow. */
async function writeRows(
  connection: Connection,
  text: (count: number) => string,
  rows: readonly Value[][],
): Promise<void> {
  let [values, count, bytes]: [Value[], number, number] = [[], 0, 0]
  for (const row of rows) {
    const size = mostBytesOf(row)
    if (count === ROWS || (count > 0 && bytes + size > STATEMENT_BYTES)) {
      await connection.write(text(count), values)
      ;[values, count, bytes] = [[], 0, 0]
    }
    for (const value of row) values.push(value)
    count++
    bytes += size
  }
  if (count > 0) await connection.write(text(count), values)
}

/** Three bytes for a UTF-16 unit, eight for what is no text. */
function mostBytesOf(row: readonly Value[]): number {
  let bytes = 0
  for (const value of row) bytes += typeof value === 'string' ? value.length * 3 : 8
  return bytes
}
