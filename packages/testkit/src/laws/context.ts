import type { ContextEntry, ContextWindow } from '@sess/core'
import { equal, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'

// U+FFFD comes before U+1F600 by bytes, and after it by UTF-16 units.
const ORDERED = ['A', 'B', 'a', 'a ', 'a:1', 'a:2', 'aa', 'b', 'z', 'é', '\ufffd', '😀']
const ENTRIES = [...ORDERED].reverse().map((key, i): ContextEntry => [key, i])

/** Windows on a session's context. */
export const context: LawGroup = {
  name: 'context',
  laws: [
    {
      id: 'context/order',
      title: 'the whole context comes in the order of its keys in UTF-8 bytes',
      async run(kit) {
        equal(await keysOf(kit, ENTRIES, true), ORDERED, 'the keys')
      },
    },
    {
      id: 'context/keys',
      title: 'the window `keys` holds those that are there, in order and once each',
      async run(kit) {
        const keys = ['z', 'nowhere', 'A', 'a', 'A', 'a  ', 'Z']
        equal(await keysOf(kit, ENTRIES, { keys }), ['A', 'a', 'z'], 'the keys')
        equal(await keysOf(kit, ENTRIES, { keys: [] }), [], 'no keys')
      },
    },
    {
      id: 'context/prefix',
      title: 'the window `prefix` holds the keys that begin so, byte for byte',
      async run(kit) {
        equal(
          await keysOf(kit, ENTRIES, { prefix: 'a', limit: 9 }),
          ['a', 'a ', 'a:1', 'a:2', 'aa'],
          'under a',
        )
        equal(await keysOf(kit, ENTRIES, { prefix: 'a:', limit: 9 }), ['a:1', 'a:2'], 'under a:')
        equal(await keysOf(kit, ENTRIES, { prefix: '😀', limit: 9 }), ['😀'], 'under an emoji')
        equal(await keysOf(kit, ENTRIES, { prefix: '', limit: 99 }), ORDERED, 'under the empty prefix')
        equal(await keysOf(kit, ENTRIES, { prefix: 'x', limit: 9 }), [], 'under what is not there')
      },
    },
    {
      id: 'context/wildcards',
      title: 'no character of a prefix is a wildcard',
      async run(kit) {
        const keys = ['a%b', 'a*b', 'a?b', 'a[b]c', 'a\\b', 'a_b', 'axb']
        const entries = keys.map((key): ContextEntry => [key, 1])
        for (const prefix of ['a%', 'a*', 'a?', 'a[b]', 'a\\', 'a_'])
          equal(
            await keysOf(kit, entries, { prefix, limit: 9 }),
            keys.filter((key) => key.startsWith(prefix)),
            `under ${prefix}`,
          )
      },
    },
    {
      id: 'context/beside',
      title: 'reserved keys come beside any window, in order, and only reserved ones may be asked for so',
      async run({ store, create }) {
        const entries = ['sess:b', 'a', 'sess:a'].map((key): ContextEntry => [key, key])
        const { id } = await create({ context: entries })
        const reserved = ['sess:b', 'sess:a', 'sess:c']
        const found: ContextEntry[] = [
          ['sess:a', 'sess:a'],
          ['sess:b', 'sess:b'],
        ]
        const page = await store.load(id, { context: { prefix: '', limit: 5 }, reserved })
        equal([page.context, page.reserved], [[['a', 'a']], found], 'beside a page')
        const alone = await store.load(id, { reserved })
        equal([alone.context, alone.reserved], [undefined, found], 'alone')
        equal((await store.load(id, { reserved: [] })).reserved, [], 'no keys')
        equal((await store.load(id)).reserved, undefined, 'not asked for')
        await rejects('INVALID_ARGUMENT', 'a plain key', () => store.load(id, { reserved: ['a'] }))
      },
    },
    {
      id: 'context/reserved',
      title: 'a prefix reaches keys beginning `sess:` only if it begins so itself; named keys and all do',
      async run(kit) {
        const entries = ['sess:a', 'sess:b', 'sesame', 'z'].map((key): ContextEntry => [key, 1])
        for (const prefix of ['', 's', 'sess'])
          for (const reverse of [false, true]) {
            const found = await keysOf(kit, entries, { prefix, limit: 9, reverse })
            equal(
              found.filter((key) => key.startsWith('sess:')),
              [],
              `reserved keys under '${prefix}'`,
            )
          }
        equal(
          await keysOf(kit, entries, { prefix: '', limit: 1, after: 'sesame' }),
          ['z'],
          'a page past them',
        )
        equal(await keysOf(kit, entries, { prefix: 'sess:', limit: 9 }), ['sess:a', 'sess:b'], 'under sess:')
        equal(await keysOf(kit, entries, { prefix: 'sess:b', limit: 9 }), ['sess:b'], 'under sess:b')
        equal(await keysOf(kit, entries, { keys: ['sess:a', 'z'] }), ['sess:a', 'z'], 'by name')
        equal(await keysOf(kit, entries, true), ['sesame', 'sess:a', 'sess:b', 'z'], 'in all')
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
