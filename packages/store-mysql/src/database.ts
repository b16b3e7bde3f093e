import { SessError } from '@sess/core'
import { type Call, type Failure, refuseAgain } from '@sess/core/store'
import { Connection } from './connection.ts'
import { isDuplicate, isSoundAfter, type Stage, toFailure } from './errors.ts'
import type { Pool } from './pool.ts'

const PAUSE_MS = 20

export type Work<T> = (connection: Connection) => Promise<T>

/** Where and how a piece of work is done. */
interface Mode {
  readonly pool: Pool
  /** How a transaction begins: `''` where one is always open, none where each statement stands alone. */
  readonly begin?: string
  /** Whether a statement that stands alone changes anything. */
  readonly writes?: boolean
}

/** The server's connections, and what the store does when a piece of work on one of them fails. */
export class Database {
  readonly #pool: Pool
  readonly #lanePool: Pool | undefined
  readonly #onRetry: (operation: string) => void

  /** @param lanePool connections that are always within a transaction, where there are any */
  constructor(pool: Pool, lanePool: Pool | undefined, onRetry: (operation: string) => void) {
    this.#pool = pool
    this.#lanePool = lanePool
    this.#onRetry = onRetry
  }

  /** Statements that change nothing. */
  read<T>(call: Call, work: Work<T>): Promise<T> {
    return this.#run(call, { pool: this.#pool }, work)
  }

  /** A statement that stands alone. */
  write<T>(call: Call, work: Work<T>): Promise<T> {
    return this.#run(call, { pool: this.#pool, writes: true }, work)
  }

  /** Statements that take effect together, and not at all where the work throws. */
  transaction<T>(call: Call, work: Work<T>): Promise<T> {
    return this.#run(call, { pool: this.#pool, begin: BEGIN }, work)
  }

  /** A transaction that is tried once, by a lane, which does its parts alone then. @throws {@link Failed}, or what the work throws */
  async shared<T>(call: Call, work: Work<T>): Promise<T> {
    const pool = this.#lanePool
    const mode = pool === undefined ? { pool: this.#pool, begin: BEGIN } : { pool, begin: '' }
    try {
      return await this.#attempt(call, mode, work)
    } catch (error) {
      if (error instanceof Failed && !error.isDown) this.#onRetry(call.operation)
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#lanePool?.close()])
  }

  /** Does the work, again where that is safe, until the call's deadline. */
  async #run<T>(call: Call, mode: Mode, work: Work<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(call, mode, work)
      } catch (failed) {
        if (!(failed instanceof Failed)) throw failed
        await again(call, failed.failure, attempt)
        this.#onRetry(call.operation)
      }
    }
  }

  async #attempt<T>(call: Call, mode: Mode, work: Work<T>): Promise<T> {
    let stage: Stage = 'connect'
    let connection: Connection | undefined
    let isSound = false
    try {
      connection = new Connection(await mode.pool.acquire(), call, mode.pool)
      stage = 'work'
      const borrowed = connection
      borrowed.refuseOver()
      const send = (last: () => Promise<T>) => {
        stage = 'commit'
        return sending(call, last)
      }
      const done = await (mode.begin === undefined
        ? mode.writes === true
          ? send(() => work(borrowed))
          : work(borrowed)
        : together(borrowed, mode.begin, work, send))
      isSound = true
      return done
    } catch (cause) {
      isSound = isSoundAfter(cause)
      if (cause instanceof SessError || isDuplicate(cause)) throw cause
      throw new Failed(toFailure(call.operation, cause, stage), stage)
    } finally {
      connection?.release(isSound)
    }
  }
}

const BEGIN = 'START TRANSACTION'

/** A driver's error on its way from the attempt to what may try again. */
export class Failed extends Error {
  readonly failure: Failure
  readonly #stage: Stage

  constructor(failure: Failure, stage: Stage) {
    super(failure.error.message)
    this.failure = failure
    this.#stage = stage
  }

  /** There is no server to try it on. */
  get isDown(): boolean {
    return this.#stage === 'connect' && !this.failure.passes
  }
}

/** A transaction. @param send does its last step, after which it may have been applied */
async function together<T>(
  connection: Connection,
  begin: string,
  work: Work<T>,
  send: (last: () => Promise<T>) => Promise<T>,
): Promise<T> {
  await connection.begin(begin)
  let done: T
  try {
    // Also what is refused must be judged by what was there at one moment.
    done = await work(connection).finally(() => connection.confirm())
    connection.refuseOver()
  } catch (error) {
    if (isSoundAfter(error)) await connection.plain('ROLLBACK')
    throw error
  }
  return send(async () => {
    await connection.plain('COMMIT')
    return done
  })
}

/** Sends that from which on a call may have been applied. */
async function sending<T>(call: Call, send: () => Promise<T>): Promise<T> {
  const wasSent = call.isSent
  call.isSent = true
  try {
    return await send()
  } catch (error) {
    const isRefused =
      error instanceof SessError ||
      isDuplicate(error) ||
      toFailure(call.operation, error, 'commit').error.outcome === 'none'
    if (isRefused) call.isSent = wasSent
    else call.isRepeat = true
    throw error
  }
}

/** Waits until the call may be tried again; throws where it may not. */
async function again(call: Call, failure: Failure, attempt: number): Promise<void> {
  // No two that met each other meet again.
  const ms = Math.random() * PAUSE_MS * Math.min(attempt, 10)
  refuseAgain(call, failure, ms + PAUSE_MS)
  await new Promise((resolve) => setTimeout(resolve, ms))
}
