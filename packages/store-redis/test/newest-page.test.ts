import type { LoadOptions, NewSession, SessionStore } from '@sess/core'
import { orSkip, startRedis } from '@sess/servers'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { askedNow, ServerClock } from '../src/server-clock.ts'
import { clientOf, newSession, storeOn } from './full/faults.ts'

const server = await orSkip(() => startRedis())
const look = server && new Redis(server.url)
afterAll(async () => {
  look?.disconnect()
  await server?.stop()
})

let sessions = 0
const message = (id: string, content = `content of ${id}`) => ({ id, role: 'user', content, metadata: {} })
const WANT = { messages: { last: 3 } } as const

describe.skipIf(server === undefined)('the newest messages', () => {
  const raw = look as Redis
  const store = () => storeOn({ url: server?.url ?? '' })

  /** A session that a store has read, so that it knows it for a plain one. */
  async function known(fields: Partial<NewSession> = {}) {
    const id = `s${++sessions}`
    const [ours, others] = [store(), store()]
    const messages = ['m1', 'm2', 'm3', 'm4'].map((of) => message(of))
    await ours.create(newSession(id, { userId: 'u', messages, ttlMs: 86_400_000, ...fields }))
    await ours.load(id, { messages: { last: 100 } })
    // What a store does not know, its script reads.
    const same = async (options?: LoadOptions) => {
      const read = (made: SessionStore) => made.load(id, WANT, options).catch((error: unknown) => error)
      const found = await read(ours)
      expect(found).toEqual(await read(store()))
      return found
    }
    return { id, ours, others, same }
  }

  const keysOf = async (id: string) => {
    const [[list = ''], [record = '']] = [await raw.keys(`*:l:${id}`), await raw.keys(`*:r:${id}`)]
    return { list, record }
  }

  const calls = async (command: string) =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await raw.info('commandstats'))?.[1] ?? 0)
  /** How many commands of a name some work takes, with those within scripts. */
  const sent = async (command: string, work: () => Promise<unknown>) => {
    const before = await calls(command)
    await work()
    return (await calls(command)) - before
  }

  test('are read by one LRANGE and no script, once the session is known', async () => {
    const { id, ours, same } = await known()
    for (const last of [1, 3, 4, 100]) {
      const read = () => ours.load(id, { messages: { last } })
      expect(await sent('evalsha', read)).toBe(0)
      expect(await sent('lrange', read)).toBe(1)
      expect((await read()).messages?.map((one) => one.id)).toEqual(['m1', 'm2', 'm3', 'm4'].slice(-last))
    }
    await ours.commit(id, { append: [message('m5')] })
    expect(await sent('evalsha', () => ours.load(id, WANT))).toBe(0)
    await same()
  })

  test('of a session without any are none', async () => {
    const { id, ours, same } = await known({ messages: [] })
    expect(await sent('evalsha', () => ours.load(id, WANT))).toBe(0)
    expect(await same()).toMatchObject({ messages: [], session: { id, messageCount: 0 } })
  })

  test.for([
    ['as somebody else changed them', { amend: [{ id: 'm4', content: 'amended' }], append: [message('m5')] }],
    ['after a cut of the newest', { cut: { newest: 2 } }],
    ['after a cut of all', { cut: { afterSeq: 0 } }],
    ['of a closed session', { session: { isActive: false } }],
    ['of a session that got metadata', { session: { metadata: { title: 'x' } } }],
    ['of a session that got context', { set: [['k', 1]] }],
    ['of a session that has another owner', { session: { userId: 'v' } }],
    ['of a session that is nobody’s', { session: { userId: null } }],
    ['of a session that never expires now', { session: { ttlMs: null } }],
    ['of a session that is near its end', { session: { ttlMs: 30_000 } }],
  ] as const)('%s', async ([, change]) => {
    const { id, others, same } = await known()
    await others.commit(id, change)
    await same()
    await same({ if: { userId: 'u' } })
    await same({ if: { userId: null } })
  })

  test('of another owner are not there', async () => {
    const { same } = await known()
    expect(await same({ if: { userId: 'somebody' } })).toMatchObject({ code: 'SESSION_NOT_FOUND' })
    expect(await same({ if: { userId: 'u' } })).toMatchObject({ session: { userId: 'u' } })
  })

  test('of a session that expired, by the server’s clock, are not there', async () => {
    const { id, ours, others } = await known()
    await others.commit(id, { session: { ttlMs: 1 } })
    const code = (made: SessionStore) => made.load(id, WANT).then(String, (error) => error.code)
    await vi.waitUntil(async () => (await code(others)) === 'SESSION_EXPIRED')
    expect(await code(ours)).toBe('SESSION_EXPIRED')
  })

  test('of a session that was deleted are not there, and those of the next one are its own', async () => {
    const { id, others, same } = await known()
    await others.delete(id)
    expect(await same()).toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await others.create(newSession(id, { userId: 'v', messages: [message('new')] }))
    expect(await same()).toMatchObject({ session: { userId: 'v' }, messages: [{ id: 'new' }] })
  })

  test('are bounded where somebody wrote large ones', async () => {
    const { id, ours, others } = await known()
    const large = Array.from({ length: 10 }, (_, i) => message(`l${i}`, 'x'.repeat(1_000_000)))
    await others.commit(id, { append: large.slice(0, 5) })
    await others.commit(id, { append: large.slice(5) })
    expect((await ours.load(id, { messages: { last: 10 } })).messages?.length).toBe(8)
  })

  test.for([
    ['has metadata', { session: { metadata: { title: 'x' } } }],
    ['is near its end', { session: { ttlMs: 30_000 } }],
    [
      'has large messages',
      { append: [message('l1', 'x'.repeat(600_000)), message('l2', 'x'.repeat(600_000))] },
    ],
  ] as const)('of a session that %s are not read in vain again and again', async ([, change]) => {
    const { id, ours, others, same } = await known()
    await others.commit(id, change)
    await same()
    const byScript = await sent('lrange', () => store().load(id, WANT))
    expect(await sent('lrange', () => ours.load(id, WANT))).toBe(byScript)
  })

  test('are read by the script where more are wanted than it has shown, and by LRANGE from then on', async () => {
    const id = `s${++sessions}`
    const made = store()
    const messages = Array.from({ length: 10 }, (_, i) => message(`l${i}`, 'x'.repeat(300_000)))
    await made.create(newSession(id, { messages: [...messages, message('small')] }))
    const read = (last: number) => made.load(id, { messages: { last } })
    await read(1)
    expect(await sent('evalsha', () => read(1))).toBe(0)
    expect(await sent('evalsha', () => read(2))).toBe(1)
    expect(await sent('evalsha', () => read(2))).toBe(0)
    // Of these it shows that they are large, time and again, and nothing else is asked.
    for (const _ of [1, 2]) {
      const byScript = await sent('lrange', () => store().load(id, { messages: { last: 11 } }))
      expect(await sent('lrange', () => read(11))).toBe(byScript)
    }
  })

  test('of a session that is gone are asked for by LRANGE no second time', async () => {
    const { id, ours, others } = await known()
    await others.delete(id)
    const read = () => ours.load(id, WANT).catch(() => {})
    expect(await sent('lrange', read)).toBe(1)
    expect(await sent('lrange', read)).toBe(0)
  })

  test('are read by the script where its last answer came late or is long ago', async () => {
    const { id } = await known()
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const late = store()
      await late.load(id)
      const answer = late.load(id, WANT)
      vi.setSystemTime(Date.now() + 700_000)
      await answer
      expect(await sent('evalsha', () => late.load(id, WANT))).toBe(1)
      expect(await sent('evalsha', () => late.load(id, WANT))).toBe(0)
      for (const command of ['evalsha', 'lrange']) {
        vi.setSystemTime(Date.now() + 700_000)
        // The script's own, and none before it.
        expect(await sent(command, () => late.load(id, WANT))).toBe(1)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  test('of another schema are refused', async () => {
    const { id, same } = await known()
    const { list, record } = await keysOf(id)
    const newer = String(await raw.hget(record, '')).replace(/^1/, '2')
    await raw.hset(record, '', newer)
    await raw.lset(list, -1, newer)
    expect(await same()).toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('are read by the script on a client of the application, which may read from replicas', async () => {
    const { id } = await known()
    const borrowed = storeOn({ client: clientOf({ host: server?.host ?? '', port: server?.port ?? 0 }) })
    for (const _ of [1, 2]) expect(await sent('evalsha', () => borrowed.load(id, WANT))).toBeGreaterThan(0)
  })

  test('are lost with their list: nothing is written then, and the data is corrupt', async () => {
    const { id, ours } = await known()
    const { list, record } = await keysOf(id)
    const before = await raw.hgetall(record)
    await raw.del(list)
    for (const change of [{ append: [message('m5')] }, { set: [['k', 1]] }] as const)
      await expect(ours.commit(id, change)).rejects.toMatchObject({ code: 'CORRUPT_DATA', outcome: 'none' })
    expect(await raw.exists(list)).toBe(0)
    expect(await raw.hgetall(record)).toEqual(before)
  })
})

describe('a server’s clock', () => {
  const SAID = 1_764_450_000
  const ms = (seconds: number) => 1000 * (SAID + seconds)

  test.for([
    ['a moment that is far off', 0, 0, ms(61), true],
    ['a moment that is near', 0, 0, ms(60), false],
    ['a moment that came nearer', 100, 100, ms(160), false],
    ['a moment that did not come near enough', 100, 100, ms(161), true],
    ['never', 100, 100, null, true],
    ['what it said long ago', 600, 600, null, false],
    ['a machine that slept', 0, 700, ms(100_000), false],
    ['a machine that slept a while', 0, 100, ms(160), false],
    ['a machine whose clock was set back', 100, -9_999, ms(160), false],
  ] as const)('%s', ([, passed, wall, moment, isBefore]) => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] })
    const clock = new ServerClock(SAID, askedNow())
    const start = Date.now()
    vi.advanceTimersByTime(1000 * passed)
    vi.setSystemTime(start + 1000 * wall)
    expect(clock.isBefore(moment)).toBe(isBefore)
    vi.useRealTimers()
  })
})
