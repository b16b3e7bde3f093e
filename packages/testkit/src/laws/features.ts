import { equal, holds } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { expired, ids, messages } from '../steps.ts'

const OPTIONAL = ['stats', 'deleteUser', 'watch', 'lease'] as const

/** What a store says of itself, and the optional members `stats` and `deleteUser`. */
export const features: LawGroup = {
  name: 'features',
  laws: [
    {
      id: 'features/declared',
      title: '`info.features` names the optional members that the store has, and none that it has not',
      async run(kit) {
        const { features } = kit.store.info
        const has = OPTIONAL.filter((member) => kit.store[member] !== undefined)
        equal(
          features.filter((name) => OPTIONAL.includes(name as never)).sort(),
          [...has].sort(),
          'the features',
        )
      },
    },
    {
      id: 'features/info',
      title: '`info` gives a name and whether data is shared, the same before and after use',
      async run(kit) {
        const before = structuredClone(kit.store.info)
        holds(typeof before.name === 'string' && before.name.length > 0, 'it has no name')
        equal(typeof before.shared, 'boolean', '`shared`')
        await kit.create()
        equal(structuredClone(kit.store.info), before, 'info after use')
      },
    },
    {
      id: 'features/shared',
      title: 'where `info.shared` says so, instances see the same data',
      needs: ['shared'],
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann' })
        const other = await kit.open()
        equal(ids((await other.list({ userId: 'ann', limit: 5 })).sessions), [id], "another instance's list")
        equal(other.info, kit.store.info, 'its info')
      },
    },
    {
      id: 'features/stats',
      title: 'stats counts sessions, expired ones included until they are swept, and their messages',
      needs: ['stats'],
      async run(kit) {
        const empty = await kit.store.stats?.()
        const none = {
          sessions: 0,
          expired: 0,
          messages: 0,
          evicted: 0,
          oldestCreatedAt: null,
          newestCreatedAt: null,
        }
        equal(empty, none, 'of an empty store')
        const first = await expired(kit, { messages: messages(kit, 2) })
        const last = await kit.create({ userId: null, messages: messages(kit, 3) })
        await kit.store.commit(last.id, { cut: { newest: 1 } })
        const times = { oldestCreatedAt: first.createdAt, newestCreatedAt: last.createdAt }
        const both = { sessions: 2, expired: 1, messages: 4, evicted: 0, ...times }
        equal(await kit.store.stats?.(), both, 'of two, one expired')
        await kit.store.sweep({ limit: 5 })
        const one = { ...both, sessions: 1, expired: 0, messages: 2, oldestCreatedAt: last.createdAt }
        equal(await kit.store.stats?.(), one, 'after a sweep')
      },
    },
    {
      id: 'features/delete-user',
      title: "deleteUser deletes a user's sessions, expired ones too, no other's, and is safe to repeat",
      needs: ['deleteUser'],
      async run(kit) {
        await expired(kit, { userId: 'ann' })
        const mine = [await kit.create({ userId: 'ann' }), await kit.create({ userId: 'ann' })]
        const others = []
        for (const userId of ['Ann', 'ann ', 'bob', null]) others.push(await kit.create({ userId }))
        equal(await kit.store.deleteUser?.('ann'), 3, 'how many were deleted')
        equal(await kit.store.deleteUser?.('ann'), 0, 'how many the second time')
        const { sessions } = await kit.store.list({ all: true, limit: 50, includeExpired: true })
        equal(ids(sessions).sort(), ids(others).sort(), 'what is left')
        equal(await kit.store.delete(mine[0]?.id ?? ''), false, 'delete of one of them')
      },
    },
    {
      id: 'features/delete-many',
      title: 'deleteUser deletes more sessions than fit on a page',
      needs: ['deleteUser'],
      async run(kit) {
        const make = Array.from({ length: 120 }, (_, i) => kit.create({ id: `many-${i}`, userId: 'ann' }))
        await Promise.all(make)
        equal(await kit.store.deleteUser?.('ann'), 120, 'how many were deleted')
        equal(await kit.store.count('ann'), 0, 'the count')
      },
    },
  ],
}
