import type { Target } from './target.ts'

/** One process, since nobody else sees its memory; its clients are lanes in it. */
export async function startMemory(): Promise<Target> {
  return {
    version: `Node ${process.versions.node}`,
    claims: { durability: 'kept', clock: 'client' },
    // The store's clock is the one that jumps: a lifetime would end.
    ttl: 'never',
    sharing: 'all',
    processes: 1,
    clientFaults: ['stop', 'clock'],
    serverFaults: [],
    store: () => ({ kind: 'memory' }),
    healed: async () => {},
    stop: async () => {},
  }
}
