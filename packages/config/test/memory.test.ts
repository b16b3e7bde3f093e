import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Call, listener, NOTHING, open, spy } from './open.ts'
import { ways } from './ways.ts'

const made = async (manager: Awaited<ReturnType<typeof open>>, count: number) => {
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.push((await manager.createSession('u')).id)
  return ids
}

describe('store.memory.max_sessions', () => {
  test.each(ways({ 'store.memory.max_sessions': 3 }))('3 %s: a fourth session evicts one', async (_, way) => {
    const manager = await open(way)
    const [first = ''] = await made(manager, 4)
    expect(await manager.countUserSessions('u')).toBe(3)
    expect(await manager.sessionExists(first)).toBe(false)
  })

  test('10,000 by default', async () => {
    const manager = await open(NOTHING)
    await made(manager, 10_000)
    expect(await manager.getStats()).toMatchObject({ totalSessions: 10_000, evictedSessions: 0 })
    await made(manager, 1)
    expect(await manager.getStats()).toMatchObject({ totalSessions: 10_000, evictedSessions: 1 })
  })
})

describe('store.memory.eviction_policy', () => {
  /** Which of three sessions goes, of which the first is used last, and the second most often. */
  const victim = async (way: () => object) => {
    const manager = await open(way, { store: { memory: { max_sessions: 3 } } })
    const ids = await made(manager, 3)
    const [first = '', second = '', third = ''] = ids
    for (const id of [second, second, second, second, second, third, third, first, first, first])
      await manager.getSession(id)
    await made(manager, 1)
    const there = await Promise.all(ids.map((id) => manager.sessionExists(id)))
    return there.indexOf(false)
  }
  const policy = 'store.memory.eviction_policy'

  test.each(ways({ [policy]: 'oldest' }))('oldest %s: what was made first goes', async (_, way) => {
    expect(await victim(way)).toBe(0)
  })
  test.each(ways({ [policy]: 'lfu' }))('lfu %s: what was used least often goes', async (_, way) => {
    expect(await victim(way)).toBe(2)
  })
  test.each([...ways({ [policy]: 'lru' }), ['by default', NOTHING] as const])(
    'lru %s: what was unused for longest goes',
    async (_, way) => {
      expect(await victim(way)).toBe(1)
    },
  )
})

describe('with a clock of the test', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const ttl = '1s'

  test.each([
    ...ways({ 'store.memory.cleanup_interval': '30s' }).map(([name, way]) => [30_000, name, way] as const),
    [5 * 60_000, 'by default', NOTHING] as const,
  ])('store.memory.cleanup_interval: expired sessions go after %i ms, %s', async (ms, _, way) => {
    const { onEvent, types } = listener()
    const manager = await open(way, { cleanup: { enabled: false } }, { onEvent })
    await manager.createSession('u', { ttl })
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(types()).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(types()).toEqual(['swept'])
  })

  const storeKeeps = { store: { memory: { cleanup_interval: 'never' } } }

  test.each([
    ...ways({ 'cleanup.interval': '10s' }).map(([name, way]) => [10_000, name, way] as const),
    [3_600_000, 'by default', NOTHING] as const,
  ])('cleanup.interval: the manager cleans up after %i ms, %s', async (ms, _, way) => {
    const { onEvent, types } = listener()
    const manager = await open(way, storeKeeps, { onEvent })
    await manager.createSession('u', { ttl })
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(types()).toEqual([])
    expect((await manager.getStats()).totalSessions).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(types()).toEqual(['cleanup'])
    expect((await manager.getStats()).totalSessions).toBe(0)
  })

  test.each(ways({ 'cleanup.enabled': false }))('cleanup.enabled: off %s, nothing is', async (_, way) => {
    const { onEvent, types } = listener()
    const manager = await open(way, storeKeeps, { onEvent })
    await manager.createSession('u', { ttl })
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(types()).toEqual([])
    expect((await manager.getStats()).totalSessions).toBe(1)
  })

  test.each([
    ...ways({ 'cleanup.batch_size': 2 }).map(([name, way]) => [2, name, way] as const),
    [100, 'by default', NOTHING] as const,
  ])('cleanup.batch_size: %i at a time, %s', async (size, _, way) => {
    const calls: Call[] = []
    const manager = await open(way, storeKeeps, { wrappers: [spy(calls)] })
    for (let i = 0; i < 5; i++) await manager.createSession('u', { ttl })
    await vi.advanceTimersByTimeAsync(3_600_000)
    const limits = calls.filter(({ name }) => name === 'sweep').map(({ values: [request] }) => request)
    expect(limits.map((request) => (request as { limit: number }).limit)).toEqual(
      size === 2 ? [2, 2, 2] : [100],
    )
    expect((await manager.getStats()).totalSessions).toBe(0)
  })
})
