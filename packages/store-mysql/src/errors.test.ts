import { describe, expect, test } from 'vitest'
import { toFailure } from './errors.ts'

const failure = (errno: number, stage: 'work' | 'commit') => toFailure('commit', { errno }, stage)

describe("the answer to a transaction's COMMIT", () => {
  test.each([1047, 1053, 1180, 1317, 1927, 3100])(
    '%i leaves open whether it was applied: not sent again but where that is harmless',
    (errno) => {
      expect(failure(errno, 'commit')).toMatchObject({
        error: { code: 'STORE_UNAVAILABLE', outcome: 'unknown', cause: { errno } },
        passes: false,
      })
      expect(failure(errno, 'work').error.outcome).toBe('none')
    },
  )

  test.each([1020, 1205, 1213, 3101, 1290, 1792, 1836])('%i says that it was not applied', (errno) => {
    expect(failure(errno, 'commit')).toMatchObject({ error: { outcome: 'none' }, passes: true })
  })

  test('a number that is not known leaves it open', () => {
    expect(failure(9999, 'commit').error.outcome).toBe('unknown')
    expect(failure(9999, 'work').error.outcome).toBe('none')
  })
})
