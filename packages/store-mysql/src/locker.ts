import { getTableName, type SQL, sql } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import { recordColumns, type SessionRecord, toRecord } from './record.ts'
import { marks, sized } from './statements.ts'
import type { SessTables } from './tables.ts'

/** Reads sessions and holds them until the transaction ends. */
export class Locker {
  readonly #lock: (count: number) => string
  readonly #lockFree: (count: number) => string

  constructor(t: SessTables) {
    this.#lock = sized((count) => lock(t, count))
    this.#lockFree = sized((count) => sql`${lock(t, count)} SKIP LOCKED`)
  }

  /** The session with an id, if there is one. */
  async one(connection: Connection, id: string): Promise<SessionRecord | undefined> {
    return (await this.many(connection, [id])).get(id)
  }

  /** Those of the ids that there are. */
  many(connection: Connection, ids: readonly string[]): Promise<Map<string, SessionRecord>> {
    return read(connection, this.#lock(ids.length), ids)
  }

  /** Those of the ids that there are and that nobody holds. */
  free(connection: Connection, ids: readonly string[]): Promise<Map<string, SessionRecord>> {
    return read(connection, this.#lockFree(ids.length), ids)
  }
}

/**
 * In the order of the index, so that no two transactions hold what the other waits for; a small table must not be
 * scanned, since that would lock others' rows.
 */
function lock(t: SessTables, count: number): SQL {
  const { sessions: s } = t
  return sql`SELECT ${recordColumns(t)} FROM ${s} FORCE INDEX (${sql.identifier(`${getTableName(s)}_id`)})
    WHERE ${s.id} IN (${marks(count)}) ORDER BY ${s.id} FOR UPDATE`
}

async function read(
  connection: Connection,
  text: string,
  ids: readonly string[],
): Promise<Map<string, SessionRecord>> {
  const rows = await connection.rows(text, [...ids])
  return new Map(rows.map(toRecord).map((record) => [record.session.id, record]))
}
