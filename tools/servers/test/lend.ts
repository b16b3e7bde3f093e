import { Redis, type RedisOptions } from 'ioredis'
import { type Connection, type ConnectionOptions, createConnection, type RowDataPacket } from 'mysql2/promise'
import { describe, onTestFinished } from 'vitest'
import type { MysqlFlavour } from '../src/index.ts'
import { findMysql } from '../src/mysql-program.ts'
import { orSkip } from '../src/no-server.ts'
import { findRedis } from '../src/redis-program.ts'

/** Suites that need a server. */
export const describeRedis = describe.skipIf(!(await orSkip(() => findRedis('redis'))))
export const describeMysql = async (flavour: MysqlFlavour) =>
  describe.skipIf(!(await orSkip(() => findMysql(flavour))))

/** What was started, until the test is over. */
export async function lend<T extends { stop(): unknown }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  onTestFinished(async () => {
    await started.stop()
  })
  return started
}

/** A client that never tries again by itself. */
export function clientOf(address: RedisOptions): Redis {
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', () => {})
  onTestFinished(() => redis.disconnect())
  return redis
}

/** A connection that ends with the test. */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const connection = await createConnection(options)
  connection.on('error', () => {})
  onTestFinished(() => connection.destroy())
  return connection
}

/** The rows that a statement gives, each as a list of its values. */
export async function rowsOf(connection: Connection, sql: string): Promise<unknown[][]> {
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true })
  return rows
}
