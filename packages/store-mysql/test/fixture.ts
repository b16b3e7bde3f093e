import { type NewMessage, type NewSession, newMessageId, newSessionId, type SessionStore } from '@sess/core'
import { type MysqlServer, orSkip, startMysql } from '@sess/servers'
import { newSession } from '@sess/testkit'
import type { RowDataPacket } from 'mysql2/promise'
import { afterAll, afterEach } from 'vitest'
import { createMysqlStore, type MysqlStoreOptions } from '../src/index.ts'
import { lookAt, newPrefix, stop } from './harness.ts'

/** A server of the file's own, and what its tests do with it. */
export async function useServer() {
  const server = await orSkip(() => startMysql({ flavour: 'mariadb' }))
  const opened: SessionStore[] = []
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })
  afterAll(() => stop(server))
  return { server, ...toolsFor(server as MysqlServer, opened) }
}

function toolsFor(server: MysqlServer, opened: SessionStore[]) {
  const address = () => {
    const { host, port, user, password, database } = server
    return { host, port, user, password, database }
  }
  const query = async (sql: string, values: unknown[] = []) =>
    (await lookAt(server).query<RowDataPacket[]>(sql, values))[0]
  /** A store on tables of its own, unless it is told which. */
  const open = (options: MysqlStoreOptions = address(), tablePrefix = newPrefix()) => {
    const made = createMysqlStore({ tablePrefix, ...options } as MysqlStoreOptions)
    opened.push(made)
    return made
  }
  /** How much of what the server counts some work adds. */
  const counted = async (names: readonly string[], work: () => Promise<unknown>) => {
    const read = async () => {
      const rows = await query('SHOW GLOBAL STATUS')
      const all = new Map(
        rows.map(({ Variable_name, Value }) => [String(Variable_name).toLowerCase(), Number(Value)]),
      )
      return names.map((name) => all.get(name.toLowerCase()) ?? Number.NaN)
    }
    const before = await read()
    await work()
    return (await read()).map((count, i) => count - (before[i] ?? 0))
  }
  return { address, query, open, counted }
}

export const session = (fields: Partial<NewSession> = {}): NewSession =>
  newSession(fields.id ?? newSessionId(fields.userId ?? 'u'), { userId: 'u', ...fields })

export const message = (content = 'hello'): NewMessage => ({
  ...{ id: newMessageId(), role: 'user', content, metadata: {} },
})

export const range = (count: number) => Array.from({ length: count }, (_, i) => i)
