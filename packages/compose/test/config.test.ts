import type { SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type CacheConfig, cache, type FailoverConfig, failover } from '../src/config.ts'
import { newSession, recorder, switched } from './rig.ts'

// What each option does by a file is tested in `packages/config`, on servers; here is what takes a clock of the test.

/** What the schema of a seat makes of a section. */
function configured<Options>(
  { seat }: { seat: { schema: { '~standard': { validate(value: unknown): unknown } } } },
  section: object,
): Options {
  const { value, issues } = seat.schema['~standard'].validate(section) as { value: Options; issues?: unknown }
  expect(issues).toBeUndefined()
  return value
}

describe('failover()', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** How often a primary that is out is asked how it is, in so many milliseconds. */
  const probes = async (section: object, ms: number) => {
    const { store: primary, state } = switched(createMemoryStore())
    let asked = 0
    const watched: SessionStore = new Proxy(primary, {
      get(target, member) {
        if (member === 'health') asked++
        return Reflect.get(target, member)
      },
    })
    const options = configured<FailoverConfig>(failover(), { failures: 1, ...section })
    const store = failover().wrap(watched, undefined, { store: createMemoryStore(), options })
    onTestFinished(() => store.close())
    state.isOut = true
    await expect(store.load('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await vi.advanceTimersByTimeAsync(ms)
    return asked
  }
  const HOUR = 3_600_000

  test('first_probe and last_probe: 250 ms and 10 s by default', async () => {
    expect(await probes({}, HOUR)).toBeGreaterThan(HOUR / 10_000 - 1)
    expect(await probes({}, HOUR)).toBeLessThan(HOUR / 2000)
  })

  test('first_probe: later than that', async () => {
    expect(await probes({ first_probe: '1h', last_probe: '1h' }, HOUR / 2)).toBeLessThan(4)
    expect(await probes({ first_probe: '10s' }, 5000)).toBeLessThan(
      await probes({ first_probe: '1ms' }, 5000),
    )
  })

  test('last_probe: more often, or less', async () => {
    expect(await probes({ last_probe: '250ms' }, HOUR)).toBeGreaterThan(HOUR / 250 - 1)
    expect(await probes({ last_probe: '1h' }, HOUR)).toBeLessThan(100)
  })
})

describe('what a seat is given', () => {
  test('its store, and somebody who listens', async () => {
    const events = recorder()
    const broken = switched(createMemoryStore())
    broken.state.isOut = true
    const options = configured<CacheConfig>(cache(), {})
    const inner = createMemoryStore()
    const store = cache().wrap(inner, undefined, { store: broken.store, options, onEvent: events.onEvent })
    await store.create(newSession('s'))
    await store.load('s', { context: true })
    expect(events.of('cache-failed')).toHaveLength(1)
    await store.close()
    await expect(inner.load('s')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(broken.store.load('s')).rejects.toThrow()
  })

  test.each(['0s', '0ms', '0m', '0h'])(
    'max_stale: %s: what others write is seen at once',
    async (max_stale) => {
      const inner = createMemoryStore()
      const store = cache().wrap(inner, undefined, {
        ...{ store: createMemoryStore(), options: configured(cache(), { max_stale }) },
      })
      await store.create(newSession('s'))
      await store.load('s', { context: true })
      await inner.commit('s', { set: [['k', 1]] })
      expect((await store.load('s', { context: true })).context).toEqual([['k', 1]])
      await store.close()
    },
  )

  test.each(['0', '', '00s', '0s0s', '-0s'])('max_stale: %j is none', (max_stale) => {
    expect(cache().seat.schema['~standard'].validate({ max_stale })).toHaveProperty('issues')
  })
})
