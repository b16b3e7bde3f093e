import { equal } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, ids, listed, pages } from '../steps.ts'

/** A user's list: newest update first, ties by id. */
export const lists: LawGroup = {
  name: 'lists',
  laws: [
    {
      id: 'lists/order',
      title: "a user's list has the newest update first, whatever the order of creation",
      async run(kit) {
        for (const [id, time] of [
          ['b', 3000],
          ['a', 1000],
          ['c', 2000],
        ] as const)
          await listed(kit, id, time)
        equal(await listOf(kit), ['b', 'c', 'a'], 'the list')
      },
    },
    {
      id: 'lists/ties',
      title: 'sessions updated at one moment are listed by id, the greatest in UTF-8 bytes first',
      async run(kit) {
        const order = ['😀', '\ufffd', 'é', 'b', 'aa', 'a ', 'a', 'B', 'A']
        for (const id of [...order].reverse()) await listed(kit, id, 1000)
        equal(await listOf(kit), order, 'the list')
        equal((await pages(kit.store, { userId: 'ann', limit: 2 })).flat(), order, 'the list in pages')
      },
    },
    {
      id: 'lists/moves',
      title: 'a commit moves its session to the front, one that only changes the lifetime does not',
      async run(kit) {
        for (const id of ['a', 'b', 'c']) await listed(kit, id, 1000)
        await append(kit, 'b', 1)
        equal(await listOf(kit), ['b', 'c', 'a'], 'after a commit')
        await kit.store.commit('c', { session: { ttlMs: 1e9 } })
        equal(await listOf(kit), ['b', 'c', 'a'], 'after a change of lifetime')
        await kit.pass(20)
        await kit.store.commit('a', { set: [['k', 1]] })
        equal(await listOf(kit), ['a', 'b', 'c'], 'after another commit')
      },
    },
    {
      id: 'lists/sessions',
      title: 'a list gives sessions as load gives them',
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann', metadata: { a: 'b' }, ttlMs: 1e9, maxMessages: 5 })
        await append(kit, id, 2)
        const { session } = await kit.store.load(id)
        equal((await kit.store.list({ userId: 'ann', limit: 5 })).sessions, [session], "the user's list")
        equal((await kit.store.list({ all: true, limit: 5 })).sessions, [session], 'the list of all')
      },
    },
    {
      id: 'lists/counts',
      title: "a count is that of the user's list, 0 for a user without sessions",
      async run(kit) {
        equal([await kit.store.count('ann'), await listOf(kit)], [0, []], 'without sessions')
        for (const id of ['a', 'b', 'c']) await listed(kit, id, 1000)
        await append(kit, 'a', 1)
        await kit.store.commit('b', { session: { isActive: false } })
        equal(await kit.store.count('ann'), 3, 'with three')
        await kit.store.delete('a')
        equal([await kit.store.count('ann'), await listOf(kit)], [2, ['b', 'c']], 'after a delete')
      },
    },
  ],
}

async function listOf(kit: Kit): Promise<string[]> {
  return ids((await kit.store.list({ userId: 'ann', limit: 100 })).sessions)
}
