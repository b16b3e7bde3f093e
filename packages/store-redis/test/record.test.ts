import { describe, expect, test } from 'vitest'
import { numbersIn } from '../src/record.ts'

describe('what scripts answer of a record', () => {
  test.for([
    ['2 1 1 1 1764450000000 1764536400000 0 1764450000000 1764450000001 0', 1764536400000],
    ['2 1 1 1 1764450000000 - 0 1764450000000 1764450000001 0', null],
    ['2 1 1 1 -5 0 0 -1764450000000 1764450000001 12', 0],
    ['9007199254740991 9007199254740991 0 1 9999999999998 - 1048576 7', null],
  ] as const)('%s', ([text, expiresAt]) => {
    const parts = text.split(' ').map((part) => (part === '-' ? null : Number(part)))
    expect(numbersIn(text)).toStrictEqual(parts)
    expect(numbersIn(text)[5]).toBe(expiresAt)
  })
})
