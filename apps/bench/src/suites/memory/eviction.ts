import type { SessionManager } from '@sess/core'
import type { EvictionPolicy } from '@sess/store-memory'
import { type Contender, measure, oneByOne } from '../../measure.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import { newManager } from './sess.ts'

const FEW = 1_000

/** What a new session costs in a full store, which has to give one up. */
export async function eviction({ short, large }: Plan): Promise<Section> {
  const calls = Math.min(500, FEW / 2)
  const rows: Row[] = []
  for (const policy of ['lru', 'lfu', 'oldest', 'expired'] as const) {
    const times = await measure(
      [
        await full(`${FEW}`, policy, FEW, calls),
        await full(`${large}`, policy, large, calls),
        ring(`floor ${FEW}`, FEW, calls),
        ring(`floor ${large}`, large, calls),
      ],
      short,
    )
    rows.push({
      what: `createSession in place of ${NAMES[policy]}, ${whole(large)} sessions`,
      to: `${whole(FEW)} sessions`,
      ...times.growth(`${large}`, `${FEW}`),
      goal: { of: 'beyond', atLeast: 0.5 },
    })
  }
  return {
    title: 'Eviction',
    rows,
    notes: [
      'Floor: a `Map` and a queue of its ids, `delete` of the oldest and `set`. (The first key of a `Map` itself is no floor: finding it means stepping over all that was deleted before it.)',
    ],
  }
}

const NAMES = {
  lru: 'the least recently used',
  lfu: 'the least frequently used',
  oldest: 'the oldest',
  expired: 'an expired one',
} as const

async function full(
  name: string,
  policy: EvictionPolicy | 'expired',
  sessions: number,
  calls: number,
): Promise<Contender> {
  let now = Date.now()
  const manager = newManager({
    maxSessions: sessions,
    now: () => now,
    ...(policy !== 'expired' && { evictionPolicy: policy }),
  })
  let made = 0
  const create = (manager: SessionManager, ttl: '1h' | 'never') =>
    // Ten sessions a user, as many users as that takes.
    manager.createSession(`user ${made++ % (sessions / 10)}`, { ttl })
  const ids: string[] = []
  const ttl = policy === 'expired' ? '1h' : 'never'
  for (let i = 0; i < sessions; i++) ids.push((await create(manager, ttl)).id)
  // Some are used more than others, so that there are several frequencies.
  if (policy !== 'expired')
    for (let i = 0; i < sessions * 2; i++) await manager.getSession(ids[(i * i) % sessions] as string)
  return {
    name,
    prepare: async () => {
      if (policy !== 'expired') return
      // Those made in the round before expire too: there is always one to be found.
      now += 3_600_000
      await manager.countUserSessions('user 0')
    },
    run: () => oneByOne(calls, () => create(manager, ttl)),
  }
}

function ring(name: string, sessions: number, calls: number): Contender {
  const records = new Map<string, object>()
  const ids: string[] = []
  let made = 0
  let oldest = 0
  const create = async () => {
    const id = `sess_${crypto.getRandomValues(new Uint32Array(1))[0]}_${made++}`
    const record = Object.freeze({ id, userId: `user ${made % 10}`, createdAt: Date.now(), messages: [] })
    if (records.size >= sessions) {
      records.delete(ids[oldest] as string)
      ids[oldest] = id
      oldest = (oldest + 1) % sessions
    } else ids.push(id)
    records.set(id, record)
    return record
  }
  for (let i = 0; i < sessions; i++) void create()
  return { name, run: () => oneByOne(calls, create) }
}
