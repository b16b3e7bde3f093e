import { SessionManager } from '@sess/core'
import { createMysqlStore } from '@sess/store-mysql'
import type { Pool, PoolConnection } from 'mysql2'
import { connect, type Values } from './bare.ts'

/** A statement that the store sent. */
export interface Prepared {
  readonly sql: string
  readonly values: Values
}

/** The statements between a transaction's beginning and its end, neither of which is among them. */
export type Transaction = readonly Prepared[]

/** Says what the store sends, by undoing what it did: what a floor sends then is the same to the byte. */
export class Recorder {
  readonly #look: Pool
  readonly #manager: SessionManager
  #connection: PoolConnection | undefined
  #alone: Prepared[] = []
  #transactions: Prepared[][] = []
  #open: Prepared[] | undefined

  constructor(look: Pool, tablePrefix: string) {
    this.#look = look
    const pool = {
      getConnection: (done: (error: null, connection: never) => void) => done(null, this.#spy as never),
    }
    this.#manager = new SessionManager({
      store: createMysqlStore({ pool, tablePrefix, migrate: 'off' }),
      maxMessages: null,
    })
  }

  /** The transactions of some work, and the statements that stood alone; nobody else may write what it writes. */
  async record(
    work: (manager: SessionManager) => Promise<void>,
  ): Promise<{ readonly transactions: readonly Transaction[]; readonly alone: readonly Prepared[] }> {
    const connection = await connect(this.#look)
    this.#connection = connection
    ;[this.#alone, this.#transactions] = [[], []]
    const plain = (sql: string) => connection.promise().query(sql)
    await plain('START TRANSACTION')
    try {
      await work(this.#manager)
    } finally {
      await plain('ROLLBACK')
      connection.release()
    }
    return { transactions: this.#transactions, alone: this.#alone }
  }

  close(): Promise<void> {
    return this.#manager.close()
  }

  /** The one connection, in the one transaction that is undone: the store's own begin and end only here. */
  readonly #spy = {
    execute: (statement: Prepared, done: (error: Error | null, result: unknown) => void) => {
      ;(this.#open ?? this.#alone).push({ sql: statement.sql, values: statement.values })
      this.#connection?.execute(statement as never, done)
    },
    query: (sql: string, done: (error: Error | null) => void) => {
      if (sql === 'START TRANSACTION') this.#open = []
      else if (sql === 'COMMIT' && this.#open !== undefined) {
        this.#transactions.push(this.#open)
        this.#open = undefined
      } else throw new Error(`the store sent what is not recorded: ${sql}`)
      setImmediate(done, null)
    },
    release: () => {},
    destroy: () => {},
    on: () => {},
  }
}
