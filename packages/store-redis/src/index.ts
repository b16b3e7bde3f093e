export type { RedisClient } from './client.ts'
export type { RedisStoreOptions, TlsOptions } from './options.ts'
export { createRedisStore } from './redis-store.ts'
