// What the store needs of mysql2: the parts that pools and connections of its callback and its promise API share.

/** A pool of mysql2, of either API. */
export type MysqlPool = CallbackPool | { readonly pool: CallbackPool }

export interface CallbackPool {
  getConnection(done: (error: Error | null, connection: MysqlConnection) => void): void
}

/** A pool that this store opened. */
export interface OwnPool extends CallbackPool {
  end(done: (error?: Error | null) => void): void
}

export interface MysqlConnection {
  execute(statement: Statement, done: (error: Error | null, result: unknown) => void): unknown
  query(sql: string, done: (error: Error | null, result: unknown) => void): unknown
  /** When it was given back, in milliseconds since the epoch. */
  readonly lastActiveTime?: number
  release(): void
  destroy(): void
  on(event: 'error' | 'end', listener: () => void): unknown
}

/** Its options undo what the application's pool may be set to. */
export interface Statement {
  readonly sql: string
  readonly values: Value[]
  readonly rowsAsArray: true
  readonly nestTables: false
  readonly supportBigNumbers: false
  readonly typeCast: true
}

export function toStatement(sql: string, values: Value[]): Statement {
  return { sql, values, rowsAsArray: true, nestTables: false, supportBigNumbers: false, typeCast: true }
}

export type Value = string | number | boolean | Buffer | null
/** A row, its columns in the order of the statement. */
export type Row = readonly (string | number | Buffer | null)[]

export function callbackPool(pool: MysqlPool): CallbackPool {
  return 'pool' in pool ? pool.pool : pool
}
