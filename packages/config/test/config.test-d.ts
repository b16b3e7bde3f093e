import { codec } from '@sess/codec/config'
import { cache, failover } from '@sess/compose/config'
import type { ConfigurableStore, SessionManager } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { redis } from '@sess/store-redis/config'
import { expectTypeOf, test } from 'vitest'
import { type ConfigurableWrapper, defaultConfig, loadConfig, loadManager } from '../src/index.ts'

test('the section of the store is that of its type', () => {
  const { store } = loadConfig({ stores: [memory(), redis()] })
  expectTypeOf(store.type).toEqualTypeOf<'memory' | 'redis'>()
  if (store.type === 'redis') {
    expectTypeOf(store.redis.addr).toEqualTypeOf<string>()
    expectTypeOf(store.redis.tls.enabled).toEqualTypeOf<boolean>()
    // @ts-expect-error it is frozen
    store.redis.tls.enabled = true
    // @ts-expect-error it is another type's
    store.memory
  } else expectTypeOf(store.memory.eviction_policy).toEqualTypeOf<'lru' | 'lfu' | 'oldest'>()
})

test('and so is that of a seat, by its wrapper', () => {
  const wrappers = [failover(), codec(), cache()]
  const { store } = loadConfig({ stores: [memory(), redis()], wrappers })
  expectTypeOf(store.fallback?.writes).toEqualTypeOf<'refuse' | 'accept' | undefined>()
  expectTypeOf(store.cache?.max_stale).toEqualTypeOf<string | undefined>()
  if (store.cache?.type === 'redis') {
    expectTypeOf(store.cache.redis.tls.enabled).toEqualTypeOf<boolean>()
    // @ts-expect-error it is frozen
    store.cache.redis.db = 1
    // @ts-expect-error it is another type's
    store.cache.memory
  }
  if (store.type === 'memory') expectTypeOf(store.memory.max_sessions).toEqualTypeOf<number>()
  // @ts-expect-error nobody takes it
  store.mirror
  // @ts-expect-error nobody was passed who does
  loadConfig({ stores: [memory()] }).store.cache
  expectTypeOf(loadConfig({ wrappers: [cache()] }).store.cache?.type).toEqualTypeOf<string | undefined>()
})

test('without stores there is a type alone', () => {
  const config = defaultConfig()
  expectTypeOf(config.store).toEqualTypeOf<{ readonly type: string }>()
  expectTypeOf(config.session.max_message_count).toEqualTypeOf<number>()
  // @ts-expect-error it is frozen
  config.session.max_message_count = 5
})

test('overrides are of the types that a file has', () => {
  loadConfig({
    overrides: { session: { default_ttl: '1h', max_context_size: '1MiB' }, cleanup: { enabled: false } },
  })
  // @ts-expect-error
  loadConfig({ overrides: { session: { default_ttl: 5 } } })
  // @ts-expect-error
  loadConfig({ overrides: { cleanup: { batchSize: 5 } } })
})

test('a manager of any configuration, and any store that is one', () => {
  const stores: readonly ConfigurableStore[] = [memory(), redis()]
  expectTypeOf(loadManager('sess.yaml', { stores })).resolves.toEqualTypeOf<SessionManager>()
  loadManager(loadConfig({ stores }))
  loadManager(loadConfig(), { stores })
  loadManager({ file: 'sess.yaml', stores: [memory()] })
  // @ts-expect-error
  loadManager({ files: 'sess.yaml' })
})

test('any wrapper is one', () => {
  const wrappers: readonly ConfigurableWrapper[] = [failover(), codec(), cache(), { wrap: (store) => store }]
  loadManager('sess.yaml', { wrappers })
  expectTypeOf(loadConfig({ wrappers }).store.type).toEqualTypeOf<string>()
  // @ts-expect-error a seat needs a name
  loadManager('sess.yaml', { wrappers: [{ ...cache(), seat: { schema: cache().seat.schema, env: {} } }] })
})
