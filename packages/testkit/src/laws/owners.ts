import { equal, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { everything, messages } from '../steps.ts'

/** The guard `if.userId`: another owner's session is answered as if it were not there. */
export const owners: LawGroup = {
  name: 'owners',
  laws: [
    {
      id: 'owners/load',
      title: "a load of another owner's session is SESSION_NOT_FOUND",
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann' })
        for (const userId of ['bob', 'Ann', 'ann ', null])
          await rejects('SESSION_NOT_FOUND', `load by ${userId}`, () =>
            kit.store.load(id, {}, { if: { userId } }),
          )
        equal((await kit.store.load(id, {}, { if: { userId: 'ann' } })).session.id, id, "the owner's load")
        equal((await kit.store.load(id, {}, { if: {} })).session.id, id, 'a load with no guard')
      },
    },
    {
      id: 'owners/commit',
      title: "a commit to another owner's session is SESSION_NOT_FOUND and changes nothing",
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann' })
        const before = await everything(kit, id)
        const change = { append: messages(kit, 1), set: [['k', 1]] as const, session: { userId: 'bob' } }
        for (const userId of ['bob', null]) {
          const commit = () => kit.store.commit(id, change, { if: { userId } })
          await rejects('SESSION_NOT_FOUND', `commit by ${userId}`, commit)
        }
        equal(await everything(kit, id), before, 'the session')
        equal(
          (await kit.store.commit(id, change, { if: { userId: 'ann' } })).version,
          2,
          "the owner's commit",
        )
      },
    },
    {
      id: 'owners/delete',
      title: "a delete of another owner's session answers false and deletes nothing",
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann' })
        for (const userId of ['bob', null])
          equal(await kit.store.delete(id, { if: { userId } }), false, `by ${userId}`)
        equal((await kit.store.load(id)).session.id, id, 'the session')
        equal(await kit.store.delete(id, { if: { userId: 'ann' } }), true, "the owner's delete")
      },
    },
    {
      id: 'owners/nobody',
      title: 'a session of nobody is guarded by null, and foreign to every user',
      async run(kit) {
        const { id } = await kit.create({ userId: null })
        const load = (userId: string | null) => kit.store.load(id, {}, { if: { userId } })
        equal((await load(null)).session.id, id, "nobody's load")
        for (const userId of ['ann', 'null', 'undefined'])
          await rejects('SESSION_NOT_FOUND', `load by '${userId}'`, () => load(userId))
      },
    },
    {
      id: 'owners/before-repeats',
      title: 'the guard is judged before repeats and conditions: no stored message and no version leaks',
      async run(kit) {
        const append = messages(kit, 2)
        const { id } = await kit.create({ userId: 'ann', messages: append })
        const guarded = async (change: object, conditions: object) => {
          const commit = () => kit.store.commit(id, change, { if: { userId: 'bob', ...conditions } })
          const error = await rejects('SESSION_NOT_FOUND', 'commit', commit)
          equal(error.current, undefined, 'the current values in the error')
        }
        await guarded({ append }, {})
        await guarded({ append: append.map((message) => ({ ...message, content: 'other' })) }, {})
        await guarded({}, { version: 99 })
        await guarded({ append: messages(kit, 1001 - 1) }, { lastSeq: 99 })
      },
    },
    {
      id: 'owners/as-it-is',
      title: 'the guard goes by the owner as it is now, in the same step',
      async run(kit: Kit) {
        const { id } = await kit.create({ userId: 'ann' })
        await kit.store.commit(id, { session: { userId: 'bob' } }, { if: { userId: 'ann' } })
        const late = () => kit.store.commit(id, {}, { if: { userId: 'ann' } })
        await rejects('SESSION_NOT_FOUND', 'commit by the former owner', late)
        const takes = ['c', 'd', 'e'].map((userId) =>
          kit.store.commit(id, { session: { userId } }, { if: { userId: 'bob' } }),
        )
        const done = await Promise.allSettled(takes)
        equal(done.filter(({ status }) => status === 'fulfilled').length, 1, 'how many took it from bob')
      },
    },
  ],
}
