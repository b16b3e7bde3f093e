import { expect, test } from 'vitest'
import type { Change, CommitOptions } from '../src/index.ts'
import { type Call, isPlainAppend, isRepeatable, refuseAgain, unavailable } from '../src/store.ts'

const cause = new Error('below')
const callWith = (more: Partial<Call>): Call => ({
  ...{ operation: 'commit', repeatable: false, messages: undefined, deadline: performance.now() + 60_000 },
  ...{ isOver: false, isSent: false, isRepeat: false, cause: undefined },
  ...more,
})

test.each([
  ['nothing was applied and it may pass', {}, 'none', true, 10, true],
  ['nothing was applied, and it will not pass', { repeatable: true }, 'none', false, 10, false],
  ['it may have been applied, and twice is once', { repeatable: true }, 'unknown', false, 10, true],
  ['it may have been applied, and twice is twice', {}, 'unknown', false, 10, false],
  ['its caller was told its end', { isOver: true }, 'none', true, 10, false],
  ['the deadline is near', {}, 'none', true, 120_000, false],
] as const)('whether a call is sent again where %s', (_, state, outcome, passes, ms, isAgain) => {
  const call = callWith(state)
  const failure = unavailable('commit', 'why', cause, outcome, passes)
  if (isAgain) refuseAgain(call, failure, ms)
  else expect(() => refuseAgain(call, failure, ms)).toThrow(failure.error)
  expect(call.cause).toBe(cause)
})

test('what was sent before may have been applied, whatever is refused later', () => {
  const { error, passes } = unavailable('commit', 'why', cause, 'none')
  expect(() => refuseAgain(callWith({ isSent: true }), { error, passes }, 10)).toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE', outcome: 'unknown', cause }),
  )
})

const append = [{ id: 'm', role: 'user', content: 'hello', metadata: {} }]
const stamp = { version: 2, lastSeq: 1, updatedAt: 1, expiresAt: null }

test.each<[string, Change, CommitOptions | undefined, isRepeatable: boolean, isPlain: boolean]>([
  ['an append', { append }, undefined, true, true],
  ['an append on a condition', { append }, { if: { version: 1 } }, true, true],
  ['an append on a key', { append }, { if: { absent: ['k'] } }, true, false],
  ['an append with a stamp', { append }, { stamp }, true, false],
  ['a turn', { append, set: [['k', 1]] }, undefined, true, false],
  ['no messages', { append: [] }, undefined, true, false],
  ['an entry', { set: [['k', 1]] }, undefined, true, false],
  ['an entry of an owner', { set: [['k', 1]] }, { if: { userId: 'u' } }, true, false],
  ['an entry on a condition', { set: [['k', 1]] }, { if: { version: 1 } }, false, false],
  ['an entry with a stamp', { set: [['k', 1]] }, { stamp }, false, false],
  ['a cut', { cut: { newest: 1 } }, undefined, false, false],
  ['a cut and an append', { cut: { newest: 1 }, append }, undefined, true, false],
])(
  '%s: whether it may be sent again, and whether it is a plain append',
  (_, change, options, repeatable, plain) => {
    expect([isRepeatable(change, options), isPlainAppend(change, options)]).toEqual([repeatable, plain])
  },
)
