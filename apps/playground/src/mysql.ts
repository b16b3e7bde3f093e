import { randomUUID } from 'node:crypto'
import { createMysqlStore, sessTables } from '@sess/store-mysql'
import { getTableName } from 'drizzle-orm'
import { createPool } from 'mysql2/promise'
import { onServer } from './server-store.ts'
import type { StoreKind } from './store-kind.ts'

/** MySQL or MariaDB at a URL. */
export function mysql(url: string): StoreKind {
  return {
    name: 'mysql',
    atTheEnd: 'It lives in MySQL, and is deleted there when the program ends.',
    async open() {
      const tablePrefix = `playground_${randomUUID().slice(0, 8)}_`
      const pool = createPool(url)
      const store = createMysqlStore({ pool, tablePrefix })
      return onServer(store, async () => {
        await store.close()
        for (const table of Object.values(sessTables(tablePrefix)))
          await pool.query(`DROP TABLE IF EXISTS ${getTableName(table)}`)
        await pool.end()
      })
    },
  }
}
