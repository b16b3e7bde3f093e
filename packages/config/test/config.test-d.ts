import type { ConfigurableStore, SessionManager } from '@sess/core'
import { memory } from '@sess/store-memory/config'
import { redis } from '@sess/store-redis/config'
import { expectTypeOf, test } from 'vitest'
import { defaultConfig, loadConfig, loadManager } from '../src/index.ts'

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
