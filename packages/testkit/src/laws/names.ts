import { isSessError } from '@sess/core'
import { equal, holds, rejectionOf } from '../check.ts'
import { oddNames } from '../fidelity.ts'
import type { LawGroup } from '../law.ts'
import { everything, ids, NEW_SESSION } from '../steps.ts'

const METADATA_KEY_BYTES = 255

/** Names are well-formed text of limited length, compared byte by byte; law 13. */
export const names: LawGroup = {
  name: 'names',
  laws: [
    {
      id: 'names/sessions',
      title: 'session ids are told apart byte by byte, of any characters and of up to 200 bytes',
      async run(kit) {
        const odd = oddNames(200)
        for (const id of odd) await kit.create({ id, metadata: { id } })
        for (const id of odd) {
          const { session } = await kit.store.load(id)
          equal([session.id, session.metadata.id], [id, id], 'the session')
        }
        const { sessions } = await kit.store.list({ all: true, limit: 1000 })
        equal(ids(sessions).sort(), [...odd].sort(), 'the walk over all')
      },
    },
    {
      id: 'names/users',
      title: 'user ids are told apart byte by byte, of any characters and of up to 255 bytes',
      async run(kit) {
        const odd = oddNames(255)
        for (const [i, userId] of odd.entries()) await kit.create({ id: `s${i}`, userId })
        for (const [i, userId] of odd.entries()) {
          const { sessions } = await kit.store.list({ userId, limit: 5 })
          equal(
            sessions.map(({ id, userId }) => [id, userId]),
            [[`s${i}`, userId]],
            'the list',
          )
          equal(await kit.store.count(userId), 1, 'the count')
        }
      },
    },
    {
      id: 'names/messages',
      title: 'message ids and roles come back byte by byte, of any characters and of up to 200 and 64 bytes',
      async run(kit) {
        const odd = oddNames(200)
        const roles = oddNames(64)
        const sent = odd.map((id, i) => kit.message({ id, role: roles[i % roles.length] ?? '' }))
        const { id } = await kit.create()
        const { messages: stored } = await kit.store.commit(id, { append: sent })
        equal(
          stored.map(({ id, role }) => [id, role]),
          sent.map(({ id, role }) => [id, role]),
          'the messages',
        )
        equal(await kit.messages(id), stored, 'the messages stored')
        for (const one of odd.slice(0, 12))
          equal(ids((await kit.store.load(id, { messages: { ids: [one] } })).messages), [one], 'by id')
        equal((await kit.store.commit(id, { append: sent })).replayed, true, 'the repeat')
      },
    },
    {
      id: 'names/context-keys',
      title: 'context keys are told apart byte by byte, of any characters and of up to 255 bytes',
      async run(kit) {
        const odd = oddNames(255)
        const { id } = await kit.create()
        await kit.store.commit(id, { set: odd.map((key) => [key, { key }]) })
        const { context = [] } = await everything(kit, id)
        equal(new Map(context).size, odd.length, 'how many keys there are')
        for (const [key, value] of context) equal(value, { key }, 'the value of a key')
        const { context: some } = await kit.store.load(id, { context: { keys: odd.slice(5, 9) } })
        equal(some?.map(([key]) => key).sort(), odd.slice(5, 9).sort(), 'keys by name')
        await kit.store.commit(id, { unset: odd.slice(1) })
        equal((await everything(kit, id)).context, [[odd[0] ?? '', { key: odd[0] ?? '' }]], 'after unset')
      },
    },
    {
      id: 'names/metadata-keys',
      title: 'metadata keys are told apart byte by byte, of any characters and of up to 255 bytes',
      async run(kit) {
        const odd = oddNames(METADATA_KEY_BYTES)
        const metadata = Object.fromEntries(odd.map((key) => [key, key]))
        const { id } = await kit.create({ metadata })
        equal((await kit.store.load(id)).session.metadata, metadata, 'the metadata')
        const gone = Object.fromEntries(odd.slice(1).map((key) => [key, null]))
        const { session } = await kit.store.commit(id, { session: { metadata: gone } })
        equal(session?.metadata, { [odd[0] ?? '']: odd[0] ?? '' }, 'after a patch')
      },
    },
    {
      id: 'names/newer-schema',
      title: 'data of a newer schema is refused by every call, neither read nor written',
      needs: ['makeNewer', 'shared'],
      async run(kit) {
        const { id } = await kit.create()
        await kit.harness.makeNewer?.()
        const store = await kit.open()
        const calls = [
          () => store.load(id),
          () => store.commit(id, { set: [['k', 1]] }),
          () => store.delete(id),
        ]
        for (const call of [
          ...calls,
          () => store.create(NEW_SESSION),
          () => store.list({ all: true, limit: 1 }),
        ]) {
          const error = await rejectionOf('a call on data of a newer schema', call)
          holds(
            isSessError(error) && error.code !== 'SESSION_NOT_FOUND',
            'it is answered as if it were not there',
          )
        }
      },
    },
  ],
}
