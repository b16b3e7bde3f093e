import { startRedis } from '../src/index.ts'
import { info, withRedis } from '../src/redis-client.ts'

const servers = [await startRedis({ flavour: 'redis' }), await startRedis({ flavour: 'redis' })]
const found = await Promise.all(
  servers.map(({ host, port }) =>
    withRedis({ host, port }, async (redis) => {
      const [, folder] = (await redis.config('GET', 'dir')) as string[]
      return { pid: Number(await info(redis, 'process_id')), folder }
    }),
  ),
)
servers[0]?.pause()
console.log(JSON.stringify(found))
