import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  deriveSessionId,
  newMessageId,
  newSessionId,
  SHARDS,
  shardOf,
  shardOfSession,
} from '../src/values/ids.ts'
import { Random } from './random.ts'

/** As published (draft-eastlake-fnv), on bytes and BigInt, to be as unlike the code as possible. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5n
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn
  return Number(hash)
}
const fold = (hash: number) => ((hash >>> 12) ^ hash) & 0xfff

describe('shardOf', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('is the published FNV-1a vector of %j, folded', (text, hash) => {
    expect(fnv1a(Buffer.from(text))).toBe(hash)
    expect(shardOf(text)).toBe(fold(hash))
  })

  // Stored data depends on these: they never change.
  it.each([
    ['', 0xc0c],
    ['a', 0x9ee],
    ['user123', 0xc65],
    ['user124', 0x8dc],
    ['Ärger', 0x7b6],
    ['Жанна', 0x4b0],
    ['日本', 0xc3f],
    ['😀', 0xc21],
    ['\u{10ffff}', 0x021],
    // No name holds these; they are hashed as the three bytes that their code would have.
    ['\ud800', 0xde3],
    ['x\udfff', 0xd4a],
  ])('of %j stays as it is', (text, shard) => expect(shardOf(text)).toBe(shard))

  it('agrees with the published algorithm over UTF-8 bytes', () => {
    const random = new Random(4)
    for (let i = 0; i < 5000; i++) {
      const text = random.text(12)
      expect(shardOf(text), JSON.stringify(text)).toBe(fold(fnv1a(Buffer.from(text))))
    }
  })

  it('tells lone surrogates apart, which Buffer does not', () => {
    expect(shardOf('\ud800')).not.toBe(shardOf('\ud801'))
  })

  it('spreads users evenly', () => {
    const counts = new Array<number>(SHARDS).fill(0)
    const users = 100 * SHARDS
    for (let i = 0; i < users; i++) counts[shardOf(`user${i}`)] = (counts[shardOf(`user${i}`)] as number) + 1
    // 100 on average with a standard deviation of 10: seven of them.
    expect(Math.min(...counts)).toBeGreaterThan(30)
    expect(Math.max(...counts)).toBeLessThan(170)
  })
})

describe('newSessionId', () => {
  it('carries the shard of its user', () => {
    for (const user of ['user123', 'Ärger', '😀']) {
      const id = newSessionId(user)
      expect(id).toMatch(/^sess_[0-9a-f]{3}[A-Za-z0-9_-]{22}$/)
      expect(shardOfSession(id)).toBe(shardOf(user))
    }
  })

  it('spreads the sessions of nobody over all shards', () => {
    const shards = new Set(Array.from({ length: 40_000 }, () => shardOfSession(newSessionId(null))))
    // With 40,000 draws a given one of 4,096 stays empty with a probability of 0.00006.
    expect(shards.size).toBeGreaterThan(4080)
  })

  it('gives no id twice', () => {
    const ids = new Set<string>()
    for (let i = 0; i < 100_000; i++) ids.add(newSessionId('user123'))
    expect(ids.size).toBe(100_000)
  })

  it('draws each of the 64 letters equally often, in each place', () => {
    const counts = new Map<string, number>()
    const rounds = 12_800
    for (let i = 0; i < rounds; i++)
      for (const [place, letter] of [...newSessionId(null).slice(8)].entries()) {
        const key = place + letter
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    expect(counts.size).toBe(22 * 64)
    // 200 on average with a standard deviation of 14: seven of them.
    expect(Math.min(...counts.values())).toBeGreaterThan(100)
    expect(Math.max(...counts.values())).toBeLessThan(300)
  })
})

describe('newMessageId', () => {
  it('has its form and comes once', () => {
    const ids = new Set(Array.from({ length: 100_000 }, newMessageId))
    expect(ids.size).toBe(100_000)
    for (const id of [...ids].slice(0, 100)) expect(id).toMatch(/^msg_[A-Za-z0-9_-]{22}$/)
  })
})

describe('shardOfSession', () => {
  const own = `sess_abc${'x'.repeat(22)}`
  it('reads our ids and hashes all others', () => {
    expect(shardOfSession(own)).toBe(0xabc)
    for (const id of [
      'thread-1',
      'sess_',
      own.slice(0, -1),
      `${own}x`,
      ` ${own}`,
      `${own}\n`,
      own.replace('abc', 'ABC'),
      own.replace('abc', 'xyz'),
      own.replace('xx', '+/'),
      own.replace('sess_', 'SESS_'),
    ])
      expect(shardOfSession(id), id).toBe(shardOf(id))
  })
})

describe('deriveSessionId', () => {
  it('has the form of our ids and lies in the shard of the user', async () => {
    const id = await deriveSessionId('user123', 'langgraph', 'thread-1')
    expect(id).toMatch(/^sess_[0-9a-f]{3}[A-Za-z0-9_-]{22}$/)
    expect(shardOfSession(id)).toBe(shardOf('user123'))
  })

  // Adapters' data depends on these: they never change.
  it.each([
    ['user123', ['langgraph', 'thread-1'], 'sess_c65yaiX0F-JxBvyOs7n982ap6'],
    ['user123', [], 'sess_c65RwFb91ayEj-bRuTGe-ZLOs'],
    [null, ['thread-1'], 'sess_5b89ULjIdepvuCztQN_dCPBjm'],
    ['Ärger', ['😀'], 'sess_7b6s-9EW3oIdJkBiFpH16Om-l'],
  ])('of %j and %j stays as it is', async (user, parts, id) => {
    expect(await deriveSessionId(user, ...parts)).toBe(id)
  })

  it('is made of SHA-256 over the JSON text of user and parts', async () => {
    const digest = createHash('sha256').update('["user123","a","b"]').digest()
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const tail = [...digest.subarray(0, 22)].map((byte) => letters[byte % 64]).join('')
    expect(await deriveSessionId('user123', 'a', 'b')).toBe(
      `sess_${shardOf('user123').toString(16).padStart(3, '0')}${tail}`,
    )
  })

  it('tells parts apart that only look alike', async () => {
    const ids = await Promise.all([
      deriveSessionId('u', 'ab', 'c'),
      deriveSessionId('u', 'a', 'bc'),
      deriveSessionId('u', 'abc'),
      deriveSessionId('u', 'abc', ''),
      deriveSessionId('u', '', 'abc'),
      deriveSessionId('u', 'ab","c'),
      deriveSessionId('u', 'c', 'ab'),
      deriveSessionId('v', 'ab', 'c'),
      deriveSessionId(null, 'ab', 'c'),
      deriveSessionId('null', 'ab', 'c'),
    ])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('spreads what belongs to nobody over the shards', async () => {
    const ids = await Promise.all(Array.from({ length: 500 }, (_, i) => deriveSessionId(null, `t${i}`)))
    expect(new Set(ids.map(shardOfSession)).size).toBeGreaterThan(400)
  })

  it('refuses a user that is no name', async () => {
    await expect(deriveSessionId('', 'a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(deriveSessionId('\ud800', 'a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('refuses a part that is no text: all threads without an id would share one session', async () => {
    const part = undefined as unknown as string
    await expect(deriveSessionId('u', 'langgraph', part)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
