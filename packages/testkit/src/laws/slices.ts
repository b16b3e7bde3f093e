import type { ContextEntry, ContextWindow } from '@sess/core'
import { equal, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'

// U+FFFD comes before U+1F600 by bytes, and after it by UTF-16 units.
const ORDERED = ['A', 'B', 'a', 'a ', 'a:1', 'a:2', 'aa', 'b', 'z', 'é', '\ufffd', '😀']
const ENTRIES = [...ORDERED].reverse().map((key, i): ContextEntry => [key, i])

/** Pages of a session's context. */
export const slices: LawGroup = {
  name: 'slices',
  laws: [
    {
      id: 'slices/limit',
      title: 'a page of the context holds at most `limit` entries past `after`',
      async run(kit) {
        equal(await keysOf(kit, ENTRIES, { prefix: '', limit: 3 }), ORDERED.slice(0, 3), 'the first page')
        const second = { prefix: '', limit: 3, after: 'a' }
        equal(await keysOf(kit, ENTRIES, second), ['a ', 'a:1', 'a:2'], 'the page past a')
        const between = { prefix: 'a', limit: 2, after: 'a0' }
        equal(await keysOf(kit, ENTRIES, between), ['a:1', 'a:2'], 'the page past what is not there')
        equal(
          await keysOf(kit, ENTRIES, { prefix: 'a', limit: 9, after: 'aa' }),
          [],
          'the page past the last',
        )
        equal(
          await keysOf(kit, ENTRIES, { prefix: 'b', limit: 9, after: 'a' }),
          ['b'],
          'a start before the prefix',
        )
      },
    },
    {
      id: 'slices/reverse',
      title: 'a page in reverse goes backwards from the end, or from `after`',
      async run(kit) {
        const back = (prefix: string, limit: number, after?: string): ContextWindow => ({
          prefix,
          limit,
          reverse: true,
          ...(after !== undefined && { after }),
        })
        equal(await keysOf(kit, ENTRIES, back('', 3)), ['😀', '\ufffd', 'é'], 'from the end')
        equal(await keysOf(kit, ENTRIES, back('a', 2)), ['aa', 'a:2'], 'from the end of a prefix')
        equal(await keysOf(kit, ENTRIES, back('a', 9, 'a:2')), ['a:1', 'a ', 'a'], 'from a key')
        equal(await keysOf(kit, ENTRIES, back('a', 9, 'a')), [], 'from the first')
      },
    },
    {
      id: 'slices/keys-only',
      title: 'with `keysOnly` each value is null',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['a', 1],
            ['b', { x: 1 }],
          ],
        })
        const window = { prefix: '', limit: 9, keysOnly: true }
        const { context: found } = await kit.store.load(id, { context: window })
        equal(
          found,
          [
            ['a', null],
            ['b', null],
          ],
          'the entries',
        )
        const { context: full } = await kit.store.load(id, { context: { ...window, keysOnly: false } })
        equal(
          full,
          [
            ['a', 1],
            ['b', { x: 1 }],
          ],
          'the entries without it',
        )
      },
    },
    {
      id: 'slices/refused',
      title:
        'a window on the context with a limit outside 1 to 1,000, or of no or two forms, is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        const forms = [{ prefix: '', limit: 0 }, { prefix: '', limit: 1001 }, { prefix: '' }, { limit: 5 }]
        for (const window of [...forms, {}, { keys: [], prefix: '', limit: 5 }]) {
          const load = () => kit.store.load(id, { context: window as ContextWindow })
          await rejects('INVALID_ARGUMENT', `load of ${JSON.stringify(window)}`, load)
        }
      },
    },
  ],
}

/** The keys in a window on the context of a session; the same session for the same entries would hide nothing. */
async function keysOf(kit: Kit, entries: readonly ContextEntry[], window: ContextWindow): Promise<string[]> {
  const id = `context-${JSON.stringify(entries).length}`
  const load = () => kit.store.load(id, { context: window })
  const { context: found } = await load().catch(async () => {
    await kit.create({ id, context: entries })
    return load()
  })
  const all = new Map(entries)
  for (const [key, value] of found ?? []) equal(value, all.get(key), `the value of ${key}`)
  return (found ?? []).map(([key]) => key)
}
