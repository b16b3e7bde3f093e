import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2/promise'

export type MysqlFlavour = 'mariadb' | 'mysql'

/** Lends a connection of its own, which fails at once where the server is away. */
export async function withMysql<T>(
  address: ConnectionOptions,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await createConnection({ ...address, connectTimeout: 2_000 })
  // Every statement rejects with it too.
  connection.on('error', () => {})
  try {
    return await use(connection)
  } finally {
    connection.destroy()
  }
}

/** The value of an SQL expression, as text. */
export async function evaluate(connection: Connection, expression: string): Promise<string> {
  const statement = { sql: `SELECT CAST(${expression} AS CHAR) AS value`, timeout: 5_000 }
  const [[row]] = await connection.query<RowDataPacket[]>(statement)
  return String(row?.value)
}

/** What the server calls itself. */
export async function identify(connection: Connection): Promise<{ flavour: MysqlFlavour; version: string }> {
  const version = await evaluate(connection, 'VERSION()')
  return { flavour: version.includes('MariaDB') ? 'mariadb' : 'mysql', version }
}
