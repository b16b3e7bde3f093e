import { describe, expect, it } from 'vitest'
import { evaluate } from '../src/chat/arithmetic.ts'
import { wishesIn } from '../src/chat/rules.ts'
import { convert } from '../src/chat/units.ts'
import { oneLine } from '../src/words.ts'

describe('the calculator', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * -3', -9],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['0.1 + 0.2', 0.3],
    ['sqrt(16) % 3', 1],
    ['1.5e3 / .5', 3000],
  ])('%s = %d', (expression, value) => {
    expect(evaluate(expression)).toBe(value)
  })

  it.each(['1 / 0', '1 +', '(1', '2 2', 'process.exit()', '', '9 ^ 9 ^ 9'])('refuses %j', (expression) => {
    expect(() => evaluate(expression)).toThrow()
  })
})

describe('the converter', () => {
  it.each([
    [5, 'miles', 'km', 8.04672],
    [98.6, 'F', 'C', 37],
    [0, 'celsius', 'kelvin', 273.15],
    [2, 'GiB', 'MB', 2147.483648],
  ])('%d %s in %s', (value, from, to, wanted) => {
    expect(convert(value, from, to)).toBe(wanted)
  })

  it('refuses to mix kinds', () => {
    expect(() => convert(1, 'kg', 'km')).toThrow('kg is mass and km is length')
  })
})

describe('the rules', () => {
  it.each([
    ['What is 12 * 7?', 'calculator', { expression: '12 * 7' }],
    ['and minus 8', 'calculator', { expression: '10 - 8' }],
    ['double that', 'calculator', { expression: '2 * 10' }],
    ['15% of 80', 'calculator', { expression: '15 / 100 * 80' }],
    ['how much is 1,000 divided by 8', 'calculator', { expression: '1000 / 8' }],
    ['that km in miles', 'convert', { value: 10, from: 'km', to: 'miles' }],
    ['what time is it in New York?', 'clock', { place: 'New York' }],
    ['My name is Ana', 'remember', { name: 'name', value: 'Ana' }],
    [
      'remember that the wifi password is swordfish',
      'remember',
      { name: 'wifi password', value: 'swordfish' },
    ],
    ['remember to buy milk', 'remember', { name: 'to buy milk', value: true }],
    ["what's my wifi password?", 'recall', { name: 'wifi password' }],
    ['what do you remember?', 'recall', {}],
    ['forget my name', 'forget', { name: 'name' }],
  ])('take %j for a wish', (text, name, input) => {
    expect(wishesIn(text, 10)).toEqual([{ name, arguments: input }])
  })

  it.each(['hello', 'thank you', 'what did I say', '42', 'in 5 days', '2024-05-01 was a nice day'])(
    'take %j for talk',
    (text) => {
      expect(wishesIn(text, 10)).toEqual([])
    },
  )

  it('find several wishes in a message', () => {
    expect(
      wishesIn('5 miles in km, then 2 + 2; what time is it?', undefined).map(({ name }) => name),
    ).toEqual(['convert', 'calculator', 'clock'])
  })
})

describe('text for people', () => {
  it('is shortened between characters as people count them, and holds nothing that a terminal obeys', () => {
    expect(oneLine('👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 2)).toBe('👨‍👩‍👧‍👦…')
    expect(oneLine('a\n  b\x1b[31m', 20)).toBe('a b�[31m')
  })
})
