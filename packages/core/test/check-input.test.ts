import { describe, expect, it } from 'vitest'
import { checkCommit, checkListQuery, checkLoad } from '../src/store.ts'

// The kit tries each member that a store must refuse. Here: what only JavaScript can pass, which must not end in a
// TypeError, since stores fail with a SessError alone.
const wrong: readonly [string, () => void][] = [
  [
    'a cursor of null, as `nextCursor` has it',
    () => checkListQuery({ userId: 'u', limit: 1, cursor: null as never }, undefined),
  ],
  [
    'a cursor that is no text',
    () => checkListQuery({ userId: 'u', limit: 1, cursor: 5 as never }, undefined),
  ],
  ['a context of false', () => checkLoad('load', 's', { context: false as never }, undefined)],
  ['a context of null', () => checkLoad('load', 's', { context: null as never }, undefined)],
  [
    'an `after` that is no text',
    () => checkLoad('load', 's', { context: { prefix: '', limit: 1, after: 5 as never } }, undefined),
  ],
  [
    'a prefix with a lone surrogate, which no key has',
    () => checkLoad('load', 's', { context: { prefix: '\ud83d', limit: 1 } }, undefined),
  ],
  [
    'context keys that are no text',
    () => checkLoad('load', 's', { context: { keys: [5 as never] } }, undefined),
  ],
  [
    'message ids that are no text',
    () => checkLoad('load', 's', { messages: { ids: [5 as never] } }, undefined),
  ],
  ['messages of null', () => checkLoad('load', 's', { messages: null as never }, undefined)],
  [
    'an amendment that takes the content away',
    () => checkCommit('s', { amend: [{ id: 'm', content: undefined as never }] }, undefined),
  ],
  ['a cut of null', () => checkCommit('s', { cut: null as never }, undefined)],
  [
    'an isActive that is no boolean',
    () => checkCommit('s', { session: { isActive: 'no' as never } }, undefined),
  ],
  ['a sliding that is no boolean', () => checkCommit('s', { session: { sliding: 1 as never } }, undefined)],
  ['a stamp without times', () => checkCommit('s', {}, { stamp: { version: 2, lastSeq: 0 } as never })],
  [
    'a stamp with a time that is none',
    () => checkCommit('s', {}, { stamp: { version: 2, lastSeq: 0, updatedAt: Number.NaN, expiresAt: null } }),
  ],
  [
    'a stamp with an end that is none',
    () =>
      checkCommit('s', {}, { stamp: { version: 2, lastSeq: 0, updatedAt: 1, expiresAt: 'never' as never } }),
  ],
]

describe('a store refuses as INVALID_ARGUMENT', () => {
  it.each(wrong)('%s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ name: 'SessError', code: 'INVALID_ARGUMENT' }))
  })
})
