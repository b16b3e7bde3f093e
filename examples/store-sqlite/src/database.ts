import { parseDuration, SessError } from '@sess/core'
import Database from 'libsql'

export type Value = string | number | null | Uint8Array
export type Row = readonly Value[]

const SCHEMA_VERSION = 1
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, user_id TEXT, updated_at INTEGER NOT NULL,
    expires_at INTEGER, context_bytes INTEGER NOT NULL, record TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id, updated_at, id, expires_at);
  CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS messages (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, seq INTEGER NOT NULL, id TEXT NOT NULL,
    bytes INTEGER NOT NULL, message TEXT NOT NULL, PRIMARY KEY (session, seq), UNIQUE (session, id)
  );
  CREATE TABLE IF NOT EXISTS context (
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, key BLOB NOT NULL,
    bytes INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (session, key)
  );
  PRAGMA user_version = ${SCHEMA_VERSION}`

/** One file, opened on first use. Nothing here waits for anything but the file. */
export class SqliteFile {
  readonly #path: string
  readonly #timeoutMs: number
  readonly #statements = new Map<string, Database.Statement<Value[]>>()
  #open: Database.Database | undefined
  #isClosed = false

  constructor(path: string, timeout: string) {
    this.#path = path
    this.#timeoutMs = parseDuration('createSqliteStore', 'timeout', timeout)
  }

  /** Does some work wholly or not at all, and by itself alone where it writes. */
  transaction<T>(operation: string, mode: 'DEFERRED' | 'IMMEDIATE', work: () => T): T {
    if (this.#isClosed) throw new SessError('STORE_CLOSED', `${operation}: this store is closed`)
    try {
      const database = this.#database()
      database.exec(`BEGIN ${mode}`)
      try {
        this.#refuseNewer(operation)
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK')
        throw error
      }
    } catch (error) {
      if (error instanceof SessError) throw error
      throw new SessError('STORE_UNAVAILABLE', `${operation}: the file cannot be used`, { cause: error })
    }
  }

  rows(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.#statement(sql).all(...values) as Row[]
  }

  run(sql: string, ...values: readonly Value[]): number {
    return this.#statement(sql).run(...values).changes
  }

  close(): void {
    this.#isClosed = true
    this.#statements.clear()
    this.#open?.close()
    this.#open = undefined
  }

  #database(): Database.Database {
    if (this.#open !== undefined) return this.#open
    const database = new Database(this.#path)
    database.exec(`PRAGMA busy_timeout = ${this.#timeoutMs}`)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    this.#open = database
    // Of several who open a new file, one makes the tables.
    database.exec('BEGIN IMMEDIATE')
    if (this.#version() === 0) database.exec(SCHEMA)
    database.exec('COMMIT')
    return database
  }

  #refuseNewer(operation: string): void {
    if (this.#version() <= SCHEMA_VERSION) return
    throw new SessError('UNSUPPORTED', `${operation}: the file was written by a newer release of this store`)
  }

  #version(): number {
    return Number(this.rows('PRAGMA user_version')[0]?.[0])
  }

  #statement(sql: string): Database.Statement<Value[]> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      if (this.#open === undefined) throw new Error('not open')
      statement = this.#open.prepare<Value[]>(sql)
      if (statement.reader) statement.raw()
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
