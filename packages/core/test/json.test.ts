import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Json } from '../src/contract/model.ts'
import { frozenJson, JsonCopier, jsonBytes, MAX_DEPTH, sameJson, setOwn } from '../src/values/json.ts'
import { Random } from './random.ts'

const MIB = 1024 * 1024
/** The longest text that a number has. */
const LONGEST = Number('-1.2345678901234567e-300')
const copy = (value: unknown, maxBytes = MIB) => new JsonCopier('op', maxBytes).value('content', value)

function nested(depth: number): unknown {
  let value: unknown = 'leaf'
  for (let i = 0; i < depth; i++) value = i % 2 ? { in: value } : [value]
  return value
}

function assertFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.isFrozen(value)).toBe(true)
  for (const inner of Object.values(value)) assertFrozen(inner)
}

function randomJson(random: Random, depth = 3): Json {
  const kind = random.below(depth > 0 ? 8 : 6)
  if (kind === 0) return random.text(12)
  if (kind === 1) return random.pick([0, -1, 1e308, 5e-324, LONGEST, Number('9007199254740993'), 0.1])
  if (kind === 2) return random.pick([true, false, null])
  if (kind === 3) return []
  if (kind === 4) return {}
  if (kind === 5) return `\ud800${random.text(3)}`
  const length = random.below(5)
  if (kind === 6) return Array.from({ length }, () => randomJson(random, depth - 1))
  const object: { [key: string]: Json } = {}
  for (let i = 0; i < length; i++)
    setOwn(object, random.pick(['__proto__', '', 'toString', random.text(4)]), randomJson(random, depth - 1))
  return object
}

describe('JsonCopier', () => {
  it('copies any JSON value, key order included', () => {
    const random = new Random(5)
    for (let i = 0; i < 3000; i++) {
      const value = randomJson(random)
      const text = JSON.stringify(value)
      const copied = copy(value)
      expect(JSON.stringify(copied)).toBe(text)
      expect(copied).toEqual(value)
      assertFrozen(copied)
    }
  })

  it('shares nothing with what it was given', () => {
    const value = { list: [{ deep: [1] }] }
    const copied = copy(value)
    value.list[0]?.deep.push(2)
    value.list.push({ deep: [] })
    expect(copied).toEqual({ list: [{ deep: [1] }] })
  })

  it('copies even what is frozen, whose inside may not be', () => {
    const inner = { a: 1 }
    const copied = copy(Object.freeze([inner]))
    inner.a = 2
    expect(copied).toEqual([{ a: 1 }])
  })

  it('keeps a key __proto__ as a key', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    const copied = copy(value)
    expect(JSON.stringify(copied)).toBe('{"__proto__":{"polluted":true},"constructor":1}')
    expect(Object.getPrototypeOf(copied)).toBe(Object.prototype)
    expect((copied as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('takes objects without a prototype and those of another realm', () => {
    expect(copy(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 })
    expect(copy(runInNewContext('({ a: [1, { b: null }] })'))).toEqual({ a: [1, { b: null }] })
  })

  it('gives -0 the only zero that JSON has', () => {
    expect(copy(-0)).toBe(0)
    expect(Object.is(copy([-0]), -0)).toBe(false)
    expect(Object.is((copy([-0]) as number[])[0], 0)).toBe(true)
  })

  it('takes the numbers that JSON carries', () => {
    for (const value of [0, 1e308, -1e308, 5e-324, Number.MAX_SAFE_INTEGER, Number('9007199254740993'), 0.1])
      expect(copy(value)).toBe(value)
  })

  it('takes the same object twice, which is no cycle', () => {
    const shared = { a: 1 }
    expect(copy([shared, shared])).toEqual([{ a: 1 }, { a: 1 }])
  })

  class Point {
    x = 1
  }
  class Dated {
    toJSON() {
      return 'text'
    }
  }
  it.each([
    ['undefined', undefined, 'content is of type undefined'],
    ['undefined in an object', { a: { b: undefined } }, 'content.a.b is of type undefined'],
    ['a function', { a: [() => 1] }, 'content.a[0] is of type function'],
    ['a symbol', [Symbol('s')], 'content[0] is of type symbol'],
    ['a BigInt', { 'no identifier': 1n }, 'content["no identifier"] is of type bigint'],
    ['NaN', [[Number.NaN]], 'content[0][0] is NaN'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, 'content.a is Infinity'],
    ['a Date', { parts: [1, 2, { at: new Date(0) }] }, 'content.parts[2].at is a Date'],
    ['a Map', { m: new Map() }, 'content.m is a Map'],
    ['a Set', new Set(), 'content is a Set'],
    ['a RegExp', /x/, 'content is a RegExp'],
    ['an Error', new Error('m'), 'content is a Error'],
    ['a Uint8Array', { b: new Uint8Array(2) }, 'content.b is a Uint8Array'],
    ['a Buffer', Buffer.from('x'), 'content is a Buffer'],
    ['a Promise', Promise.resolve(), 'content is a Promise'],
    ['a boxed number', Object(1), 'content is a Number'],
    ['a class instance', { p: new Point() }, 'content.p is a Point'],
    ['an instance with toJSON', new Dated(), 'content is a Dated'],
    ['a plain object with toJSON', { toJSON: () => 1 }, 'content.toJSON is of type function'],
    ['an array with a hole', Object.assign(new Array(3), { 0: 1, 2: 3 }), 'content[1] is of type undefined'],
    ['an anonymous class', new (class {})(), 'content is a class instance'],
    ['a key that needs quotes', { 'a"b': [undefined] }, 'content["a\\"b"][0] is of type undefined'],
  ])('refuses %s and says where', (_, value, message) => {
    const call = () => copy(value)
    expect(call).toThrow(`op: ${message}`)
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('refuses an enormous array of holes at once', () => {
    expect(() => copy(new Array(2 ** 32 - 1))).toThrow('content[0]')
  })

  it('refuses a cycle, through arrays and through objects', () => {
    const list: unknown[] = []
    list.push([list])
    const object: { self?: unknown } = {}
    object.self = { in: object }
    for (const cyclic of [list, object]) {
      expect(() => copy(cyclic)).toThrow(
        /^op: content(\[0\]|\.self|\.in){20}… lies more than 500 levels deep, or in a cycle$/,
      )
      expect(() => copy(cyclic)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })

  it('takes a value as deep as allowed and none deeper', () => {
    expect(JSON.stringify(copy(nested(MAX_DEPTH)))).toBe(JSON.stringify(nested(MAX_DEPTH)))
    expect(() => copy(nested(MAX_DEPTH + 1))).toThrow('500 levels')
  })

  it('ends a bomb of shared references by the limit, not by its size', () => {
    let bomb: unknown = 'x'
    for (let i = 0; i < 60; i++) bomb = [bomb, bomb]
    const start = performance.now()
    expect(() => copy(bomb)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it.each([
    ['ascii', 'a'.repeat(100)],
    ['two bytes', 'ä'.repeat(50)],
    ['three bytes', '€'.repeat(50)],
    ['four bytes', '😀'.repeat(50)],
    ['escapes of two', '"\\\n\t'.repeat(20)],
    ['escapes of six', '\u0000\u001f'.repeat(20)],
    ['lone surrogates', '\ud800'.repeat(20)],
    ['numbers', Array.from({ length: 20 }, () => LONGEST)],
    ['an empty key', { '': LONGEST }],
    ['nested empty keys', { '': { '': { '': [LONGEST] } } }],
    ['keys', { 'ä"': null, '\u0001': true, b: [{}, []] }],
    ['an empty string', ''],
    ['a single digit', 7],
    ['false', false],
  ])('holds %s against the limit to the byte', (_, value) => {
    const bytes = Buffer.byteLength(JSON.stringify(value))
    expect(copy(value, bytes)).toEqual(value)
    expect(() => copy(value, bytes - 1)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    expect(() => copy(value, bytes - 1)).toThrow(`op: content is larger than ${bytes - 1} bytes`)
  })

  it('never refuses below the limit and never takes above it, whatever the value', () => {
    const random = new Random(6)
    for (let i = 0; i < 2000; i++) {
      const value = randomJson(random)
      const bytes = Buffer.byteLength(JSON.stringify(value))
      const copier = new JsonCopier('op', bytes)
      copier.value('content', value)
      expect(copier.bytes()).toBe(bytes)
      if (bytes > 1) expect(() => copy(value, bytes - 1)).toThrow('larger')
    }
  })

  it('counts all that one copier copies together', () => {
    const copier = new JsonCopier('op', 24)
    copier.value('content', 'x'.repeat(8))
    expect(copier.bytes()).toBe(10)
    expect(copier.object('metadata', { k: 1, l: '' })).toEqual({ k: 1, l: '' })
    expect(copier.bytes()).toBe(24)
    const full = new JsonCopier('op', 23)
    full.value('content', 'x'.repeat(8))
    expect(() => full.object('metadata', { k: 1, l: '' })).toThrow('metadata is larger than 23 bytes')
  })

  it('counts between the bounds that save a count', () => {
    const copier = new JsonCopier('op', MIB)
    for (const value of ['xyz', 'ä\u0000', [1e-7, null, { ключ: false }], -1.7976931348623157e308]) {
      copier.value('content', value)
      expect(copier.atLeast).toBeLessThanOrEqual(copier.bytes())
      expect(copier.atMost).toBeGreaterThanOrEqual(copier.bytes())
    }
    expect(copier.bytes()).toBe(5 + 10 + 30 + 24)
  })

  it.each([null, undefined, 'text', 1, [], () => 1])('takes %s for no object', (value) => {
    expect(() => new JsonCopier('op', MIB).object('metadata', value)).toThrow(
      'op: metadata must be a JSON object',
    )
  })
})

describe('jsonBytes', () => {
  it('is the length of the JSON text in UTF-8', () => {
    for (const value of ['', '"', 'ä😀\ud800', { ä: ['€', null] }, 1e21, []])
      expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)))
  })
})

describe('sameJson', () => {
  it('compares JSON text, key order included', () => {
    expect(sameJson({ a: 1, b: [2] }, { a: 1, b: [2] })).toBe(true)
    expect(sameJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(false)
    expect(sameJson(1, '1')).toBe(false)
    expect(sameJson([], {})).toBe(false)
    expect(sameJson(null, 'null')).toBe(false)
  })
})

describe('frozenJson', () => {
  it('gives the value itself where it is frozen throughout', () => {
    const value = copy({ a: [1, { b: 'x' }] })
    expect(frozenJson(value)).toBe(value)
    expect(frozenJson('x')).toBe('x')
  })

  it('copies where anything inside is not frozen', () => {
    const inner = { b: 1 }
    for (const value of [
      Object.freeze({ a: inner }),
      Object.freeze([inner]),
      { a: inner },
      [inner],
    ] as Json[]) {
      const frozen = frozenJson(value)
      expect(frozen).toEqual(value)
      expect(frozen).not.toBe(value)
      assertFrozen(frozen)
    }
    inner.b = 2
    expect(Object.isFrozen(inner)).toBe(false)
  })

  it('keeps a key __proto__', () => {
    const frozen = frozenJson(JSON.parse('{"__proto__":[1]}') as Json)
    expect(JSON.stringify(frozen)).toBe('{"__proto__":[1]}')
  })
})
