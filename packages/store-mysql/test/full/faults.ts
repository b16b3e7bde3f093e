import type { Change, Message, NewMessage, SessionStore, StoreEvent } from '@sess/core'
import { isSessError, type SessErrorCode } from '@sess/core'
import type { FaultProxy, MysqlServer } from '@sess/servers'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { expect, onTestFinished } from 'vitest'
import { createMysqlStore, type MysqlStoreOptions } from '../../src/index.ts'

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

export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

export function message(id: string): NewMessage {
  return { id, role: 'user', content: `text of ${id}`, metadata: {} }
}

/** Of every id that was acknowledged, its seq. */
export type Acknowledged = Map<string, number>

/** Writes one append, with what else there is to it, and notes what was acknowledged; answers the error of one that may be repeated. */
export async function append(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
  more: Change = {},
): Promise<unknown> {
  try {
    const { messages } = await store.commit(session, { append: [message(id)], ...more })
    acknowledged.set(id, messages[0]?.seq ?? 0)
    return undefined
  } catch (error) {
    if (!isSessError(error, 'STORE_UNAVAILABLE')) throw error
    if (error.outcome === 'unknown') expect(error.messageIds).toEqual([id])
    return error
  }
}

/** The same, until it is acknowledged: the same id each time. */
export async function appendSurely(
  store: SessionStore,
  session: string,
  id: string,
  acknowledged: Acknowledged,
  more: Change = {},
): Promise<void> {
  let error = await append(store, session, id, acknowledged, more)
  while (error !== undefined) error = await append(store, session, id, acknowledged, more)
}

/** Some writers at once, each appending one message after another until told to stop. */
export function startLoad(
  writers: readonly { store: SessionStore; session: string }[],
  write: (store: SessionStore, session: string, id: string, acknowledged: Acknowledged) => Promise<unknown>,
) {
  const acknowledged = new Map<string, Acknowledged>()
  for (const { session } of writers) acknowledged.set(session, new Map())
  let isOver = false
  const done = Promise.all(
    writers.map(async ({ store, session }, w) => {
      for (let n = 0; !isOver; n++)
        await write(store, session, `w${w}-${n}`, acknowledged.get(session) as Acknowledged)
    }),
  )
  done.catch(() => {})
  const count = () => [...acknowledged.values()].reduce((sum, { size }) => sum + size, 0)
  return {
    acknowledged,
    /** Waits until so many more were acknowledged. */
    async more(wanted: number): Promise<void> {
      const enough = count() + wanted
      await Promise.race([done, expect.poll(count).toBeGreaterThan(enough)])
    },
    /** Lets each writer end what it is about. */
    async stop(): Promise<void> {
      isOver = true
      await done
    },
  }
}

/** Every message of a session, oldest first. */
async function everything(store: SessionStore, session: string): Promise<readonly Message[]> {
  const all: Message[] = []
  for (;;) {
    const afterSeq = all.at(-1)?.seq ?? 0
    const { messages = [] } = await store.load(session, { messages: { afterSeq, limit: 1000 } })
    if (messages.length === 0) return all
    all.push(...messages)
  }
}

/** Seqs from 1 on without a hole, nothing twice, and the counters say the same. */
export async function expectLog(store: SessionStore, session: string): Promise<readonly Message[]> {
  const messages = await everything(store, session)
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1))
  expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
  for (const { id, content } of messages) expect(content).toBe(message(id).content)
  const { lastSeq, messageCount } = (await store.load(session)).session
  expect({ lastSeq, messageCount }).toEqual({ lastSeq: messages.length, messageCount: messages.length })
  return messages
}

/** The log holds all that was acknowledged, each at the seq that was told. */
export async function expectKept(
  store: SessionStore,
  session: string,
  acknowledged: Acknowledged,
): Promise<readonly Message[]> {
  const messages = await expectLog(store, session)
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]))
  expect([...acknowledged].filter(([id, seq]) => seqs.get(id) !== seq)).toEqual([])
  return messages
}

/** What the log holds and nobody was told of. */
export function strangers(messages: readonly Message[], acknowledged: Acknowledged): string[] {
  return messages.map(({ id }) => id).filter((id) => !acknowledged.has(id))
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
