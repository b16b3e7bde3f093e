import { describe, expect, it } from 'vitest'
import { checkName, compareUtf8, utf8Bytes } from '../src/values/text.ts'
import { Random } from './random.ts'

describe('utf8Bytes', () => {
  it.each(['', 'a', 'ä', '€', '😀', '\ud83d', '\ude00', '\ude00\ud83d', 'a\ud83d', '\ud83d😀', '\ud83da'])(
    'counts %j as Buffer does',
    (text) => expect(utf8Bytes(text)).toBe(Buffer.byteLength(text)),
  )

  it('agrees with Buffer on random text, lone surrogates included', () => {
    const random = new Random(1)
    for (let i = 0; i < 20_000; i++) {
      const units = Array.from({ length: random.below(6) }, () =>
        random.pick([0x61, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff]),
      )
      const text = String.fromCharCode(...units)
      expect(utf8Bytes(text), JSON.stringify(text)).toBe(Buffer.byteLength(text))
    }
  })
})

describe('compareUtf8', () => {
  it('orders by bytes where `<` orders by UTF-16', () => {
    expect('\uffff' < '😀').toBe(false)
    expect(compareUtf8('\uffff', '😀')).toBeLessThan(0)
    expect(compareUtf8('😀', '\ue000')).toBeGreaterThan(0)
    expect(compareUtf8('a', 'ab')).toBeLessThan(0)
    expect(compareUtf8('', '')).toBe(0)
  })

  it('agrees with Buffer.compare on random text', () => {
    const random = new Random(2)
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [random.text(), random.text()]
      const message = `${JSON.stringify(a)} and ${JSON.stringify(b)}`
      expect(Math.sign(compareUtf8(a, b)), message).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }
  })
})

describe('checkName', () => {
  const passes = (what: Parameters<typeof checkName>[1], value: unknown) => {
    try {
      checkName('op', what, value)
      return true
    } catch {
      return false
    }
  }

  it.each([
    ['session id', 200],
    ['message id', 200],
    ['user id', 255],
    ['context key', 255],
    ['metadata key', 255],
    ['role', 64],
  ] as const)('a %s has 1 to %i bytes', (what, max) => {
    expect(passes(what, '')).toBe(false)
    expect(passes(what, 'x')).toBe(true)
    expect(passes(what, 'x'.repeat(max))).toBe(true)
    expect(passes(what, 'x'.repeat(max + 1))).toBe(false)
    const fours = Math.floor(max / 4)
    expect(passes(what, '😀'.repeat(fours))).toBe(true)
    expect(passes(what, '😀'.repeat(fours) + 'x'.repeat((max % 4) + 1))).toBe(false)
    const threes = '€'.repeat(Math.floor(max / 3))
    expect(passes(what, threes + 'x'.repeat(max % 3))).toBe(true)
    expect(passes(what, `${threes}${'x'.repeat(max % 3)}x`)).toBe(false)
  })

  it('is neither trimmed nor normalised: any well-formed text is a name', () => {
    for (const name of [' ', '\u0000', '\n', 'a ', '\ufeff', '😀', '__proto__', 'cafe\u0301'])
      expect(passes('user id', name), JSON.stringify(name)).toBe(true)
  })

  it.each([
    ['a lone high surrogate', '\ud83d'],
    ['a lone low surrogate', 'x\ude00'],
    ['surrogates the wrong way round', '\ude00\ud83d'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
    ['a String object', Object('x')],
  ])('refuses %s', (_, value) => expect(passes('user id', value)).toBe(false))

  it('names the operation and the kind, never the value', () => {
    const call = () => checkName('createSession', 'user id', 's3cret\ud800')
    expect(call).toThrow(
      /^createSession: the user id must be a string of well-formed Unicode, 1 to 255 bytes long$/,
    )
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
