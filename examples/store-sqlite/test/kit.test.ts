import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStore } from '@sess/testkit/vitest'
import Database from 'libsql'
import { createSqliteStore } from '../src/index.ts'

testStore('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sess-sqlite-'))
  const path = join(folder, 'sessions.db')
  let now = 1_700_000_000_000
  const open = (name = path) => createSqliteStore({ path: name, now: () => now })
  const look = <T>(work: (database: Database.Database) => T): T => {
    const database = new Database(path)
    try {
      return work(database)
    } finally {
      database.close()
    }
  }
  return {
    open: () => open(),
    neighbour: () => open(join(folder, 'other.db')),
    advance: (ms) => {
      now += ms
    },
    inspect: async () => look(namesIn),
    makeNewer: async () => look((database) => void database.exec('PRAGMA user_version = 2')),
    destroy: () => rmSync(folder, { recursive: true }),
  }
})

/** What all rows are called, with tables that are not there yet as good as empty. */
function namesIn(database: Database.Database): string[] {
  const rows = (sql: string) => database.prepare(sql).raw().all() as unknown[][]
  const tables = rows("SELECT name FROM sqlite_master WHERE type = 'table'").flat()
  return [
    ['sessions', 'id'],
    ['messages', "session || ' ' || seq"],
    ['context', "session || ' ' || CAST(key AS TEXT)"],
  ].flatMap(([table, name]) =>
    tables.includes(table) ? rows(`SELECT ${name} FROM ${table}`).map(([row]) => `${table} ${row}`) : [],
  )
}
