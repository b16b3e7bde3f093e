import { isSessError, type SessErrorCode, type SessionStore, type StoreEvent } from '@sess/core'
import { errorOf } from '@sess/faults'
import type { FaultProxy, MysqlServer } from '@sess/servers'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { onTestFinished } from 'vitest'
import { createMysqlStore, type MysqlStoreOptions } from '../../src/index.ts'

export * from '@sess/faults'
export { lend } from '@sess/servers'
export { newSession } from '@sess/testkit'

/** A store until the test is over. */
export function storeOn(options: MysqlStoreOptions): SessionStore {
  const store = createMysqlStore(options)
  onTestFinished(() => store.close())
  return store
}

/** How a store comes to a server through a proxy. */
export function through({ host, port }: FaultProxy, { user, password, database }: MysqlServer) {
  return { host, port, user, password, database }
}

/** Bare connections until the test is over. */
export function clientOf({ host, port, user, password, database }: MysqlServer): Pool {
  const pool = createPool({ host, port, user, password, database })
  onTestFinished(() => pool.end())
  return pool
}

export async function rowsOf(pool: Pool, sql: string, values: unknown[] = []): Promise<RowDataPacket[]> {
  return (await pool.query<RowDataPacket[]>(sql, values))[0]
}

/** A user without the rights that go past a server's limits, so that a store's connections are told apart. */
export async function newUser(server: MysqlServer, user: string, rights = 'ALL') {
  const { host, port, database } = server
  const look = clientOf(server)
  await look.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'secret'`)
  await look.query(`GRANT ${rights} ON ${database}.* TO ${user}@'%'`)
  return { host, port, database, user, password: 'secret' }
}

/** Ids of the connections of a user, but for those that the server is about to end. */
export async function connectionsOf(look: Pool, user: string): Promise<number[]> {
  const rows = await rowsOf(look, 'SHOW PROCESSLIST')
  return rows.filter((row) => row.User === user && row.Command !== 'Killed').map(({ Id }) => Number(Id))
}

/** An `onEvent` that counts the retries. */
export function retries() {
  const counter = {
    count: 0,
    onEvent: ({ type }: StoreEvent) => {
      if (type === 'retry') counter.count++
    },
  }
  return counter
}

/** What a call came to: the error's code and outcome, or `done`. */
export async function endOf(call: Promise<unknown>): Promise<'done' | [SessErrorCode, string]> {
  const error = await errorOf(call)
  if (error === undefined) return 'done'
  if (!isSessError(error)) throw error
  return [error.code, error.outcome]
}

/** Lets no transaction commit, of MariaDB alone, until what it answers is called. */
export async function holdCommits(look: Pool): Promise<() => Promise<void>> {
  const connection = await look.getConnection()
  for (const stage of ['START', 'FLUSH', 'BLOCK_DDL', 'BLOCK_COMMIT'])
    await connection.query(`BACKUP STAGE ${stage}`)
  return async () => {
    await connection.query('BACKUP STAGE END')
    connection.release()
  }
}

/** Ids of the connections whose COMMIT waits for {@link holdCommits}. */
export async function committing(look: Pool): Promise<number[]> {
  const rows = await rowsOf(look, "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'COMMIT'")
  return rows.map(({ ID }) => Number(ID))
}
