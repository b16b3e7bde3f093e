import { drizzle } from 'drizzle-orm/mysql2'
import { createPool } from 'mysql2'
import { createPool as createPromisePool } from 'mysql2/promise'
import { test } from 'vitest'
import { createMysqlStore, sessTables } from '../src/index.ts'

test('a server by its address, or connections of the application, and not both', () => {
  const pool = createPool({})
  createMysqlStore()
  createMysqlStore({ url: 'mysql://h/db', password: 'p', maxOpenConns: 5, tls: true })
  createMysqlStore({ host: 'h', port: 1, user: 'u', password: 'p', database: 'd' })
  createMysqlStore({ pool, tablePrefix: 'x_', migrate: 'check' })
  createMysqlStore({ pool: createPromisePool({}) })
  createMysqlStore({ db: drizzle(pool) })
  createMysqlStore({ db: drizzle(createPromisePool({}), { schema: sessTables(), mode: 'default' }) })
  // @ts-expect-error
  createMysqlStore({ url: 'mysql://h/db', host: 'h' })
  // @ts-expect-error
  createMysqlStore({ url: 'mysql://h/db', pool })
  // @ts-expect-error
  createMysqlStore({ pool, db: drizzle(pool) })
  // @ts-expect-error
  createMysqlStore({ pool, maxOpenConns: 5 })
  // @ts-expect-error
  createMysqlStore({ db: drizzle(pool), password: 'p' })
})
