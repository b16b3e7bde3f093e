import { SessError } from '@sess/core'
import type { Call } from '@sess/core/store'
import { getTableName, sql } from 'drizzle-orm'
import { getTableConfig, type MySqlColumn } from 'drizzle-orm/mysql-core'
import type { Database } from './database.ts'
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.ts'
import { marks, textOf } from './statements.ts'
import type { SessTables } from './tables.ts'

/** `auto` makes and migrates the tables, `check` refuses those that are not as they should be, `off` does not look. */
export type Migrate = 'auto' | 'check' | 'off'

/** Makes the tables ready, or sees whether they are. */
export class Schema {
  readonly #database: Database
  readonly #tables: SessTables
  readonly #prefix: string

  constructor(database: Database, tables: SessTables, prefix: string) {
    this.#database = database
    this.#tables = tables
    this.#prefix = prefix
  }

  /** Answers the versions that it applied. @throws `CONFIG_INVALID`, and `CORRUPT_DATA` where a newer release wrote */
  async ready(call: Call, migrate: Migrate): Promise<readonly number[]> {
    if (migrate === 'off') return []
    const version = await this.#version(call)
    if (version > SCHEMA_VERSION) throw newer(call.operation)
    const missing = MIGRATIONS.filter((migration) => migration.version > version)
    if (migrate === 'auto') for (const migration of missing) await this.#apply(call, migration)
    await this.#verify(call)
    return migrate === 'auto' ? missing.map((migration) => migration.version) : []
  }

  /** 0 where no table was made by this store: there may be such as `drizzle-kit` made. */
  async #version(call: Call): Promise<number> {
    const { schema } = this.#tables
    const rows = await this.#ask(
      call,
      textOf(sql`SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`),
      [getTableName(schema)],
    )
    if (rows.length === 0) return 0
    const [row] = await this.#ask(call, textOf(sql`SELECT MAX(${schema.version}) FROM ${schema}`), [])
    return Number(row?.[0] ?? 0)
  }

  async #apply(call: Call, { version, statements }: (typeof MIGRATIONS)[number]): Promise<void> {
    const { schema } = this.#tables
    const note = textOf(sql`REPLACE INTO ${schema} (${sql.identifier(schema.version.name)}) VALUES (?)`)
    for (const statement of statements(this.#prefix))
      await this.#database.write(call, (connection) => connection.plain(statement))
    await this.#database.write(call, (connection) => connection.write(note, [version]))
  }

  /** Compares columns and unique keys with what is there, and lets others be there too. */
  async #verify(call: Call): Promise<void> {
    const tables = Object.values(this.#tables)
    const names = tables.map((table) => getTableName(table))
    const mine = sql`TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (${marks(names.length)})`
    const columns = await this.#ask(
      call,
      textOf(sql`SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE
        FROM information_schema.COLUMNS WHERE ${mine}`),
      names,
    )
    const keys = await this.#ask(
      call,
      textOf(sql`SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, NON_UNIQUE FROM information_schema.STATISTICS
        WHERE ${mine} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`),
      names,
    )
    const engines = await this.#ask(
      call,
      textOf(sql`SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE ${mine}`),
      names,
    )
    const have = [
      ...columns.map(columnText),
      ...engines.map(([table, engine]) => `${table} ENGINE=${engine}`),
      ...keyTexts(keys),
    ]
    const lacking = tables.flatMap(wanted).filter((text) => !have.includes(text))
    if (lacking.length === 0) return
    const first = lacking.slice(0, 3).join('; ')
    throw new SessError(
      'CONFIG_INVALID',
      `${call.operation}: the tables are not as this store needs them: ${first}${lacking.length > 3 ? '; …' : ''}`,
    )
  }

  async #ask(call: Call, text: string, values: string[]): Promise<readonly (string | null)[][]> {
    const rows = await this.#database.read(call, (connection) => connection.rows(text, values))
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
  }
}

type Table = SessTables[keyof SessTables]

/** What must be there of a table, each as a text. */
function wanted(table: Table): string[] {
  const { name, columns, indexes, primaryKeys } = getTableConfig(table)
  const key = (index: string, of: readonly { readonly name?: string }[], isUnique = true) =>
    `${name} ${isUnique ? 'unique ' : ''}${index} (${of.map((column) => column.name).join(', ')})`
  const [primary] = primaryKeys
  const own = columns.filter((column) => column.primary)
  return [
    `${name} ENGINE=InnoDB`,
    ...columns.map((column) => wantedColumn(name, column)),
    key('PRIMARY', primary?.columns ?? own),
    ...indexes.map(({ config }) => key(config.name, config.columns as { name: string }[], config.unique)),
  ]
}

function wantedColumn(table: string, column: MySqlColumn): string {
  const type = column.getSQLType().replace(' CHARACTER SET', '').replace(' COLLATE', '')
  return `${table}.${column.name} ${type}${column.notNull || column.primary ? ' NOT NULL' : ''}`
}

function columnText([table, column, type, charset, collation, nullable]: readonly (string | null)[]): string {
  // Older servers tell how wide a number is shown.
  const plain = type?.replace(/^((?:big|tiny)int)\(\d+\)$/, '$1')
  const text = charset === null ? '' : ` ${charset} ${collation}`
  return `${table}.${column} ${plain}${text}${nullable === 'NO' ? ' NOT NULL' : ''}`
}

function keyTexts(rows: readonly (readonly (string | null)[])[]): string[] {
  const keys = new Map<string, string[]>()
  for (const [table, index, column, repeats] of rows) {
    const key = `${table} ${repeats === '0' ? 'unique ' : ''}${index}`
    keys.set(key, [...(keys.get(key) ?? []), String(column)])
  }
  return [...keys].map(([key, columns]) => `${key} (${columns.join(', ')})`)
}

function newer(operation: string): SessError {
  return new SessError(
    'CORRUPT_DATA',
    `${operation}: what is stored has a schema that this release of @sess/store-mysql does not know: upgrade it`,
  )
}
