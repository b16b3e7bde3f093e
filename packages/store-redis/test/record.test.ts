import { describe, expect, test } from 'vitest'
import { sessionOf, toAppended, toCounters, toSession } from '../src/record.ts'

describe('the counters of a record', () => {
  test.for([
    ['1 1764450000000 3 2 1 1764450000001 1764536400000 1 1000 1 - - 1 0', 1764536400000, true],
    ['1 1764450000000 3 2 1 1764450000001 1764536400000 0 1000 1 - - 1 0', 1764536400000, false],
    ['1 1764450000000 3 2 1 1764450000001 - 1 - 1', null, false],
    ['1 -1764450000000 3 2 1 -5 0 0 - 1', 0, false],
    ['1 0 9007199254740991 9007199254740991 0 9999999999998 -', null, false],
  ] as const)('%s', ([text, expiresAt, slides]) => {
    const [, createdAt, version, lastSeq, messageCount, updatedAt] = text.split(' ').map(Number)
    const counters = { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt }
    expect(toCounters(text)).toStrictEqual(counters)
    expect(toAppended(text)).toStrictEqual({ counters, slides })
  })
})

describe('the session of a record', () => {
  const record = (owner: string, bytes = 0) =>
    `1 1764450000000 7 5 4 1764450000001 - 1 1000 0 a1b2c3d4 1 2 3 60000 d ${bytes} token ${owner}`
  const session = {
    id: 's',
    createdAt: 1764450000000,
    updatedAt: 1764450000001,
    expiresAt: null,
    ttlMs: 60_000,
    sliding: true,
    version: 7,
    messageCount: 4,
    lastSeq: 5,
    maxMessages: 1000,
    overflow: 'drop-oldest',
    isActive: false,
  }

  test.for([
    ['-', null],
    ['+a user', 'a user'],
    ['+two\nlines and - more ', 'two\nlines and - more '],
  ] as const)('has the owner %j', ([owner, userId]) => {
    expect(toSession('s', record(owner), ['k', '"v"'])).toEqual({ ...session, userId, metadata: { k: 'v' } })
    expect(sessionOf('s', record(owner))).toEqual({ ...session, userId, metadata: {} })
  })

  test.for([
    ['with metadata', record('-', 12)],
    ['of another schema', record('-').replace('1', '2')],
    ['cut short', record('-').slice(0, -1)],
    [
      'that is a message',
      '[1,1764450000000,2,null,0,"m","user",\n"1 2 3 4 5 6 7 8 9 10 11 12 13 14 d 0 - -",\n{}]',
    ],
    ['that is not there', undefined],
  ] as const)('is not told by a record alone: one %s', ([, text]) => {
    expect(sessionOf('s', text)).toBeUndefined()
  })

  test('of another schema is refused', () => {
    expect(() => toSession('s', record('-').replace('1', '2'), [])).toThrow('upgrade it')
  })
})
