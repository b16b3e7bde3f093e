import { describe, expect, it } from 'vitest'
import { type JsonWithBytes, markBytes, unmarkBytes } from '../src/values/bytes.ts'
import { Random } from './random.ts'

const roundTrip = (value: JsonWithBytes) => unmarkBytes(JSON.parse(JSON.stringify(markBytes(value))))

describe('markBytes', () => {
  it('has one form, which is stored and never changes', () => {
    expect(markBytes(new Uint8Array([0, 255, 16]))).toEqual({ $bytes: 'AP8Q' })
    expect(markBytes({ parts: [new Uint8Array()] })).toEqual({ parts: [{ $bytes: '' }] })
    expect(markBytes({ $bytes: 'x', $$bytes: 1, bytes: 2, $byte: 3 })).toEqual({
      $$bytes: 'x',
      $$$bytes: 1,
      bytes: 2,
      $byte: 3,
    })
  })

  it('takes a Buffer and a view of a part for the bytes that they show', () => {
    expect(markBytes(Buffer.from('hello'))).toEqual({ $bytes: 'aGVsbG8=' })
    expect(markBytes(new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3))).toEqual({ $bytes: 'AgM=' })
  })

  it('leaves members out that are undefined, and nothing else that JSON has no word for', () => {
    const item: { readonly id?: string | undefined; readonly data: Uint8Array } = {
      id: undefined,
      data: new Uint8Array([1]),
    }
    expect(Object.keys(markBytes({ item, no: null, zero: 0 }) as object)).toEqual(['item', 'no', 'zero'])
    expect(markBytes({ ...item })).toStrictEqual({ data: { $bytes: 'AQ==' } })
  })

  it('leaves what it was given as it was', () => {
    const value = { a: [new Uint8Array([1])], $bytes: 'x' }
    markBytes(value)
    expect(value).toEqual({ a: [new Uint8Array([1])], $bytes: 'x' })
  })
})

describe('unmarkBytes', () => {
  it.each([
    ['bytes', new Uint8Array([1, 2, 3])],
    ["an object of the user's own with such a key", { $bytes: 'AP8Q' }],
    ['such a key that holds bytes', { $bytes: new Uint8Array([9]) }],
    ['such keys in each other', { $bytes: { $$bytes: { $bytes: [null], $$$bytes: 1 } }, $$bytes: 2 }],
    ['a key __proto__', JSON.parse('{"__proto__":{"$bytes":"x"}}')],
    ['plain JSON', { a: [1, 'two', null, true, { b: [] }, {}] }],
    ['text', 'text'],
    ['null', null],
  ])('gives back %s', (_, value) => expect(roundTrip(value)).toStrictEqual(value))

  it('gives back more bytes than a call takes arguments', () => {
    const bytes = new Uint8Array(300_000).map((_, i) => i * 7)
    // Compared as a whole: a diff of so many values takes seconds.
    expect(Buffer.compare(roundTrip(bytes) as Uint8Array, bytes)).toBe(0)
  })

  it('gives a Uint8Array for a Buffer', () => {
    const back = roundTrip(Buffer.from('hello')) as Uint8Array
    expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype)
    expect(Buffer.from(back).toString()).toBe('hello')
  })

  it('is the inverse for any value', () => {
    const random = new Random(7)
    const make = (depth: number): JsonWithBytes => {
      const kind = random.below(depth > 0 ? 5 : 3)
      if (kind === 0) return new Uint8Array(random.below(20)).map(() => random.below(256))
      if (kind === 1) return random.text()
      if (kind === 2) return random.pick([null, true, 0, -1.5])
      const inner = Array.from({ length: random.below(4) }, () => make(depth - 1))
      if (kind === 3) return inner
      const keys = ['$bytes', '$$bytes', '$$$bytes', 'bytes', '$bytes$', '$', 'x']
      return Object.fromEntries(inner.map((value) => [random.pick(keys), value]))
    }
    for (let i = 0; i < 5000; i++) {
      const value = make(4)
      expect(roundTrip(value)).toStrictEqual(value)
    }
  })

  it.each([
    ['what is not base64', { $bytes: 's3cret*' }],
    ['a number', { $bytes: 5 }],
    ['null', { $bytes: null }],
    ['a list', { a: [{ $bytes: [1, 2] }] }],
    ['a mark within a mark', { $bytes: { $bytes: 'AA==' } }],
    ['base64 that was cut off', { $bytes: 'AP8QA' }],
  ])('finds %s corrupt, without quoting it', (_, value) => {
    const call = () => unmarkBytes(value as never)
    expect(call).toThrow(expect.objectContaining({ code: 'CORRUPT_DATA' }))
    expect(call).not.toThrow('s3cret')
  })

  it('loses no key that stands beside the mark', () => {
    // No output of markBytes: rather refused than cut down to the bytes.
    const call = () => unmarkBytes({ $bytes: 'AP8Q', name: 'photo.png' })
    expect(call).toThrow(expect.objectContaining({ code: 'CORRUPT_DATA' }))
  })
})

describe('markBytes', () => {
  it.each([
    ['a Date', new Date(0)],
    ['a Map', new Map([[1, 2]])],
    ['another typed array', new Float32Array(1)],
    ['an instance of a class', new (class Point {})()],
  ])('refuses %s, which would come out empty', (_, value) => {
    const call = () => markBytes({ in: [value] } as never)
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
