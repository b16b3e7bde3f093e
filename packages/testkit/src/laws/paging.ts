import type { ListQuery } from '@sess/core'
import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, ids, listed, pages } from '../steps.ts'

/** A user's list in pages. */
export const paging: LawGroup = {
  name: 'paging',
  laws: [
    {
      id: 'paging/pages',
      title: 'the pages of a list hold each session once, in order, at most `limit` a page',
      async run(kit) {
        const order = ['e', 'f', 'g', 'd', 'c', 'b', 'a']
        for (const [i, id] of order.entries()) await listed(kit, id, i < 3 ? 5000 : 1000 - i)
        const expected = ['g', 'f', 'e', 'd', 'c', 'b', 'a']
        for (const limit of [1, 2, 3, 7, 8, 1000]) {
          const found = await pages(kit.store, { userId: 'ann', limit })
          equal(found.flat(), expected, `the sessions by pages of ${limit}`)
          equal(
            found.filter((page) => page.length > limit),
            [],
            `pages larger than ${limit}`,
          )
        }
      },
    },
    {
      id: 'paging/updates',
      title: 'while paging nothing comes twice, and what is not updated meanwhile comes',
      async run(kit) {
        const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
        for (const [i, id] of all.entries()) await listed(kit, id, 8000 - i)
        const touched = ['b', 'h', 'a', 'c']
        const found = (
          await pages(kit.store, { userId: 'ann', limit: 2 }, async (n) => {
            const id = touched[n]
            if (id !== undefined) await append(kit, id, 1)
          })
        ).flat()
        equal(
          found.filter((id, i) => found.indexOf(id) !== i),
          [],
          'what came twice',
        )
        equal(
          found.filter((id) => !touched.includes(id)),
          ['d', 'e', 'f', 'g'],
          'what was not updated',
        )
      },
    },
    {
      id: 'paging/deletes',
      title: 'a session deleted while paging, also the one that a page ended with, skips no other',
      async run(kit) {
        const all = ['a', 'b', 'c', 'd', 'e', 'f']
        for (const [i, id] of all.entries()) await listed(kit, id, 8000 - i)
        const found = await pages(kit.store, { userId: 'ann', limit: 2 }, async (n) => {
          await kit.store.delete(all[n * 2 + 1] ?? 'nobody')
        })
        equal(found.flat(), all, 'what came')
      },
    },
    {
      id: 'paging/offset',
      title: 'an offset skips so many sessions of the list',
      async run(kit) {
        for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) await listed(kit, id, 8000 - i)
        const from = async (offset: number, limit: number) =>
          ids((await kit.store.list({ userId: 'ann', offset, limit })).sessions)
        equal(await from(0, 2), ['a', 'b'], 'offset 0')
        equal(await from(1, 2), ['b', 'c'], 'offset 1')
        equal(await from(3, 5), ['d'], 'offset 3')
        equal(await from(4, 5), [], 'offset 4')
      },
    },
    {
      id: 'paging/refused',
      title:
        'a list with a limit outside 1 to 1,000, of none or both, or with cursor and offset is INVALID_ARGUMENT',
      async run(kit) {
        const limits = [
          { userId: 'u', limit: 0 },
          { userId: 'u', limit: 1001 },
          { all: true, limit: 2.5 },
        ]
        const whose = [{ limit: 5 }, { userId: 'u', all: true, limit: 5 }, { userId: '', limit: 5 }]
        const from = [
          { userId: 'u', limit: 5, offset: -1 },
          { all: true, limit: 5, offset: 1, cursor: 'x' },
        ]
        for (const query of [...limits, ...whose, ...from]) {
          const list = () => kit.store.list(query as ListQuery)
          await rejects('INVALID_ARGUMENT', `list of ${JSON.stringify(query)}`, list)
        }
      },
    },
  ],
}
