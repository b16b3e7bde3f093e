import { equal, rejects } from '../check.ts'
import { badNames } from '../fidelity.ts'
import type { LawGroup } from '../law.ts'
import { everything, messages } from '../steps.ts'

const _METADATA_KEY_BYTES = 255

/** Names that are none. */
export const refusals: LawGroup = {
  name: 'refusals',
  laws: [
    {
      id: 'refusals/ids',
      title: 'a session, user or message id that is empty, too long or not well-formed is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        for (const bad of badNames(200)) {
          await rejects('INVALID_ARGUMENT', 'create', () => kit.create({ id: bad }))
          await rejects('INVALID_ARGUMENT', 'load', () => kit.store.load(bad))
          await rejects('INVALID_ARGUMENT', 'commit', () => kit.store.commit(bad, {}))
          await rejects('INVALID_ARGUMENT', 'delete', () => kit.store.delete(bad))
          const append = [...messages(kit, 1), kit.message({ id: bad })]
          await rejects('INVALID_ARGUMENT', 'append', () => kit.store.commit(id, { append }))
        }
        for (const userId of badNames(255)) {
          await rejects('INVALID_ARGUMENT', 'create', () => kit.create({ userId }))
          await rejects('INVALID_ARGUMENT', 'list', () => kit.store.list({ userId, limit: 5 }))
          await rejects('INVALID_ARGUMENT', 'count', () => kit.store.count(userId))
        }
        equal(
          (await kit.store.list({ all: true, limit: 5 })).sessions.length,
          1,
          'how many sessions there are',
        )
      },
    },
    {
      id: 'refusals/keys',
      title: 'a role, context or metadata key that is empty, too long or not well-formed is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        const before = await everything(kit, id)
        for (const role of badNames(64)) {
          const append = [kit.message({ role })]
          await rejects('INVALID_ARGUMENT', 'append', () => kit.store.commit(id, { append }))
        }
        for (const key of badNames(255)) {
          await rejects('INVALID_ARGUMENT', 'set', () => kit.store.commit(id, { set: [[key, 1]] }))
          await rejects('INVALID_ARGUMENT', 'unset', () => kit.store.commit(id, { unset: [key] }))
          await rejects('INVALID_ARGUMENT', 'create', () => kit.create({ context: [[key, 1]] }))
          const patch = () => kit.store.commit(id, { session: { metadata: { [key]: '' } } })
          await rejects('INVALID_ARGUMENT', 'patch', patch)
        }
        equal(await everything(kit, id), before, 'the session')
      },
    },
  ],
}
