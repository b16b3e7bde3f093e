import { describe, expect, it } from 'vitest'
import { badNames, JSON_CASES, oddNames } from '../src/fidelity.ts'

const bytes = (text: string) => new TextEncoder().encode(text).length

describe('the fidelity corpus', () => {
  it('holds JSON values alone, all different, each under a name of its own', () => {
    const texts = JSON_CASES.map(({ value }) => JSON.stringify(value))
    expect(new Set(texts).size).toBe(texts.length)
    expect(new Set(JSON_CASES.map(({ name }) => name)).size).toBe(texts.length)
    expect(JSON_CASES.map(({ value }) => JSON.parse(JSON.stringify(value)))).toEqual(
      JSON_CASES.map(({ value }) => value),
    )
  })

  it.each([64, 200, 255])('has odd names of up to %i bytes, well-formed and all different', (max) => {
    const names = oddNames(max)
    expect(new Set(names).size).toBe(names.length)
    expect(names.every((name) => name.isWellFormed() && name !== '')).toBe(true)
    expect(Math.max(...names.map(bytes))).toBe(max)
    expect(names.filter((name) => bytes(name) === max).length).toBeGreaterThanOrEqual(2)
  })

  it.each([64, 200, 255])('has bad names that miss %i bytes by little', (max) => {
    for (const name of badNames(max))
      expect(name === '' || !name.isWellFormed() || [max + 1, max + 2].includes(bytes(name))).toBe(true)
  })
})
