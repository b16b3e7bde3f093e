import { equal } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, listed, pages, range } from '../steps.ts'

const IDS = range(25).map((n) => `walk-${n}`)

/** The walk over all sessions (`list` of `all`). */
export const walks: LawGroup = {
  name: 'walks',
  laws: [
    {
      id: 'walks/once',
      title: 'a walk over all meets each session once, those of every user and of nobody',
      async run(kit) {
        for (const [i, id] of IDS.entries())
          await kit.create({ id, userId: [null, 'ann', 'bob'][i % 3] ?? null })
        for (const limit of [4, 25, 1000]) {
          const found = await pages(kit.store, { all: true, limit })
          equal(found.flat().sort(), [...IDS].sort(), `the sessions by pages of ${limit}`)
          equal(
            found.filter((page) => page.length > limit),
            [],
            `pages larger than ${limit}`,
          )
        }
      },
    },
    {
      id: 'walks/fixed',
      title: 'the order of a walk never changes, whatever is updated, created or deleted',
      async run(kit) {
        for (const [i, id] of IDS.entries()) await listed(kit, id, 5000 - i)
        const before = (await pages(kit.store, { all: true, limit: 7 })).flat()
        for (const id of ['walk-20', 'walk-3', 'walk-11']) await append(kit, id, 1)
        await kit.store.commit('walk-5', { session: { userId: 'bob' } })
        await kit.store.commit('walk-6', { session: { ttlMs: 1e9, metadata: { a: 'b' } } })
        await kit.create({ id: 'another' })
        await kit.store.delete('walk-9')
        const after = (await pages(kit.store, { all: true, limit: 5 })).flat()
        equal(
          after.filter((id) => id !== 'another'),
          before.filter((id) => id !== 'walk-9'),
          'the order',
        )
      },
    },
    {
      id: 'walks/complete',
      title: 'each session that lives throughout a walk comes exactly once while others come, go and change',
      async run(kit) {
        for (const id of IDS) await kit.create({ id, userId: 'ann' })
        const dying = ['walk-4', 'walk-14', 'walk-24']
        const found = (
          await pages(kit.store, { all: true, limit: 4 }, async (n) => {
            for (const id of IDS.filter((id, i) => i % 4 === n % 4 && !dying.includes(id)))
              await append(kit, id, 1)
            await kit.store.delete(dying[n] ?? 'nobody')
            await kit.create({ id: `late-${n}`, userId: 'ann' })
          })
        ).flat()
        equal(
          found.filter((id, i) => found.indexOf(id) !== i),
          [],
          'what came twice',
        )
        const living = IDS.filter((id) => !dying.includes(id))
        equal(
          living.filter((id) => !found.includes(id)),
          [],
          'what was left out',
        )
      },
    },
    {
      id: 'walks/cursor-deleted',
      title: 'a walk goes on though the session that a page ended with is deleted',
      async run(kit) {
        for (const id of IDS.slice(0, 9)) await kit.create({ id })
        const whole = (await pages(kit.store, { all: true, limit: 100 })).flat()
        const found = await pages(kit.store, { all: true, limit: 3 }, (n) =>
          kit.store.delete(whole[n * 3 + 2] ?? 'nobody'),
        )
        equal(found.flat(), whole, 'what came')
      },
    },
    {
      id: 'walks/offset',
      title: 'an offset skips so many sessions of the walk',
      async run(kit) {
        for (const id of IDS.slice(0, 5)) await kit.create({ id })
        const whole = (await pages(kit.store, { all: true, limit: 100 })).flat()
        for (const offset of [0, 2, 5]) {
          const { sessions } = await kit.store.list({ all: true, limit: 2, offset })
          equal(
            sessions.map(({ id }) => id),
            whole.slice(offset, offset + 2),
            `offset ${offset}`,
          )
        }
      },
    },
    {
      id: 'walks/empty',
      title: 'a store without sessions walks none',
      async run(kit) {
        equal(await kit.store.list({ all: true, limit: 10 }), { sessions: [], nextCursor: null }, 'the page')
      },
    },
  ],
}
