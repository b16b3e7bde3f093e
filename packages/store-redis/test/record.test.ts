import { describe, expect, test } from 'vitest'
import { numbersIn } from '../src/record.ts'

describe('the first numbers of a record', () => {
  test.for([
    ['1 1764450000000 2 1 1 1764450000001 1764536400000 0 1000 1 - - 1 0', 1764536400000],
    ['1 1764450000000 2 1 1 1764450000001 - 1', null],
    ['1 -1764450000000 2 1 1 -5 0 0 - 1', 0],
    ['1 0 9007199254740991 9007199254740991 0 9999999999998 - 1 12', null],
  ] as const)('%s', ([text, expiresAt]) => {
    const parts = text.split(' ').map((part) => (part === '-' ? null : Number(part)))
    const numbers = numbersIn(text, 8)
    expect(numbers).toStrictEqual(parts.slice(0, 8))
    expect(numbers[6]).toBe(expiresAt)
  })
})
