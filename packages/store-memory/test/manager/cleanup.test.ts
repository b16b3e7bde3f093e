import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { SessionManager, type StoreEvent } from '@sess/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

describe('cleanup in the background', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('deletes what expired, and tells it', async () => {
    const events: StoreEvent[] = []
    const store = createMemoryStore({ cleanupInterval: 'never' })
    const sessions = new SessionManager({ store, onEvent: (event) => events.push(event) })
    for (let i = 0; i < 25; i++) await sessions.createSession('u', { ttl: '90s' })
    const kept = await sessions.createSession('u')
    sessions.startCleanup('1m', { batchSize: 10 })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(events.map((event) => event.detail)).toEqual([{ deleted: 0 }, { deleted: 25 }])
    expect(await sessions.getStats()).toMatchObject({ totalSessions: 1, lastCleanupAt: 1_700_000_120_000 })
    expect(await sessions.sessionExists(kept.id)).toBe(true)
    await sessions.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not begin when the manager is closed', async () => {
    const sessions = new SessionManager({ store: createMemoryStore() })
    await sessions.close()
    expect(() => sessions.startCleanup()).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
    expect(vi.getTimerCount()).toBe(0)
  })

  it("of the store's own is told as well, where it found something", async () => {
    const events: StoreEvent[] = []
    const store = createMemoryStore({ cleanupInterval: '1m', onEvent: (event) => events.push(event) })
    const sessions = new SessionManager({ store })
    for (let i = 0; i < 1001; i++) await sessions.createSession('u', { ttl: '90s' })
    await vi.advanceTimersByTimeAsync(180_000)
    expect(events).toEqual([{ type: 'swept', store: 'memory', detail: { deleted: 1001 } }])
    await sessions.close()
  })

  it('that fails raises an event, and no rejection that nobody handles', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const events: StoreEvent[] = []
    const store = createMemoryStore()
    const sessions = new SessionManager({ store, onEvent: (event) => events.push(event) })
    sessions.startCleanup('1m')
    await store.close()
    await vi.advanceTimersByTimeAsync(60_000)
    sessions.stopCleanup()
    vi.useRealTimers()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(events).toEqual([{ type: 'cleanup-failed', store: 'memory', detail: { code: 'STORE_CLOSED' } }])
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('is over after `await using`, and so is the store', async () => {
    const store = createMemoryStore()
    {
      await using sessions = new SessionManager({ store })
      await sessions.createSession('u')
      sessions.startCleanup('1m')
      expect(vi.getTimerCount()).toBe(2)
    }
    expect(vi.getTimerCount()).toBe(0)
    expect((await store.health()).ok).toBe(false)
  })
})

describe('timers', () => {
  it('of manager and store keep no process alive', async () => {
    const file = (path: string) => JSON.stringify(fileURLToPath(import.meta.resolve(path)))
    const code = `
      import { SessionManager } from ${file('@sess/core')}
      import { createMemoryStore } from ${file('../../src/index.ts')}
      const sessions = new SessionManager({ store: createMemoryStore({ cleanupInterval: '1h' }) })
      await sessions.createSession('u')
      sessions.startCleanup('1h')
      console.log('done')
    `
    const tsx = import.meta.resolve('tsx')
    const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const [exitCode, killedBy] = await once(child, 'exit')
    expect({ output: output.trim(), exitCode, killedBy }).toEqual({
      output: 'done',
      exitCode: 0,
      killedBy: null,
    })
  }, 30_000)
})
