import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SessError } from '../src/index.ts'
import { type Call, Calls } from '../src/store.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const pass = () => {}
const never = () => new Promise<never>(() => {})

test('a call ends with what its work answers or throws', async () => {
  const calls = new Calls('Test', 1000)
  expect(await calls.run('load', undefined, pass, async ({ operation }) => operation)).toBe('load')
  const error = new Error('no')
  await expect(calls.run('load', undefined, pass, () => Promise.reject(error))).rejects.toBe(error)
})

test('what the check throws rejects, and no work is done', async () => {
  const work = vi.fn(never)
  const refuse = () => {
    throw new SessError('INVALID_ARGUMENT', 'load: no')
  }
  await expect(new Calls('Test', 1000).run('load', undefined, refuse, work)).rejects.toThrow('load: no')
  expect(work).not.toHaveBeenCalled()
})

test('each call ends at its own deadline, none before', async () => {
  const calls = new Calls('Test', 1000)
  const ends: string[] = []
  const start = (name: string, work: () => Promise<unknown>) =>
    calls.run(name, undefined, pass, work).then(
      () => ends.push(`${name} done`),
      ({ code }) => ends.push(`${name} ${code}`),
    )
  void start('first', never)
  await vi.advanceTimersByTimeAsync(400)
  void start('second', never)
  void start('quick', async () => {})
  await vi.advanceTimersByTimeAsync(599)
  expect(ends).toEqual(['quick done'])
  await vi.advanceTimersByTimeAsync(2)
  expect(ends).toEqual(['quick done', 'first STORE_UNAVAILABLE'])
  await vi.advanceTimersByTimeAsync(398)
  expect(ends).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(2)
  expect(ends).toEqual(['quick done', 'first STORE_UNAVAILABLE', 'second STORE_UNAVAILABLE'])
  expect(vi.getTimerCount()).toBe(0)
})

test('calls end in any order, and a close waits for the last of them', async () => {
  const calls = new Calls('Test', 1000)
  const finish: (() => void)[] = []
  const ends: number[] = []
  for (let i = 0; i < 4; i++) {
    const work = () => new Promise<void>((resolve) => finish.push(resolve))
    void calls.run('load', undefined, pass, work).then(() => ends.push(i))
  }
  const late = expect(calls.run('load', undefined, pass, never)).rejects.toThrow('no answer within 1000 ms')
  const closed = calls.close().then(() => ends.push(-1))
  for (const i of [1, 0, 3, 2]) {
    finish[i]?.()
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(ends).toEqual([1, 0, 3, 2])
  await vi.advanceTimersByTimeAsync(1000)
  await late
  await closed
  expect(ends).toEqual([1, 0, 3, 2, -1])
})

test('the deadline tells what was sent, of which messages, and why there was no answer', async () => {
  const calls = new Calls('Test', 1000)
  const cause = new Error('READONLY')
  const sent = calls.run('commit', undefined, pass, (call) => {
    Object.assign(call, { isSent: true, messages: [{ id: 'm' }], cause } satisfies Partial<Call>)
    return never()
  })
  const waiting = calls.run('commit', undefined, pass, (call) => {
    call.messages = [{ id: 'm' }]
    return never()
  })
  const told = Promise.allSettled([sent, waiting])
  await vi.advanceTimersByTimeAsync(1001)
  const [first, second] = (await told).map((end) => (end as PromiseRejectedResult).reason)
  expect(first).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'unknown', messageIds: ['m'], cause })
  expect(second).toMatchObject({ code: 'STORE_UNAVAILABLE', outcome: 'none' })
  expect(second.messageIds).toBeUndefined()
})

test('an abort ends a call at once with its reason, and its work learns of it', async () => {
  const calls = new Calls('Test', 1000)
  const controller = new AbortController()
  let begun: Call | undefined
  const aborted = calls.run('load', { signal: controller.signal }, pass, (call) => {
    begun = call
    return never()
  })
  expect(begun?.isOver).toBe(false)
  controller.abort('enough')
  await expect(aborted).rejects.toBe('enough')
  expect(begun?.isOver).toBe(true)
})

test('a call that ended leaves nothing on its signal', async () => {
  const calls = new Calls('Test', 1000)
  const { signal } = new AbortController()
  const under = calls.run('load', { signal }, pass, async () => {})
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  await under
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('close refuses new calls and waits for those under way', async () => {
  const calls = new Calls('Test', 1000)
  let finish: (value: string) => void = pass
  const under = calls.run('load', undefined, pass, () => new Promise<string>((resolve) => (finish = resolve)))
  let isClosed = false
  const closing = calls.close().then(() => {
    isClosed = true
  })
  await expect(calls.run('load', undefined, pass, never)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await vi.advanceTimersByTimeAsync(10)
  expect(isClosed).toBe(false)
  finish('done')
  expect(await under).toBe('done')
  await closing
  expect(vi.getTimerCount()).toBe(0)
})
