import { SessError } from '@sess/core'
import type { Call } from '@sess/core/store'
import { type MysqlConnection, type Row, toStatement, type Value } from './client.ts'
import type { Pool } from './pool.ts'

type Done = (error: Error | null, result: unknown) => void

/** A connection of the pool while one piece of work of a call has it. No answer by the call's deadline ends it. */
export class Connection {
  readonly #client: MysqlConnection
  readonly #call: Call
  readonly #pool: Pool
  readonly #timer: NodeJS.Timeout
  #lose: ((error: Error) => void) | undefined
  #isLost = false
  #isTogether = false
  /** Whether what was read last may no longer be of the transaction. */
  #isUnsure = false

  /** @param pool to which it goes back */
  constructor(client: MysqlConnection, call: Call, pool: Pool) {
    this.#pool = pool
    this.#client = client
    this.#call = call
    this.#timer = setTimeout(() => this.#end(), Math.max(0, call.deadline - performance.now()))
  }

  /** @throws where the caller was told how the call ended */
  refuseOver(): void {
    const { operation } = this.#call
    if (this.#call.isOver) throw new SessError('STORE_UNAVAILABLE', `${operation}: the call is over`)
  }

  /** Begins a transaction: by a statement, or `''` where one is always open. */
  async begin(sql: string): Promise<void> {
    if (sql !== '') await this.plain(sql)
    this.#isTogether = true
  }

  async rows(sql: string, values: Value[]): Promise<readonly Row[]> {
    const rows = (await this.#execute(sql, values)) as readonly Row[]
    this.#isUnsure = this.#isTogether && this.#pool.isGalera
    return rows
  }

  /** Answers how many rows it changed or found as they should be, and the number that it made. */
  async change(sql: string, values: Value[]): Promise<{ affectedRows: number; insertId: number }> {
    // Each append goes by here: nothing is waited for where there is nothing to ask.
    if (this.#isUnsure) await this.confirm()
    return (await this.#execute(sql, values)) as { affectedRows: number; insertId: number }
  }

  /** Answers how many rows it changed or found as they should be. */
  async write(sql: string, values: Value[]): Promise<number> {
    return (await this.change(sql, values)).affectedRows
  }

  /**
   * Asks, after a read, whether the transaction is still there. A node of Galera that undoes it for another node's while
   * it sends rows may not say so, and each statement that follows would stand alone.
   */
  async confirm(): Promise<void> {
    if (!this.#isUnsure) return
    this.#isUnsure = false
    const { serverStatus } = (await this.plain('DO 0')) as { serverStatus: number }
    if ((serverStatus & IN_TRANSACTION) === 0) throw undone()
  }

  /** What is not worth preparing: no values are in it. */
  plain(sql: string): Promise<unknown> {
    return this.#send((done) => this.#client.query(sql, done))
  }

  /** Gives it back. @param isSound whether nothing of the work is left on it */
  release(isSound: boolean): void {
    clearTimeout(this.#timer)
    if (this.#isLost) return
    if (isSound) this.#client.release()
    else this.#pool.destroy(this.#client)
  }

  async #execute(sql: string, values: Value[]): Promise<unknown> {
    this.refuseOver()
    this.#refuseTooLarge(sql, values)
    return this.#send((done) => this.#client.execute(toStatement(sql, values), done))
  }

  /** A server would end the connection without saying why. */
  #refuseTooLarge(sql: string, values: readonly Value[]): void {
    // Three bytes at most for a UTF-16 unit: what is surely small enough is not counted.
    const max = this.#pool.maxPacketBytes
    if (3 * lengthOf(sql, values, (text) => text.length) <= max) return
    if (lengthOf(sql, values, Buffer.byteLength) <= max) return
    const why = `what is written is larger than the server's max_allowed_packet of ${max} bytes`
    throw new SessError('LIMIT_EXCEEDED', `${this.#call.operation}: ${why}`)
  }

  #send(send: (done: Done) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isLost) throw lost()
      this.#lose = reject
      send((error, result) => {
        this.#lose = undefined
        if (error) reject(error)
        else resolve(result)
      })
    })
  }

  #end(): void {
    this.#isLost = true
    this.#pool.destroy(this.#client)
    // The driver leaves what it was asked unanswered.
    this.#lose?.(lost())
  }
}

/** A bit of the status that comes with an answer that has no rows. */
const IN_TRANSACTION = 1
const ER_LOCK_DEADLOCK = 1213

/** What the server should have said. */
function undone(): Error {
  return Object.assign(new Error('the transaction was undone for another one'), { errno: ER_LOCK_DEADLOCK })
}

function lost(): Error {
  return new Error('the server did not answer in time')
}

/** Of a statement with its values, with room for what the protocol adds to each. */
function lengthOf(sql: string, values: readonly Value[], of: (text: string) => number): number {
  const each = 16
  return values.reduce<number>(
    (sum, value) => sum + each + (typeof value === 'string' ? of(value) : each),
    of(sql) + each,
  )
}
