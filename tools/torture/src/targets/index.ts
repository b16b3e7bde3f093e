import { startFailover } from './failover.ts'
import { startMemory } from './memory.ts'
import { startGaleraTarget, startMysqlTarget } from './mysql.ts'
import { startRedisTarget } from './redis.ts'
import { startClusterTarget } from './redis-cluster.ts'
import type { Target } from './target.ts'

/** @param folder for what a target keeps of its own */
type Start = (folder: string) => Promise<Target>

/** All targets by the name that `--store` takes. */
export const TARGETS: Readonly<Record<string, Start>> = {
  memory: startMemory,
  redis: startRedisTarget,
  'redis-cluster': startClusterTarget,
  mariadb: () => startMysqlTarget('mariadb'),
  mysql: () => startMysqlTarget('mysql'),
  galera: startGaleraTarget,
  failover: startFailover,
}
