import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deleteUserOf, leaseOf, statsOf, watchOf } from '../src/contract/optional.ts'
import { SessError, type SessionStore } from '../src/index.ts'
import { FakeStore, sessionOf } from './fake-store.ts'

const notFound = () => {
  throw new SessError('SESSION_NOT_FOUND', 'load: gone')
}

beforeEach(() => {
  vi.useFakeTimers({ now: 10_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('statsOf', () => {
  it("answers with the store's own where it has them", async () => {
    const stats = { sessions: 3 } as never
    const own = vi.fn(async () => stats)
    const signal = new AbortController().signal
    const store: SessionStore = Object.assign(new FakeStore(), { stats: own })
    expect(await statsOf(store, { signal })).toBe(stats)
    expect(own).toHaveBeenCalledWith({ signal })
  })

  it('else walks over all sessions, expired ones too', async () => {
    const store = new FakeStore()
    store.answers.list = [
      () => ({
        sessions: [
          sessionOf({ createdAt: 500, messageCount: 3, expiresAt: 10_000 }),
          sessionOf({ createdAt: 300, messageCount: 4, expiresAt: 10_001 }),
        ],
        nextCursor: 'c1',
      }),
      () => ({ sessions: [sessionOf({ createdAt: 900, expiresAt: 9_999 })], nextCursor: null }),
    ]
    expect(await statsOf(store)).toEqual({
      sessions: 3,
      expired: 2,
      messages: 7,
      evicted: 0,
      oldestCreatedAt: 300,
      newestCreatedAt: 900,
    })
    const all = { all: true, includeExpired: true, limit: 1000 }
    expect(store.calls.map((call) => call.args[0])).toEqual([all, { ...all, cursor: 'c1' }])
  })

  it('has no times where there is no session', async () => {
    expect(await statsOf(new FakeStore())).toMatchObject({
      sessions: 0,
      oldestCreatedAt: null,
      newestCreatedAt: null,
    })
  })
})

describe('deleteUserOf', () => {
  it("leaves it to the store's own", async () => {
    const own = vi.fn(async () => 5)
    const store: SessionStore = Object.assign(new FakeStore(), { deleteUser: own })
    expect(await deleteUserOf(store, 'u')).toBe(5)
    expect(own).toHaveBeenCalledWith('u', undefined)
  })

  it('else deletes page after page what still belongs to the user', async () => {
    const store = new FakeStore()
    const page =
      (...ids: string[]) =>
      () => ({ sessions: ids.map((id) => sessionOf({ id })), nextCursor: 'more' })
    store.answers.list = [page('a', 'b'), page('c')]
    store.answers.delete = [() => true, () => false]
    expect(await deleteUserOf(store, 'u')).toBe(2)
    const deletes = store.calls.filter((call) => call.method === 'delete')
    expect(deletes.map((call) => call.args)).toEqual(
      ['a', 'b', 'c'].map((id) => [id, { if: { userId: 'u' } }]),
    )
    const [list] = store.calls
    expect(list?.args[0]).toEqual({ userId: 'u', includeExpired: true, limit: 100 })
  })
})

describe('watchOf', () => {
  const versions = (store: FakeStore, ...list: (number | (() => never))[]) => {
    store.answers.load = list.map((version) =>
      typeof version === 'function'
        ? version
        : () => ({ session: sessionOf({ version, lastSeq: version * 10 }) }),
    )
  }
  /** Collects what a watch yields; `step` lets the next poll happen. */
  const collect = (pulses: AsyncIterable<{ version: number; lastSeq: number }>) => {
    const seen: number[] = []
    const end = (async () => {
      for await (const { version, lastSeq } of pulses) {
        expect(lastSeq).toBe(version * 10)
        seen.push(version)
      }
      return 'ended'
    })()
    end.catch(() => {})
    return { seen, end }
  }

  it("is the store's own where it has one", () => {
    const own = vi.fn(() => 'pulses')
    const store = Object.assign(new FakeStore(), { watch: own }) as unknown as SessionStore
    expect(watchOf(store, 's', { afterVersion: 3 })).toBe('pulses')
    expect(own).toHaveBeenCalledWith('s', { afterVersion: 3 }, undefined)
  })

  it('else yields each new version it sees, and ends with the session', async () => {
    const store = new FakeStore()
    versions(store, 2, 2, 5, 6, notFound)
    const { seen, end } = collect(watchOf(store, 's'))
    await vi.advanceTimersByTimeAsync(0)
    expect(seen).toEqual([2])
    await vi.advanceTimersByTimeAsync(499)
    expect(store.calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(store.calls).toHaveLength(2)
    expect(seen).toEqual([2])
    await vi.advanceTimersByTimeAsync(1500)
    expect(seen).toEqual([2, 5, 6])
    expect(await end).toBe('ended')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('yields nothing that the watcher knows already', async () => {
    const store = new FakeStore()
    versions(store, 4, 5, notFound)
    const { seen, end } = collect(watchOf(store, 's', { afterVersion: 4 }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(seen).toEqual([5])
    expect(await end).toBe('ended')
  })

  it('ends when another session has come under the same id', async () => {
    const store = new FakeStore()
    versions(store, 4, 1)
    const { seen, end } = collect(watchOf(store, 's'))
    await vi.advanceTimersByTimeAsync(500)
    expect(await end).toBe('ended')
    expect(seen).toEqual([4])
  })

  it('ends when the session expires', async () => {
    const store = new FakeStore()
    versions(store, 4, () => {
      throw new SessError('SESSION_EXPIRED', 'load: expired')
    })
    const { end } = collect(watchOf(store, 's'))
    await vi.advanceTimersByTimeAsync(500)
    expect(await end).toBe('ended')
  })

  it('fails where there is no session to begin with, and when the store does', async () => {
    const store = new FakeStore()
    versions(store, notFound)
    await expect(collect(watchOf(store, 's')).end).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    versions(store, 1, () => {
      throw new SessError('STORE_UNAVAILABLE', 'load: no answer')
    })
    const { end } = collect(watchOf(store, 's'))
    await vi.advanceTimersByTimeAsync(500)
    await expect(end).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it("throws the signal's reason at once, between two looks too, and leaves no timer", async () => {
    const store = new FakeStore()
    versions(store, 1)
    const abort = new AbortController()
    const { seen, end } = collect(watchOf(store, 's', {}, { signal: abort.signal }))
    await vi.advanceTimersByTimeAsync(100)
    abort.abort('enough')
    await expect(end).rejects.toBe('enough')
    expect(seen).toEqual([1])
    expect(vi.getTimerCount()).toBe(0)
    expect(store.only.args[2]).toEqual({ signal: abort.signal })
  })

  it('leaves no listener on the signal for each look', async () => {
    const store = new FakeStore()
    versions(store, ...Array.from({ length: 20 }, () => 1))
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    collect(watchOf(store, 's', {}, { signal }))
    await vi.advanceTimersByTimeAsync(5000)
    expect(added.mock.calls.length).toBeGreaterThan(9)
    expect(removed.mock.calls.length).toBe(added.mock.calls.length - 1)
  })

  it('passes the owner on with each look', async () => {
    const store = new FakeStore()
    versions(store, 1, notFound)
    const { end } = collect(watchOf(store, 's', {}, { if: { userId: 'u' } }))
    await vi.advanceTimersByTimeAsync(500)
    await end
    for (const call of store.calls) expect(call.args[2]).toEqual({ if: { userId: 'u' } })
  })
})

describe('leaseOf', () => {
  const holding = (store: FakeStore, held: { token: string; expiresAt: number } | undefined, version = 7) => {
    store.answers.load ??= []
    store.answers.load.push(() => ({
      session: sessionOf({ version }),
      context: held === undefined ? [] : [['sess:lease', held]],
    }))
  }

  it("is the store's own where it has one", async () => {
    const own = vi.fn(async () => null)
    const store: SessionStore = Object.assign(new FakeStore(), { lease: own })
    expect(await leaseOf(store, 's', { ttlMs: 5 }, { if: { userId: 'u' } })).toBeNull()
    expect(own).toHaveBeenCalledWith('s', { ttlMs: 5 }, { if: { userId: 'u' } })
  })

  it('else is taken by a commit on the version that was seen', async () => {
    const store = new FakeStore()
    holding(store, undefined)
    const lease = await leaseOf(store, 's', { ttlMs: 500 }, { if: { userId: 'u' } })
    expect(lease).toEqual({ token: expect.stringMatching(/.{20}/), expiresAt: 10_500 })
    const [load, commit] = store.calls
    expect(load?.args).toEqual(['s', { context: { keys: ['sess:lease'] } }, { if: { userId: 'u' } }])
    expect(commit?.args).toEqual(['s', { set: [['sess:lease', lease]] }, { if: { userId: 'u', version: 7 } }])
  })

  it('is not given while another holds it, and is given from the moment it ends', async () => {
    const store = new FakeStore()
    holding(store, { token: 't', expiresAt: 10_001 })
    expect(await leaseOf(store, 's', { ttlMs: 500 })).toBeNull()
    expect(store.only.method).toBe('load')
    holding(store, { token: 't', expiresAt: 10_000 })
    const lease = await leaseOf(store, 's', { ttlMs: 500 })
    expect(lease?.token).not.toBe('t')
  })

  it('is extended by its token alone', async () => {
    const store = new FakeStore()
    // Of another holder; one's own, but too late.
    for (const held of [
      undefined,
      { token: 'other', expiresAt: 20_000 },
      { token: 't', expiresAt: 10_000 },
    ]) {
      holding(store, held)
      expect(await leaseOf(store, 's', { ttlMs: 500, token: 't' })).toBeNull()
    }
    holding(store, { token: 't', expiresAt: 10_001 })
    expect(await leaseOf(store, 's', { ttlMs: 500, token: 't' })).toEqual({ token: 't', expiresAt: 10_500 })
  })

  it('is given back by ttlMs 0', async () => {
    const store = new FakeStore()
    holding(store, { token: 't', expiresAt: 20_000 })
    expect(await leaseOf(store, 's', { ttlMs: 0, token: 't' })).not.toBeNull()
    expect(store.calls.at(-1)?.args[1]).toEqual({ unset: ['sess:lease'] })
  })

  it('is tried again when another commit came between, and then judged anew', async () => {
    const store = new FakeStore()
    const conflict = () => {
      throw new SessError('CONFLICT', 'commit: later')
    }
    store.answers.commit = [conflict, conflict]
    holding(store, undefined, 7)
    holding(store, undefined, 8)
    holding(store, { token: 'faster', expiresAt: 20_000 }, 9)
    const lease = leaseOf(store, 's', { ttlMs: 500 })
    await vi.advanceTimersByTimeAsync(100)
    expect(await lease).toBeNull()
    const commits = store.calls.filter((call) => call.method === 'commit')
    expect(commits.map((call) => call.args[2])).toEqual([{ if: { version: 7 } }, { if: { version: 8 } }])
  })

  it('fails with the store', async () => {
    const store = new FakeStore()
    store.answers.load = [notFound]
    await expect(leaseOf(store, 's', { ttlMs: 5 })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    store.answers.commit = [notFound]
    await expect(leaseOf(store, 's', { ttlMs: 5 })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })
})
