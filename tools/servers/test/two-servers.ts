import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { startMysql, startRedis } from '../src/index.ts'
import { evaluate, withMysql } from '../src/mysql-client.ts'
import { info, withRedis } from '../src/redis-client.ts'

/** Starts a server; gives it with its process and its folder. */
const starts = {
  redis: async () => {
    const server = await startRedis({ flavour: 'redis' })
    const { host, port } = server
    return withRedis({ host, port }, async (redis) => {
      const [, folder] = (await redis.config('GET', 'dir')) as string[]
      return { server, pid: Number(await info(redis, 'process_id')), folder }
    })
  },
  mariadb: async () => {
    const server = await startMysql({ flavour: 'mariadb' })
    return withMysql({ uri: server.url }, async (connection) => {
      const file = await evaluate(connection, '@@pid_file')
      return { server, pid: Number(await readFile(file, 'utf8')), folder: dirname(file) }
    })
  },
}

const start = starts[process.argv[2] as keyof typeof starts]
const [one, two] = [await start(), await start()]
one.server.pause()
console.log(JSON.stringify([one, two].map(({ pid, folder }) => ({ pid, folder }))))
