import { orSkip, startMysql, startRedis } from '@sess/servers'
import { Redis } from 'ioredis'
import { heapOf } from '../../measure.ts'
import { MYSQL_CONFIG } from '../../server/mysql-config.ts'
import { mysqlStatus, redisInfo } from '../../server/status.ts'
import { poolOf } from '../mysql/bare.ts'
import { inProcess } from './in-process.ts'
import type { Installed } from './installed.ts'
import { onMysql } from './on-mysql.ts'
import { onRedis } from './on-redis.ts'
import type { Peer } from './peer.ts'

/** Where packages are measured beside each other, ours first. */
export interface Ground {
  readonly title: string
  readonly peers: readonly Peer[]
  /** Bytes that clients sent and received since the start, this question’s own among them. */
  readonly traffic?: () => Promise<readonly [sent: number, received: number]>
  /** How many bytes more are stored after the work than before; not where the server only guesses. */
  readonly stored?: (work: () => Promise<unknown>) => Promise<number>
  stop(): Promise<void>
}

/** Every ground that is to be had, one after the other. */
export async function* grounds(installed: Installed): AsyncIterable<Ground> {
  const peers = await inProcess(installed)
  yield { title: 'in the process', peers, stored: heapOf, stop: () => closed(peers) }
  const redis = await redisGround(installed)
  if (redis !== undefined) yield redis
  const mysql = await mysqlGround(installed)
  if (mysql !== undefined) yield mysql
}

async function redisGround(installed: Installed): Promise<Ground | undefined> {
  const server = await orSkip(() => startRedis({ config: { appendonly: 'no' } }))
  if (server === undefined) return undefined
  const look = new Redis(server.url)
  const peers = await onRedis(installed, server.url)
  const stored = async () => {
    let [bytes, cursor] = [0, '0']
    do {
      const [next, keys] = await look.scan(cursor, 'COUNT', 1000)
      cursor = next
      for (const key of keys) bytes += Number(await look.memory('USAGE', key, 'SAMPLES', 0))
    } while (cursor !== '0')
    return bytes
  }
  return {
    title: `on ${server.flavour} ${server.version}`,
    peers,
    traffic: async () => [
      await redisInfo(look, 'stats', 'total_net_input_bytes'),
      await redisInfo(look, 'stats', 'total_net_output_bytes'),
    ],
    stored: growthOf(stored),
    stop: async () => {
      await closed(peers)
      look.disconnect()
      await server.stop()
    },
  }
}

async function mysqlGround(installed: Installed): Promise<Ground | undefined> {
  const server = await orSkip(() => startMysql({ config: MYSQL_CONFIG }))
  if (server === undefined) return undefined
  const look = poolOf(server.url, 1, 1)
  const peers = await onMysql(installed, server.url)
  return {
    title: `on ${server.flavour} ${server.version}`,
    peers,
    traffic: async () => [await mysqlStatus(look, 'Bytes_received'), await mysqlStatus(look, 'Bytes_sent')],
    stop: async () => {
      await closed(peers)
      await look.promise().end()
      await server.stop()
    },
  }
}

function growthOf(stored: () => Promise<number>) {
  return async (work: () => Promise<unknown>) => {
    const before = await stored()
    await work()
    return (await stored()) - before
  }
}

async function closed(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.close?.()
}
