import { createPool, type Pool, type PoolConnection, type ResultSetHeader } from 'mysql2'

export type Values = readonly unknown[]
export type Row = readonly (string | number | Buffer | null)[]

/** Connections set up as the store sets up its own. */
export function poolOf(uri: string, connectionLimit: number, autocommit: 0 | 1): Pool {
  const pool = createPool({
    uri,
    connectionLimit,
    charset: 'utf8mb4',
    maxPreparedStatements: 200,
    trace: false,
    jsonStrings: true,
  })
  pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
    connection.query(`SET SESSION autocommit = ${autocommit}`)
  })
  return pool
}

export function connect(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) =>
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
  )
}

/** Runs a prepared statement for the rows that it reads. */
export function send(on: Pool | PoolConnection, sql: string, values: Values = []): Promise<readonly Row[]> {
  return execute(on, sql, values) as Promise<readonly Row[]>
}

/** Runs a prepared statement for what it changes. */
export function change(on: PoolConnection, sql: string, values: Values): Promise<ResultSetHeader> {
  return execute(on, sql, values) as Promise<ResultSetHeader>
}

export function commit(connection: PoolConnection): Promise<void> {
  return new Promise((resolve, reject) =>
    connection.query('COMMIT', (error: Error | null) => (error ? reject(error) : resolve())),
  )
}

function execute(on: Pool | PoolConnection, sql: string, values: Values): Promise<unknown> {
  return new Promise((resolve, reject) =>
    on.execute({ sql, values: values as never, rowsAsArray: true }, (error, result) =>
      error ? reject(error) : resolve(result),
    ),
  )
}
