import { type Column, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { MySqlDialect } from 'drizzle-orm/mysql-core'
import type { SessTables } from './tables.ts'

const dialect = new MySqlDialect()

/** A statement's text, made once. Each `?` in it is a value of its own. */
export function textOf(statement: SQL): string {
  return dialect.sqlToQuery(statement).sql
}

/** Texts of one statement for any number of values or rows, each made once. */
export function sized(build: (count: number) => SQL): (count: number) => string {
  const texts = new Map<number, string>()
  return (count) => {
    let text = texts.get(count)
    if (text === undefined) {
      text = textOf(build(count))
      texts.set(count, text)
    }
    return text
  }
}

/** `?, ?, ?` */
export function marks(count: number): SQL {
  return sql.raw(Array(count).fill('?').join(', '))
}

/** Milliseconds by the server's clock, whatever its time zone. */
export const NOW = sql.raw("TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000")

/** Columns by their bare names, as where values go in. */
function names(columns: readonly Column[]): SQL {
  return sql.join(
    columns.map((column) => sql.identifier(column.name)),
    sql`, `,
  )
}

/** `INSERT INTO`, or `REPLACE INTO`, of a number of rows. */
export function rowsInto(
  verb: 'INSERT' | 'REPLACE',
  table: SessTables[keyof SessTables],
): (count: number) => string {
  const columns = Object.values(getTableColumns(table)) as Column[]
  const row = sql`(${marks(columns.length)})`
  return sized(
    (count) =>
      sql`${sql.raw(verb)} INTO ${table} (${names(columns)}) VALUES ${sql.join(Array(count).fill(row), sql`, `)}`,
  )
}

/** In slices of at most so many. */
export function* slicesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
