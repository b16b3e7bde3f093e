import { describe, expect, it } from 'vitest'
import type { ContextWindow, Json } from '../src/index.ts'
import { ContextMap } from '../src/state/context-map.ts'
import { Random } from './random.ts'

const hex = (text: string) => Buffer.from(text).toString('hex')
const byBytes = (a: string, b: string) => (a === b ? 0 : hex(a) < hex(b) ? -1 : 1)
const sizeOf = (key: string, value: Json) => Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value))

/** The same by filters over all entries, which come in the order of their bytes. */
function modelWindow(entries: readonly [string, Json][], window: ContextWindow): [string, Json][] {
  if (window === true) return [...entries]
  if (window.keys !== undefined) return entries.filter(([key]) => window.keys.includes(key))
  const { prefix, after, limit, reverse, keysOnly } = window
  const inside = entries
    .filter(([key]) => key.startsWith(prefix) && (prefix.startsWith('sess:') || !key.startsWith('sess:')))
    .filter(([key]) => after === undefined || (reverse ? byBytes(key, after) < 0 : byBytes(key, after) > 0))
  if (reverse) inside.reverse()
  return inside.slice(0, limit).map(([key, value]) => [key, keysOnly ? null : value])
}

describe('ContextMap', () => {
  it.each([1, 2])('is a sorted map, whatever is set and deleted (seed %i)', (seed) => {
    const random = new Random(seed)
    const map = new ContextMap()
    const model = new Map<string, Json>()
    const someKey = () =>
      random.pick(['', 'sess:', 'sess', 'a/', 'a', 'b/', '__proto__']) + random.text(4) || 'x'
    for (let step = 0; step < 4000; step++) {
      const key = someKey()
      if (random.below(10) < (step < 2500 ? 8 : 3)) {
        map.set(key, { step })
        model.set(key, { step })
      } else {
        map.delete(key)
        model.delete(key)
      }
      const value = model.get(key)
      if (map.bytesOf(key) !== (value === undefined ? 0 : sizeOf(key, value)))
        throw new Error(`step ${step}: bytes`)
      if (step % 40 > 0) continue
      const sorted = [...model].map((entry) => ({ entry, order: hex(entry[0]) }))
      const entries = sorted.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ entry }) => entry)
      const page = {
        prefix: random.pick(['', 'a', 'a/', 's', 'sess', 'sess:', 'sess:a', 'b/', 'zz', someKey()]),
        limit: 1 + random.below(30),
      }
      const after = random.pick([someKey(), page.prefix, '\u{10ffff}'])
      const windows: ContextWindow[] = [
        page,
        { ...page, reverse: true },
        { ...page, after },
        { ...page, after, reverse: true, keysOnly: true },
        { keys: [someKey(), key, key, someKey()] },
      ]
      if (step % 100 === 0) windows.push(true)
      for (const window of windows)
        expect(map.window(window), JSON.stringify(window)).toEqual(modelWindow(entries, window))
      const under = modelWindow(entries, { ...page, limit: 1e9 }).map(([under]) => under)
      expect([...map.under(page.prefix)]).toEqual(under)
    }
  })

  it('keeps what was set, not what becomes of it', () => {
    const map = new ContextMap()
    const value = { list: [1] }
    map.set('k', value)
    value.list.push(2)
    const [entry] = map.window(true)
    expect(entry).toEqual(['k', { list: [1] }])
    expect(Object.isFrozen(entry?.[1])).toBe(true)
    expect(Object.isFrozen((entry?.[1] as typeof value | undefined)?.list)).toBe(true)
  })

  it('tells a stored null from an absent key', () => {
    const map = new ContextMap()
    map.set('k', null)
    expect(map.window({ keys: ['k', 'absent'] })).toEqual([['k', null]])
    expect(map.bytesOf('k')).toBe(5)
    expect(map.bytesOf('absent')).toBe(0)
  })
})
