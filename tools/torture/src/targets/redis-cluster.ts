import { startRedisCluster } from '@sess/servers'
import { clusterFaults, untilWhole } from '../faults/cluster.ts'
import { ON_SERVERS, type Target } from './target.ts'

/**
 * Three masters, each with a replica that has what is acknowledged (`waitReplicas: 1`). Even so the store claims no
 * more than that a failover loses what was written last, whole.
 */
export async function startClusterTarget(): Promise<Target> {
  const cluster = await startRedisCluster({ masters: 3, replicas: 3, deadAfterMs: 2000 })
  return {
    ...ON_SERVERS,
    version: `${cluster.flavour} ${cluster.version}`,
    claims: { durability: 'failover', clock: 'server' },
    serverFaults: clusterFaults(cluster),
    store: () => ({ kind: 'redis-cluster', nodes: cluster.addresses, waitReplicas: 1 }),
    healed: () => untilWhole(cluster),
    stop: () => cluster.stop(),
  }
}
