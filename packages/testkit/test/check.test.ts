import { SessError } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { equal, equalInOrder, rejectionOf, rejects, show } from '../src/check.ts'

describe('equal', () => {
  it.each([
    [1, 1],
    ['a', 'a'],
    [null, null],
    [undefined, undefined],
    [[], []],
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [-0, 0],
  ])('takes %j for %j', (a, b) => equal(a, b))

  it.each([
    [1, 2, 'x: expected 2, got 1'],
    ['1', 1, 'x: expected 1, got "1"'],
    [null, undefined, 'x: expected undefined, got null'],
    [null, {}, 'x: expected {}, got null'],
    [[], {}, 'x: expected {}, got []'],
    [{ length: 0 }, [], 'x: expected [], got {"length":0}'],
    [[1, 2], [1], 'x[1]: is not expected, got 2'],
    [[1], [1, 2], 'x[1]: is missing, expected 2'],
    [{ a: { b: [0, 1] } }, { a: { b: [0, 2] } }, 'x.a.b[1]: expected 2, got 1'],
    [{ a: undefined }, {}, 'x.a: is not expected, got undefined'],
    [{}, { a: undefined }, 'x.a: is missing, expected undefined'],
    [{ 'a b': 1 }, { 'a b': 2 }, 'x["a b"]: expected 2, got 1'],
    [JSON.parse('{"__proto__":1}'), {}, 'x.__proto__: is not expected, got 1'],
    [{}, JSON.parse('{"__proto__":{}}'), 'x.__proto__: is missing, expected {}'],
    [new Date(0), {}, 'x: expected plain JSON, got a Date'],
    [new Map(), {}, 'x: expected plain JSON, got a Map'],
    ['e\u0301', '\u00e9', 'x: expected'],
    ['\ud800', '\ufffd', 'x: expected'],
  ])('does not take %j for %j', (a, b, message) => {
    expect(() => equal(a, b, 'x')).toThrow(message)
  })

  it('looks at the order of keys only where asked', () => {
    const a = { x: [{ b: 1, a: 2 }] }
    const b = { x: [{ a: 2, b: 1 }] }
    equal(a, b)
    expect(() => equalInOrder(a, b, 'y')).toThrow(
      'y.x[0]: expected the keys in the order ["a","b"], got ["b","a"]',
    )
    equalInOrder(a, structuredClone(a))
  })
})

describe('rejects', () => {
  const failing = (error: unknown) => () => Promise.reject(error)

  it('answers an error of the code', async () => {
    const error = new SessError('CONFLICT', 'no')
    expect(await rejects('CONFLICT', 'it', failing(error))).toBe(error)
  })

  it('fails for another code, another error and no error', async () => {
    const other = failing(new SessError('UNSUPPORTED', 'no'))
    await expect(rejects('CONFLICT', 'it', other)).rejects.toThrow(
      'it: expected CONFLICT, failed with UNSUPPORTED (no)',
    )
    const type = failing(new TypeError('x'))
    await expect(rejects('CONFLICT', 'it', type)).rejects.toThrow('failed with TypeError: x')
    const value = async () => ({ a: 1 })
    await expect(rejects('CONFLICT', 'it', value)).rejects.toThrow(
      'it: expected CONFLICT: succeeded with {"a":1}',
    )
  })

  it('takes a throw for no rejection', async () => {
    const throwing = () => {
      throw new SessError('CONFLICT', 'no')
    }
    await expect(rejects('CONFLICT', 'it', throwing)).rejects.toThrow('threw instead of rejecting')
  })

  it('answers any rejection where asked', async () => {
    expect(await rejectionOf('it', failing('reason'))).toBe('reason')
  })
})

it('shows values at a readable length', () => {
  expect(show('x'.repeat(1000), 10)).toBe('"xxxxxxxxx… (1002 characters)')
  expect(show(1n)).toBe('1')
})
