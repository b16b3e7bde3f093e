import { equal, holds } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { messages, refuses } from '../steps.ts'

/** Changes of a session's own fields. */
export const fields: LawGroup = {
  name: 'fields',
  laws: [
    {
      id: 'fields/metadata',
      title: 'a metadata patch merges, and null removes a key',
      async run(kit) {
        const { id } = await kit.create({ metadata: { a: '1', b: '2', A: '3' } })
        const patch = { metadata: { b: null, a: '', c: 'x', nowhere: null } }
        const { session } = await kit.store.commit(id, { session: patch })
        equal(session?.metadata, { a: '', c: 'x', A: '3' }, 'the metadata answered')
        equal((await kit.store.load(id)).session.metadata, { a: '', c: 'x', A: '3' }, 'the metadata stored')
      },
    },
    {
      id: 'fields/fields',
      title: 'a session patch changes the fields that it names and no other',
      async run(kit) {
        const made = await kit.create({ userId: 'ann', metadata: { a: '1' }, maxMessages: 5, ttlMs: 1e9 })
        const patch = { isActive: false, maxMessages: null, overflow: 'drop-oldest' } as const
        const { session } = await kit.store.commit(made.id, { session: patch })
        const { version, updatedAt, ...rest } = session ?? made
        const { version: _v, updatedAt: _u, ...old } = made
        equal(rest, { ...old, ...patch }, 'the session')
        holds(version === 2 && updatedAt >= made.updatedAt, 'version and updatedAt')
      },
    },
    {
      id: 'fields/closed',
      title: 'a closed session refuses messages with SESSION_CLOSED until it is opened again',
      async run(kit) {
        const { id } = await kit.create()
        await kit.store.commit(id, { append: messages(kit, 1), session: { isActive: false } })
        await refuses(kit, 'SESSION_CLOSED', id, { append: messages(kit, 1) })
        const reopening = { append: messages(kit, 1), session: { isActive: true } }
        await refuses(kit, 'SESSION_CLOSED', id, reopening)
        await kit.store.commit(id, { session: { isActive: true } })
        equal((await kit.store.commit(id, reopening)).messageCount, 2, 'the count after it was opened')
      },
    },
    {
      id: 'fields/owner',
      title: 'a session given to another user leaves the list and count of the one and enters the other',
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann' })
        const seen = async (userId: string) => {
          const { sessions } = await kit.store.list({ userId, limit: 9 })
          return [sessions.length, await kit.store.count(userId)]
        }
        const { session } = await kit.store.commit(id, { session: { userId: 'bob' } })
        equal(session?.userId, 'bob', 'the owner')
        equal(
          [await seen('ann'), await seen('bob')],
          [
            [0, 0],
            [1, 1],
          ],
          'after it was given to bob',
        )
        await kit.store.commit(id, { session: { userId: null } })
        equal(
          [await seen('ann'), await seen('bob')],
          [
            [0, 0],
            [0, 0],
          ],
          'after it was given to nobody',
        )
        equal((await kit.store.load(id)).session.userId, null, 'the owner in the end')
      },
    },
  ],
}
