import { type MysqlOptions, type MysqlServer, orSkip, startMysql } from '@sess/servers'
import type { StoreFactory } from '@sess/testkit'
import { testStore } from '@sess/testkit/vitest'
import { drizzle } from 'drizzle-orm/mysql2'
import { createPool } from 'mysql2'
import { createPool as createPromisePool } from 'mysql2/promise'
import { afterAll, describe, test } from 'vitest'
import type { MysqlStoreOptions } from '../../src/index.ts'
import { harnessOf, harnessOn, newPrefix, stop } from '../harness.ts'

// The kit on servers that differ in what a store must not depend on, and on connections of the application's.

/** Where the server is the same, the random test has little more to find. */
const FEW = { random: { runs: 15 } }

/** Starts a server and, where one can be had, runs the kit on it. */
async function on(
  name: string,
  options: MysqlOptions,
  kit: (server: MysqlServer, title: string) => void,
): Promise<void> {
  const server = await orSkip(() => startMysql(options))
  if (server === undefined) {
    test.skip(`${name}: no server could be had`)
    return
  }
  const title = `${name}: ${server.flavour} ${server.version}`
  console.info(`on ${title}`)
  describe(title, () => {
    afterAll(() => stop(server))
    kit(server, title)
  })
}

// MariaDB as it comes is in `test`; both servers read repeatably unless they are told otherwise.
await on('as it comes', { flavour: 'mysql' }, (server, title) => {
  testStore(title, harnessOn(server))
  testStore(`a Drizzle database on ${title}`, lending(server, 'a Drizzle database'), FEW)
})

await on(
  'latin1, half an hour off, read committed',
  {
    flavour: 'mariadb',
    config: {
      ...{ 'character-set-server': 'latin1', 'default-time-zone': '+05:30' },
      'transaction-isolation': 'READ-COMMITTED',
    },
  },
  (server, title) => {
    testStore(title, lending(server, 'a pool'), FEW)
  },
)

await on(
  'utf8mb4_general_ci, not strict',
  {
    flavour: 'mariadb',
    config: { 'character-set-server': 'utf8mb4', 'collation-server': 'utf8mb4_general_ci', 'sql-mode': '' },
  },
  (server, title) => {
    testStore(`a pool of promises on ${title}`, lending(server, 'a pool of promises'), FEW)
  },
)

type Kind = 'a pool' | 'a pool of promises' | 'a Drizzle database'

/** A store on connections of the application's, which are left open. */
function lending(server: MysqlServer, kind: Kind): StoreFactory {
  const tablePrefix = newPrefix()
  return () => {
    const { options, end } = borrow(kind, server.url)
    const harness = harnessOf(() => options, server, tablePrefix)
    return {
      ...harness,
      async destroy() {
        await end()
        await harness.destroy?.()
      },
    }
  }
}

/** Connections with options that a store must not mind, and how they end. */
function borrow(kind: Kind, uri: string): { readonly options: MysqlStoreOptions; end(): Promise<void> } {
  if (kind === 'a pool of promises') {
    const pool = createPromisePool({ uri, namedPlaceholders: true, dateStrings: true })
    return { options: { pool }, end: () => pool.end() }
  }
  const pool = createPool({ uri, supportBigNumbers: true, bigNumberStrings: true, rowsAsArray: true })
  const end = () => pool.promise().end()
  return { options: kind === 'a pool' ? { pool } : { db: drizzle(pool) }, end }
}
