import { createHash } from 'node:crypto'
import { newMessageId } from '@sess/core'
import { BODY_BYTES, inputs } from '../../inputs.ts'
import { atOnce, type Contender, measure } from '../../measure.ts'
import { CONCURRENCIES, closely, perSecond, type Way } from '../../server/contenders.ts'
import type { Plan, Row, Section } from '../../suite.ts'
import type { Rig } from './rig.ts'
import { shipped } from './shipped.ts'

/**
 * The smallest script that could be called an append: no checks, no ids, no limits, no answer but the seq.
 *
 * KEYS  1 record, 2 messages, 3 a user's sessions by time
 * ARGV  1 message, 2 now, 3 session id, 4 when it expires
 */
const SOURCE = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', '1')
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3])
redis.call('PEXPIREAT', KEYS[1], ARGV[4])
redis.call('PEXPIREAT', KEYS[2], ARGV[4])
return seq
`
const SHA = createHash('sha1').update(SOURCE).digest('hex')

const SESSIONS = 40
const DAY = 86_400_000

/** What the duties of an append cost in the shipped script. */
export async function smallest(plan: Plan, rig: Rig): Promise<Section> {
  const rows: Row[] = []
  for (const inFlight of CONCURRENCIES) {
    const { rounds, calls } = closely(plan, inFlight)
    const way: Way = { inFlight, calls, bytes: BODY_BYTES, ids: 'generated' }
    const field = await rig.field('floor', 0, BODY_BYTES)
    const times = await measure(
      [shipped('shipped', field, way, rig), smallestAppend('floor', way, rig)],
      rounds,
    )
    rows.push({
      what: `the shipped script, N = 0, ${inFlight} at once`,
      to: `smallest, ${perSecond(times, 'floor', way.calls)}/s`,
      ratio: times.ratio('shipped', 'floor'),
      goal: { of: 'ratio', atLeast: 0.75 },
    })
  }
  return {
    title: 'The script of an append, both by bare ioredis',
    rows,
    notes: ['The smallest: exists, counter, push, one sorted set, two expiries; it pushes as many bytes.'],
  }
}

/** The smallest script, sent by bare ioredis, its message written out at the call. */
export function smallestAppend(name: string, { calls, inFlight, bytes }: Way, rig: Rig): Contender {
  const input = inputs(bytes)
  const key = (i: number, part: string) => rig.key(`{floor}:${part}:${i % SESSIONS}`)
  const sessions = Array.from({ length: SESSIONS }, (_, i) => ({
    keys: [key(i, 'r'), key(i, 'm'), key(0, 'u')],
    id: `session ${i}`,
  }))
  return {
    name,
    prepare: async () => {
      await rig.load(SOURCE)
      const [node] = rig.nodes
      for (let i = 0; i < SESSIONS; i++) {
        await node?.unlink(key(i, 'm'))
        await node?.hset(key(i, 'r'), 'user', 'user', 'seq', 0)
      }
    },
    run: () =>
      atOnce(calls, inFlight, (i) => {
        const { keys, id } = sessions[i % SESSIONS] as (typeof sessions)[number]
        const { role, content } = input(i)
        const now = Date.now()
        const message = JSON.stringify([i, now, 1, null, 0, newMessageId(), role, content, {}])
        return rig.bare.evalsha(SHA, keys.length, ...keys, message, now, id, now + DAY)
      }),
  }
}
