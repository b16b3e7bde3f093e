import type { DeleteOptions } from '@sess/core'
import { admitDelete, type Call, isExpired } from '@sess/core/store'
import { getTableName, sql } from 'drizzle-orm'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import type { Locker } from './locker.ts'
import type { SessionRecord } from './record.ts'
import { marks, NOW, rowsInto, sized, textOf } from './statements.ts'
import type { SessTables } from './tables.ts'

/** How many sessions one transaction of a sweep takes. */
const BATCH = 100
/** How many rows one statement deletes, so that it holds no lock for long. */
const SLICE = 1000

/** Takes sessions away: their row first, in one step; messages and context follow in slices, and are named until then. */
export class Removal {
  readonly #database: Database
  readonly #locker: Locker
  readonly #deleteSessions: (count: number) => string
  readonly #nameGarbage: (count: number) => string
  readonly #forgetGarbage: (count: number) => string
  readonly #slices: readonly ((count: number) => string)[]
  readonly #due: string
  readonly #garbage: string

  constructor(database: Database, locker: Locker, t: SessTables) {
    this.#database = database
    this.#locker = locker
    const { sessions: s, garbage: g } = t
    this.#deleteSessions = sized((count) => sql`DELETE FROM ${s} WHERE ${s.incarnation} IN (${marks(count)})`)
    this.#nameGarbage = rowsInto('INSERT', g)
    this.#forgetGarbage = sized((count) => sql`DELETE FROM ${g} WHERE ${g.incarnation} IN (${marks(count)})`)
    this.#slices = [t.messages, t.context].map((table) =>
      sized(
        (count) =>
          sql`DELETE FROM ${table} WHERE ${table.incarnation} IN (${marks(count)}) LIMIT ${sql.raw(String(SLICE))}`,
      ),
    )
    const index = sql.identifier(`${getTableName(s)}_expiry`)
    this.#due = textOf(sql`SELECT ${s.id} FROM ${s} FORCE INDEX (${index})
      WHERE ${s.expiresAt} <= ${NOW} ORDER BY ${s.expiresAt} LIMIT ?`)
    this.#garbage = textOf(sql`SELECT ${g.incarnation} FROM ${g} LIMIT ${sql.raw(String(BATCH))}`)
  }

  /** Deletes the rows of sessions that the transaction holds; answers the incarnations that {@link clean} is for. */
  async take(connection: Connection, records: readonly SessionRecord[]): Promise<readonly Buffer[]> {
    if (records.length === 0) return []
    const all = records.map(({ incarnation }) => incarnation)
    await connection.write(this.#deleteSessions(all.length), all)
    const left = records
      .filter(({ session, contextBytes }) => session.messageCount > 0 || contextBytes > 0)
      .map(({ incarnation }) => incarnation)
    if (left.length > 0) await connection.write(this.#nameGarbage(left.length), left)
    return left
  }

  /** Deletes what is left of incarnations, within half of the call's time: what stays is named, and swept later. */
  async clean(call: Call, incarnations: readonly Buffer[]): Promise<void> {
    if (incarnations.length === 0) return
    const deadline = (performance.now() + call.deadline) / 2
    const brief: Call = { ...call, deadline, repeatable: true }
    try {
      for (const slice of this.#slices)
        for (let deleted = SLICE; deleted >= SLICE; ) {
          if (performance.now() > deadline) return
          deleted = await this.#alone(brief, slice(incarnations.length), incarnations)
        }
      await this.#alone(brief, this.#forgetGarbage(incarnations.length), incarnations)
    } catch {
      // The sessions are gone, which is what was asked for.
    }
  }

  async delete(call: Call, id: string, conditions: DeleteOptions['if']): Promise<boolean> {
    const garbage = await this.#database.transaction(call, async (connection) => {
      const record = await this.#locker.one(connection, id)
      // The delete whose answer was lost was this one.
      if (record === undefined && call.isRepeat) return []
      if (record === undefined || !admitDelete(record, conditions)) return undefined
      return this.take(connection, [record])
    })
    if (garbage !== undefined) await this.clean(call, garbage)
    return garbage !== undefined
  }

  /** Deletes expired sessions, and what a crash left of others. */
  async sweep(call: Call, limit: number): Promise<number> {
    let swept = 0
    while (swept < limit) {
      const due = await this.#database.read(call, (connection) =>
        connection.rows(this.#due, [String(Math.min(BATCH, limit - swept))]),
      )
      if (due.length === 0) break
      swept += await this.#sweep(
        call,
        due.map(([id]) => String(id)),
      )
    }
    const left = await this.#database.read(call, (connection) => connection.rows(this.#garbage, []))
    await this.clean(
      call,
      left.map(([incarnation]) => incarnation as Buffer),
    )
    return swept
  }

  /** Deletes of some sessions those that are still expired. */
  async #sweep(call: Call, ids: readonly string[]): Promise<number> {
    const [count, garbage] = await this.#database.transaction(call, async (connection) => {
      const records = [...(await this.#locker.many(connection, ids)).values()]
      const expired = records.filter(({ session, now }) => isExpired(session, now))
      return [expired.length, await this.take(connection, expired)] as const
    })
    await this.clean(call, garbage)
    return count
  }

  #alone(call: Call, text: string, incarnations: readonly Buffer[]): Promise<number> {
    return this.#database.write(call, (connection) => connection.write(text, [...incarnations]))
  }
}
