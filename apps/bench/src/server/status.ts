import type { Redis } from 'ioredis'
import type { Pool } from 'mysql2'
import { send } from '../suites/mysql/bare.ts'

/** A number of what Redis says of itself. */
export async function redisInfo(look: Redis, section: string, field: string): Promise<number> {
  return Number(new RegExp(`${field}:(\\d+)`).exec(await look.info(section))?.[1])
}

/** A number of what MySQL counts. */
export async function mysqlStatus(look: Pool, name: string): Promise<number> {
  return Number((await send(look, `SHOW GLOBAL STATUS WHERE Variable_name = '${name}'`))[0]?.[1])
}
