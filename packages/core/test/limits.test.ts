import { describe, expect, it } from 'vitest'
import { checkWhole, DEFAULT_LIMITS } from '../src/rules/limits.ts'

describe('DEFAULT_LIMITS', () => {
  it('are those of the README', () => {
    expect(DEFAULT_LIMITS).toEqual({
      messageBytes: 1_048_576,
      batchMessages: 1000,
      batchBytes: 8_388_608,
      contextBytes: 1_048_576,
      metadataBytes: 65_536,
    })
  })
})

describe('checkWhole', () => {
  it('takes whole numbers of the range, ends included', () => {
    for (const value of [1, 2, 10]) expect(() => checkWhole('op', 'limit', value, 1, 10)).not.toThrow()
    expect(() => checkWhole('op', 'limit', Number.MAX_SAFE_INTEGER, 0)).not.toThrow()
  })

  it.each([0, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', null, undefined, 5n])(
    'refuses %s',
    (value) => {
      expect(() => checkWhole('op', 'limit', value, 1, 10)).toThrow(
        'op: limit must be a whole number from 1 to 10',
      )
      expect(() => checkWhole('op', 'limit', value, 1, 10)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    },
  )

  it('names the least where there is no greatest', () => {
    expect(() => checkWhole('op', 'offset', -1, 0)).toThrow('op: offset must be a whole number of at least 0')
  })
})
