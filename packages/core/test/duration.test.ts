import { describe, expect, it } from 'vitest'
import { MAX_DURATION_MS, parseDuration, parseLifetime } from '../src/values/duration.ts'
import { Random } from './random.ts'

const parse = (value: unknown) => parseDuration('op', 'ttl', value as string)

describe('parseDuration', () => {
  it.each([
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['2h45m', 9_900_000],
    ['24h', 86_400_000],
    ['1s', 1000],
    ['.5s', 500],
    ['1.s', 1000],
    ['1h1h', 7_200_000],
    ['45m2h', 9_900_000],
    ['1500us', 2],
    ['1500µs', 2],
    ['1500μs', 2],
    ['1ns', 1],
    ['0h5m', 300_000],
    ['1m1ms', 60_001],
    ['007s', 7000],
  ])('reads %s as Go does', (text, ms) => expect(parse(text)).toBe(ms))

  it.each([
    [1, 1],
    [0.2, 1],
    [1500, 1500],
    [1500.01, 1501],
    [MAX_DURATION_MS, MAX_DURATION_MS],
  ])('takes the number %d as milliseconds, rounded up', (value, ms) => expect(parse(value)).toBe(ms))

  it('adds no millisecond by float arithmetic', () => {
    for (const [text, ms] of [
      ['0.1h', 360_000],
      ['1.1h', 3_960_000],
      ['0.7m', 42_000],
      ['4.35s', 4350],
      ['1.005s', 1005],
      ['0.3s', 300],
    ] as const)
      expect(parse(text), text).toBe(ms)
  })

  it('is exact for whole milliseconds up to a year', () => {
    const random = new Random(3)
    for (let i = 0; i < 20_000; i++) {
      const ms = 1 + random.below(365 * 24 * 3_600_000)
      const [h, m] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
      const text = `${h}h${m}m${Math.floor(ms / 1000) % 60}s${ms % 1000}ms`
      expect(parse(text), text).toBe(ms)
    }
  })

  it.each([
    '',
    ' ',
    '1',
    '10',
    '1 h',
    ' 1h',
    '1h ',
    '1h 30m',
    '-1h',
    '+1h',
    '1d',
    '1H',
    '1hh',
    'h',
    '.h',
    '1,5h',
    '1e3ms',
    'never',
    '1h-1m',
    '∞',
    '0',
    '0s',
    '0h0m',
    '1.2.3s',
  ])('refuses %j', (text) =>
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' })),
  )

  it.each([
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    MAX_DURATION_MS + 1,
    null,
    undefined,
    true,
    5n,
    {},
    ['1h'],
  ])('refuses %s, which is no duration', (value) =>
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' })),
  )

  it('refuses more than 100 years in text', () => {
    expect(parse('876000h')).toBe(MAX_DURATION_MS)
    expect(() => parse('876001h')).toThrow('100 years')
  })

  it('says which call and which value, and what was expected', () => {
    expect(() => parseDuration('extendTTL', 'ttl', '2 hours')).toThrow(/^extendTTL: ttl must be .*'2h45m'$/)
  })
})

describe('parseLifetime', () => {
  it('knows never', () => {
    expect(parseLifetime('op', 'ttl', 'never')).toBeNull()
    expect(parseLifetime('op', 'ttl', '1s')).toBe(1000)
    expect(() => parseLifetime('op', 'ttl', 'Never')).toThrow('ttl')
  })
})
