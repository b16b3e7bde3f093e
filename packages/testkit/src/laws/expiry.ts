import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, everything, expired, ids, messages, pages, range, seqs } from '../steps.ts'

/** Law 9: what has expired is gone for every call, at once and with the same code. */
export const expiry: LawGroup = {
  name: 'expiry',
  laws: [
    {
      id: 'expiry/load',
      title: 'a load of an expired session is SESSION_EXPIRED, whatever it wants',
      async run(kit) {
        const { id } = await expired(kit, { messages: messages(kit, 1), context: [['k', 1]] })
        await rejects('SESSION_EXPIRED', 'load', () => kit.store.load(id))
        const want = { messages: { last: 5 }, context: true } as const
        await rejects('SESSION_EXPIRED', 'load of all', () => kit.store.load(id, want))
      },
    },
    {
      id: 'expiry/commit',
      title:
        'a commit to an expired session is SESSION_EXPIRED: no repeat, condition or lifetime goes before',
      async run(kit) {
        const [message] = messages(kit, 1)
        const { id } = await expired(kit, { messages: message ? [message] : [], isActive: false })
        const commits = [
          {},
          { append: messages(kit, 1) },
          { append: message ? [message] : [] },
          { set: [['k', 1]] as const },
        ]
        for (const change of [...commits, { session: { ttlMs: 1e9 } }, { session: { ttlMs: null } }])
          await rejects('SESSION_EXPIRED', `commit of ${Object.keys(change)}`, () =>
            kit.store.commit(id, change),
          )
        const conditional = () => kit.store.commit(id, {}, { if: { version: 99 } })
        await rejects('SESSION_EXPIRED', 'commit on a condition', conditional)
        await rejects('SESSION_EXPIRED', 'load', () => kit.store.load(id))
      },
    },
    {
      id: 'expiry/delete',
      title: 'a delete of an expired session answers true, once; then it is SESSION_NOT_FOUND',
      async run(kit) {
        const { id } = await expired(kit)
        equal([await kit.store.delete(id), await kit.store.delete(id)], [true, false], 'two deletes')
        await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load(id))
      },
    },
    {
      id: 'expiry/create',
      title: 'a create over an expired session replaces it: seq from 1, version 1, nothing of the old one',
      async run(kit) {
        const first = {
          userId: 'ann',
          messages: messages(kit, 3),
          context: [['old', 1]] as const,
          metadata: { old: 'x' },
        }
        const { id } = await expired(kit, first)
        const made = await kit.create({ id, userId: 'bob', context: [['new', 1]] })
        equal(
          [made.version, made.lastSeq, made.messageCount, made.metadata],
          [1, 0, 0, {}],
          'the new session',
        )
        equal((await append(kit, id, 1)).messages[0]?.seq, 1, 'its first seq')
        const { messages: log, context } = await everything(kit, id)
        equal([log?.length, context], [1, [['new', 1]]], 'its messages and context')
        equal(
          (await kit.store.commit(id, { append: first.messages })).replayed,
          false,
          'an id of the old one',
        )
        equal([await kit.store.count('ann'), await kit.store.count('bob')], [0, 1], 'the counts')
        const { sessions } = await kit.store.list({ userId: 'ann', limit: 5, includeExpired: true })
        equal(sessions, [], 'the list of its former owner')
      },
    },
    {
      id: 'expiry/racing-creates',
      title: 'of racing creates over an expired session one wins, the others are SESSION_EXISTS',
      async run(kit) {
        const { id } = await expired(kit, { messages: messages(kit, 2) })
        const made = await Promise.allSettled(
          range(8).map(() => kit.create({ id, messages: messages(kit, 1) })),
        )
        const codes = made.map((one) => (one.status === 'fulfilled' ? 'made' : one.reason.code)).sort()
        equal(codes, [...range(7).map(() => 'SESSION_EXISTS'), 'made'], 'the outcomes')
        equal(seqs(await kit.messages(id)), [1], 'the messages')
      },
    },
    {
      id: 'expiry/lists',
      title: 'lists and counts leave an expired session out at once, unless they ask for it',
      async run(kit) {
        const living = await kit.create({ userId: 'ann', ttlMs: 1e12 })
        const { id } = await expired(kit, { userId: 'ann' })
        equal(await kit.store.count('ann'), 1, 'the count')
        for (const whose of [{ userId: 'ann' }, { all: true }] as const) {
          equal(
            (await pages(kit.store, { ...whose, limit: 1 })).flat(),
            [living.id],
            `the list of ${Object.keys(whose)}`,
          )
          const all = (await pages(kit.store, { ...whose, limit: 1, includeExpired: true })).flat()
          equal(all.sort(), [living.id, id].sort(), `the list of ${Object.keys(whose)} with expired ones`)
          const { sessions } = await kit.store.list({ ...whose, limit: 9, includeExpired: false })
          equal(ids(sessions), [living.id], 'with includeExpired: false')
        }
      },
    },
    {
      id: 'expiry/paging',
      title: 'pages of a list are full though expired sessions lie between the living',
      async run(kit) {
        const living = ['a', 'b', 'c', 'd']
        const ttlMs = kit.lifetimeMs
        for (const id of living) {
          await kit.create({ id: `${id}-dying`, userId: 'ann', ttlMs })
          await kit.create({ id, userId: 'ann' })
        }
        await expired(kit, { userId: 'ann' })
        for (const whose of [{ userId: 'ann' }, { all: true }] as const) {
          const { sessions } = await kit.store.list({ ...whose, limit: 4 })
          equal(ids(sessions).sort(), living, `the first page of ${Object.keys(whose)}`)
          const second = ids((await kit.store.list({ ...whose, limit: 2, offset: 2 })).sessions)
          equal(second, ids(sessions).slice(2), `the page at an offset of ${Object.keys(whose)}`)
        }
      },
    },
    {
      id: 'expiry/foreign',
      title: 'an expired session of another owner is not told from one that is not there',
      async run(kit) {
        const { id } = await expired(kit, { userId: 'ann' })
        const guard = { if: { userId: 'bob' } }
        await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load(id, {}, guard))
        await rejects('SESSION_NOT_FOUND', 'commit', () => kit.store.commit(id, {}, guard))
        equal(await kit.store.delete(id, guard), false, 'delete')
        equal(await kit.store.delete(id, { if: { userId: 'ann' } }), true, "the owner's delete")
      },
    },
  ],
}
