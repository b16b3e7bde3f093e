import { equal } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { everything, refuses } from '../steps.ts'

/** What commits do to context, metadata and the session's own fields. */
export const changes: LawGroup = {
  name: 'changes',
  laws: [
    {
      id: 'changes/set',
      title: 'set adds keys and replaces values, and leaves the others',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['a', { deep: [1] }],
            ['b', 2],
          ],
        })
        await kit.store.commit(id, {
          set: [
            ['c', 3],
            ['a', { other: 1 }],
          ],
        })
        equal(
          (await everything(kit, id)).context,
          [
            ['a', { other: 1 }],
            ['b', 2],
            ['c', 3],
          ],
          'the context',
        )
      },
    },
    {
      id: 'changes/null',
      title: 'a stored null is not an absent key',
      async run(kit) {
        const { id } = await kit.create({ context: [['a', null]] })
        await kit.store.commit(id, { set: [['b', null]] })
        const { context } = await kit.store.load(id, { context: { keys: ['a', 'b', 'c'] } })
        equal(
          context,
          [
            ['a', null],
            ['b', null],
          ],
          'the context',
        )
      },
    },
    {
      id: 'changes/unset',
      title: 'unset removes the named keys and no other, byte for byte',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['A', 1],
            ['a', 1],
            ['a ', 1],
            ['null', null],
            ['sess:x', 1],
          ],
        })
        await kit.store.commit(id, { unset: ['a', 'nowhere', 'null', 'sess:x', 'a'] })
        equal(
          (await everything(kit, id)).context,
          [
            ['A', 1],
            ['a ', 1],
          ],
          'the context',
        )
      },
    },
    {
      id: 'changes/unset-prefix',
      title: 'unset by prefix removes all keys that begin so and no other, and takes no wildcard',
      async run(kit) {
        const keys = ['A:1', 'a%', 'a:1', 'a:2', 'ab', 'b']
        const { id } = await kit.create({ context: keys.map((key) => [key, 1] as const) })
        const left = async () => (await everything(kit, id)).context?.map(([key]) => key)
        await kit.store.commit(id, { unset: { prefix: 'a%' } })
        equal(await left(), ['A:1', 'a:1', 'a:2', 'ab', 'b'], 'after a%')
        await kit.store.commit(id, { unset: { prefix: 'a:' } })
        equal(await left(), ['A:1', 'ab', 'b'], 'after a:')
        await kit.store.commit(id, { unset: { prefix: '' } })
        equal(await left(), [], 'after the empty prefix')
      },
    },
    {
      id: 'changes/unset-reserved',
      title: 'unset by prefix reaches keys beginning `sess:` only if the prefix begins so itself',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['a', 1],
            ['sess:a', 1],
            ['sess:b', 1],
            ['sessx', 1],
          ],
        })
        const left = async () => (await everything(kit, id)).context?.map(([key]) => key)
        await kit.store.commit(id, { unset: { prefix: 'sess' } })
        equal(await left(), ['a', 'sess:a', 'sess:b'], 'after sess')
        await kit.store.commit(id, { unset: { prefix: '' } })
        equal(await left(), ['sess:a', 'sess:b'], 'after the empty prefix')
        await kit.store.commit(id, { unset: { prefix: 'sess:a' } })
        equal(await left(), ['sess:b'], 'after sess:a')
      },
    },
    {
      id: 'changes/set-twice',
      title: 'the same key twice in one set is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        await refuses(kit, 'INVALID_ARGUMENT', id, {
          set: [
            ['k', 1],
            ['k', 2],
          ],
        })
      },
    },
  ],
}
