import { equal, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { expire, ids, messages } from '../steps.ts'

/** Sweeps: expired sessions deleted for good. */
export const sweep: LawGroup = {
  name: 'sweep',
  laws: [
    {
      id: 'sweep/expired-only',
      title: 'a sweep deletes expired sessions, those of nobody too, and nothing that lives',
      async run(kit) {
        const living = [await kit.create({ ttlMs: 1e12 }), await kit.create({ ttlMs: null })]
        await dying(kit, [null, 'ann', 'bob'])
        equal(await kit.store.sweep({ limit: 100 }), 3, 'how many were deleted')
        const { sessions } = await kit.store.list({ all: true, limit: 100, includeExpired: true })
        equal(ids(sessions).sort(), ids(living).sort(), 'what is left')
      },
    },
    {
      id: 'sweep/not-found',
      title: 'what was swept is SESSION_NOT_FOUND, and its delete answers false',
      async run(kit) {
        const [id = ''] = await dying(kit, ['ann'])
        equal(await kit.store.sweep({ limit: 10 }), 1, 'how many were deleted')
        await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load(id))
        await rejects('SESSION_NOT_FOUND', 'commit', () => kit.store.commit(id, {}))
        equal(await kit.store.delete(id), false, 'delete')
        equal(await kit.store.count('ann'), 0, 'the count')
      },
    },
    {
      id: 'sweep/limit',
      title: 'a sweep deletes up to its limit, and fewer only when none is left',
      async run(kit) {
        await dying(kit, ['a', 'b', 'c', 'd', 'e'])
        const counts = []
        for (let i = 0; i < 4; i++) counts.push(await kit.store.sweep({ limit: 2 }))
        equal(counts, [2, 2, 1, 0], 'how many each deleted')
      },
    },
    {
      id: 'sweep/nothing',
      title: 'a sweep without expired sessions deletes none',
      async run(kit) {
        equal(await kit.store.sweep({ limit: 10 }), 0, 'of an empty store')
        const { id } = await kit.create({ ttlMs: 1e9 })
        equal(await kit.store.sweep({ limit: 10 }), 0, 'of one that lives')
        equal((await kit.store.load(id)).session.version, 1, 'the session')
      },
    },
    {
      id: 'sweep/moved',
      title: 'a sweep goes by the lifetime as it is now: extended, made endless, shortened or slid',
      async run(kit) {
        const ttlMs = kit.lifetimeMs
        for (const id of ['extended', 'endless', 'slid'])
          await kit.create({ id, ttlMs, sliding: id === 'slid' })
        await kit.create({ id: 'shortened', ttlMs: 1e12 })
        await kit.store.commit('extended', { session: { ttlMs: 1e12 } })
        await kit.store.commit('endless', { session: { ttlMs: null } })
        await kit.store.commit('shortened', { session: { ttlMs } })
        await kit.store.commit('slid', { session: { ttlMs: 1e12 } })
        await expire(kit, 'shortened', ttlMs)
        equal(await kit.store.sweep({ limit: 10 }), 1, 'how many were deleted')
        const { sessions } = await kit.store.list({ all: true, limit: 10, includeExpired: true })
        equal(ids(sessions).sort(), ['endless', 'extended', 'slid'], 'what is left')
      },
    },
    {
      id: 'sweep/replaced',
      title: 'a session created over an expired one is not swept, and one deleted and created anew neither',
      async run(kit) {
        const [a = '', b = ''] = await dying(kit, ['ann', 'ann'])
        await kit.create({ id: a, messages: messages(kit, 1) })
        await kit.store.delete(b)
        await kit.create({ id: b })
        equal(await kit.store.sweep({ limit: 10 }), 0, 'how many were deleted')
        equal((await kit.messages(a)).length, 1, 'the messages')
        equal((await kit.store.load(b)).session.version, 1, 'the other session')
      },
    },
    {
      id: 'sweep/concurrent',
      title: 'concurrent sweeps delete each expired session once',
      async run(kit) {
        await dying(kit, ['a', 'b', 'c', 'd', 'e', 'f'])
        const counts = await Promise.all([1, 2, 3].map(() => kit.store.sweep({ limit: 100 })))
        equal(
          counts.reduce((sum, count) => sum + count),
          6,
          'how many were deleted in all',
        )
      },
    },
    {
      id: 'sweep/refused',
      title: 'a sweep with a limit outside 1 to 1,000 is INVALID_ARGUMENT',
      async run(kit) {
        for (const limit of [0, 1001, -1, 1.5])
          await rejects('INVALID_ARGUMENT', `sweep of ${limit}`, () => kit.store.sweep({ limit }))
      },
    },
  ],
}

/** Creates a session of each user and lets all of them expire; answers their ids. */
async function dying(kit: Kit, users: readonly (string | null)[]): Promise<string[]> {
  const ttlMs = kit.lifetimeMs
  const made: string[] = []
  for (const userId of users) made.push((await kit.create({ userId, ttlMs, messages: messages(kit, 1) })).id)
  await expire(kit, made.at(-1) ?? '', ttlMs)
  return made
}
