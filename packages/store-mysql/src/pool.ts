import { SessError } from '@sess/core'
import { type CallbackPool, type MysqlConnection, type OwnPool, type Row, toStatement } from './client.ts'

/** Connections, made ready once each before their first use. */
export interface Pool {
  /** The largest statement that the server takes, in bytes; known with the first connection. */
  readonly maxPacketBytes: number
  /** Whether the server is a node of Galera; known with the first connection. */
  readonly isGalera: boolean
  acquire(): Promise<MysqlConnection>
  /** Ends a connection that is of no more use. */
  destroy(connection: MysqlConnection): void
  /** Ends what is ours. */
  close(): Promise<void>
}

/** The application's connections: looked at, and left as they are. */
export class BorrowedPool implements Pool {
  readonly #client: CallbackPool
  readonly #known = new WeakSet<MysqlConnection>()
  maxPacketBytes = Number.POSITIVE_INFINITY
  isGalera = false

  constructor(client: CallbackPool) {
    this.#client = client
  }

  async acquire(): Promise<MysqlConnection> {
    const connection = await next(this.#client)
    if (this.#known.has(connection)) return connection
    try {
      const told = await ask(connection)
      refuseUnfit(told)
      this.maxPacketBytes = told.maxPacketBytes
      this.isGalera = told.isGalera
    } catch (error) {
      connection.release()
      throw error
    }
    connection.on('error', ignore)
    this.#known.add(connection)
    return connection
  }

  destroy(connection: MysqlConnection): void {
    connection.destroy()
  }

  async close(): Promise<void> {}
}

export interface OwnPoolSettings {
  /** What each connection is told first. */
  readonly setUp: readonly string[]
  readonly maxLifetimeMs: number
  readonly maxIdleMs: number
}

/** Our connections: opened on first use, set up, and replaced when they grow old. */
export class OwnedPool implements Pool {
  readonly #open: () => OwnPool
  readonly #settings: OwnPoolSettings
  #client: OwnPool | undefined
  readonly #born = new Map<MysqlConnection, number>()
  maxPacketBytes = Number.POSITIVE_INFINITY
  isGalera = false

  constructor(open: () => OwnPool, settings: OwnPoolSettings) {
    this.#open = open
    this.#settings = settings
  }

  async acquire(): Promise<MysqlConnection> {
    this.#client ??= this.#open()
    for (;;) {
      const connection = await next(this.#client)
      const born = this.#born.get(connection)
      if (born === undefined) return this.#welcome(connection)
      if (!this.#isOld(connection, born)) return connection
      this.destroy(connection)
    }
  }

  destroy(connection: MysqlConnection): void {
    this.#born.delete(connection)
    connection.destroy()
  }

  async close(): Promise<void> {
    const client = this.#client
    if (client === undefined) return
    await new Promise<void>((resolve) => {
      // A server that hangs answers no goodbye.
      const timer = setTimeout(() => {
        for (const connection of this.#born.keys()) connection.destroy()
        resolve()
      }, GOODBYE_MS)
      client.end(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async #welcome(connection: MysqlConnection): Promise<MysqlConnection> {
    this.#born.set(connection, Date.now())
    const forget = () => this.#born.delete(connection)
    connection.on('end', forget)
    connection.on('error', forget)
    try {
      for (const sql of this.#settings.setUp) await send(connection, sql)
      const { maxPacketBytes, isGalera } = await ask(connection)
      this.maxPacketBytes = maxPacketBytes
      this.isGalera = isGalera
    } catch (error) {
      this.destroy(connection)
      throw error
    }
    return connection
  }

  #isOld({ lastActiveTime = 0 }: MysqlConnection, born: number): boolean {
    const now = Date.now()
    return now - born >= this.#settings.maxLifetimeMs || now - lastActiveTime >= this.#settings.maxIdleMs
  }
}

const GOODBYE_MS = 500

/** Each call tells its own failure; an event that nobody listens to would end the process. */
function ignore(): void {}

interface Told {
  readonly charsets: readonly unknown[]
  readonly autocommit: boolean
  readonly maxPacketBytes: number
  readonly isGalera: boolean
}

/** Refuses a connection that would change text, or never end what it begins. */
function refuseUnfit({ charsets, autocommit }: Told): void {
  if (charsets.some((charset) => charset !== 'utf8mb4'))
    throw new SessError('CONFIG_INVALID', "connect: the pool's connections must use the charset utf8mb4")
  if (!autocommit)
    throw new SessError('CONFIG_INVALID', "connect: the pool's connections must have autocommit on")
}

const ASK = `SELECT @@character_set_client, @@character_set_connection, @@character_set_results, @@autocommit,
  @@max_allowed_packet`
/** No row where a server knows nothing of Galera. */
const ASK_GALERA = "SHOW VARIABLES LIKE 'wsrep_on'"

/** How a connection is set. */
async function ask(connection: MysqlConnection): Promise<Told> {
  const [row = []] = await rowsOf(connection, ASK)
  const [galera] = await rowsOf(connection, ASK_GALERA)
  const [autocommit, maxPacketBytes = Number.POSITIVE_INFINITY] = row.slice(3).map(Number)
  return {
    charsets: row.slice(0, 3),
    autocommit: autocommit === 1,
    maxPacketBytes,
    isGalera: galera?.[1] === 'ON',
  }
}

function rowsOf(connection: MysqlConnection, sql: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    connection.execute(toStatement(sql, []), (error, rows) =>
      error ? reject(error) : resolve(rows as readonly Row[]),
    )
  })
}

function next(pool: CallbackPool): Promise<MysqlConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)))
  })
}

function send(connection: MysqlConnection, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
