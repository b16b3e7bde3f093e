import { SessionManager } from '@sess/core'
import { type MysqlServer, orSkip, startMysql } from '@sess/servers'
import { createMysqlStore } from '@sess/store-mysql'
import type { Pool } from 'mysql2'
import { BODY_BYTES, inputs } from '../../inputs.ts'
import { Field } from '../../server/field.ts'
import { MYSQL_CONFIG } from '../../server/mysql-config.ts'
import { poolOf, send } from './bare.ts'
import { Recorder } from './recorder.ts'

/** How many connections the store opens by default: as many has what is measured beside it. */
const CONNECTIONS = 10

/** A server, a manager on it and bare mysql2 beside it. */
export class Rig {
  readonly name: string
  readonly manager: SessionManager
  /** Connections that are always within a transaction, as the store's for appends. */
  readonly bare: Pool
  /** Connections on which each statement stands alone. */
  readonly look: Pool
  readonly recorder: Recorder
  readonly #fields = new Map<string, Promise<Field>>()
  readonly #prefix = `bench${process.pid}_`
  readonly #server: MysqlServer
  readonly #managers: SessionManager[] = []

  constructor(server: MysqlServer) {
    this.name = `${server.flavour} ${server.version}`
    this.#server = server
    this.manager = this.managerOn('')
    this.bare = poolOf(server.url, CONNECTIONS, 0)
    this.look = poolOf(server.url, CONNECTIONS, 1)
    this.recorder = new Recorder(this.look, this.#prefix)
  }

  /** Sessions of that length: the same ones whenever a name is asked for. */
  field(name: string, length: number, sessions: number): Promise<Field> {
    const key = `${name} ${length} ${sessions}`
    const known = this.#fields.get(key)
    if (known) return known
    const field = Field.create(this.manager, { sessions, length, input: inputs(BODY_BYTES) })
    this.#fields.set(key, field)
    return field
  }

  /** A manager on tables of its own. */
  managerOn(prefix: string): SessionManager {
    const { url } = this.#server
    const store = createMysqlStore({ url, tablePrefix: this.table(prefix), maxOpenConns: CONNECTIONS })
    const manager = new SessionManager({ store, maxMessages: null })
    this.#managers.push(manager)
    return manager
  }

  /** The name of a table that is removed with everything else. */
  table(name: string): string {
    return `${this.#prefix}${name}`
  }

  async stop(): Promise<void> {
    for (const manager of this.#managers) await manager.close()
    await this.recorder.close()
    const rows = await send(
      this.look,
      'SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, ?) = ?',
      [this.#prefix.length, this.#prefix],
    )
    for (const [table] of rows) await send(this.look, `DROP TABLE ${table}`)
    for (const pool of [this.bare, this.look]) await pool.promise().end()
    await this.#server.stop()
  }
}

/** A rig, or nothing (and loudly so) where no server is to be had. */
export async function openRig(): Promise<Rig | undefined> {
  // Somebody's server is taken as it is.
  const own = process.env.SESS_MYSQL_URL ? {} : { config: MYSQL_CONFIG }
  const server = await orSkip(() => startMysql(own))
  return server && new Rig(server)
}
