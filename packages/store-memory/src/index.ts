export type { EvictionPolicy } from './eviction.ts'
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts'
