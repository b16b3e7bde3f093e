import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, everything, ids, messages, NEW_SESSION, range, refuses, seqs } from '../steps.ts'

/** How sessions come into being. */
export const creation: LawGroup = {
  name: 'creation',
  laws: [
    {
      id: 'creation/answer',
      title: 'a create answers the session with the fields given and those of a new one',
      async run(kit) {
        const { context: _c, messages: _m, ...fields } = NEW_SESSION
        const given = {
          ...fields,
          userId: 'ann',
          metadata: { a: 'b' },
          maxMessages: 7,
          ttlMs: 1e9,
          sliding: true,
        }
        const made = await kit.store.create({
          ...NEW_SESSION,
          ...given,
          overflow: 'drop-oldest',
          isActive: false,
        })
        const { createdAt, updatedAt, expiresAt, ...rest } = made
        const counters = { version: 1, messageCount: 0, lastSeq: 0 }
        equal(rest, { ...given, ...counters, overflow: 'drop-oldest', isActive: false }, 'the session')
        equal([updatedAt, expiresAt], [createdAt, createdAt + 1e9], 'its times')
      },
    },
    {
      id: 'creation/exists',
      title: 'a create over a living session is SESSION_EXISTS and leaves that one as it is',
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann', messages: messages(kit, 2), context: [['k', 1]] })
        const before = await everything(kit, id)
        const again = () =>
          kit.create({ id, userId: 'bob', messages: messages(kit, 1), metadata: { a: 'b' } })
        const error = await rejects('SESSION_EXISTS', 'create', again)
        equal(error.sessionId, id, 'the session in the error')
        equal(await everything(kit, id), before, 'the session')
        equal(await kit.store.count('bob'), 0, "the other user's count")
      },
    },
    {
      id: 'creation/racing',
      title: 'of racing creates under one id one wins, the others are SESSION_EXISTS',
      async run(kit) {
        const creates = range(10).map((n) =>
          kit.create({ id: 'raced', userId: `${n}`, messages: messages(kit, [`${n}`]) }),
        )
        const made = await Promise.allSettled(creates)
        const codes = made.map((one) => (one.status === 'fulfilled' ? 'made' : one.reason.code)).sort()
        equal(codes, [...range(9).map(() => 'SESSION_EXISTS'), 'made'], 'the outcomes')
        const { session, messages: log } = await everything(kit, 'raced')
        equal(
          log?.map(({ content }) => content),
          [session.userId],
          'whose message is there',
        )
        equal(
          (await kit.store.list({ all: true, limit: 20 })).sessions.length,
          1,
          'how many sessions there are',
        )
      },
    },
    {
      id: 'creation/racing-instances',
      title: 'of racing creates through 4 instances one wins',
      needs: ['shared'],
      async run(kit) {
        const stores = await Promise.all(range(4).map(() => kit.open()))
        const session = { ...NEW_SESSION, id: 'raced' }
        const made = await Promise.allSettled([...stores, ...stores].map((store) => store.create(session)))
        const codes = made.map((one) => (one.status === 'fulfilled' ? 'made' : one.reason.code)).sort()
        equal(codes, [...range(7).map(() => 'SESSION_EXISTS'), 'made'], 'the outcomes')
      },
    },
    {
      id: 'creation/any-id',
      title: "a caller's own id serves as well as a made one, and comes back as given",
      async run(kit) {
        for (const id of ['chat-1', 'sess_', 'sess_fff0123456789012345678901', 'x', '42']) {
          equal((await kit.create({ id })).id, id, 'the id')
          equal(seqs((await append(kit, id, 1)).messages), [1], `the first seq in '${id}'`)
          equal((await kit.store.load(id)).session.id, id, 'the id as loaded')
        }
      },
    },
    {
      id: 'creation/nobody',
      title: 'a session of nobody can be written and read, and is in the walk over all',
      async run(kit) {
        const { id, userId } = await kit.create({ userId: null })
        await append(kit, id, 1)
        equal([userId, (await kit.store.load(id)).session.userId], [null, null], 'the owner')
        equal(ids((await kit.store.list({ all: true, limit: 5 })).sessions), [id], 'the walk')
      },
    },
    {
      id: 'creation/again',
      title: 'under the id of a deleted session another begins anew',
      async run(kit) {
        const first = messages(kit, 3)
        const { id } = await kit.create({
          messages: first,
          isActive: false,
          maxMessages: 3,
          metadata: { a: 'b' },
        })
        await kit.store.delete(id)
        const made = await kit.create({ id })
        equal(
          [made.version, made.lastSeq, made.isActive, made.maxMessages, made.metadata],
          [1, 0, true, null, {}],
          'it',
        )
        const done = await kit.store.commit(id, { append: first })
        equal(
          [done.replayed, seqs(done.messages)],
          [false, [1, 2, 3]],
          'messages with the ids of the old ones',
        )
      },
    },
    {
      id: 'creation/refused-fields',
      title: 'a maxMessages, ttlMs or overflow that means nothing is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        const caps = [{ maxMessages: 0 }, { maxMessages: 1.5 }, { maxMessages: -1 }]
        const lifetimes = [{ ttlMs: 0 }, { ttlMs: -5 }, { ttlMs: 0.5 }, { overflow: 'drop' as 'reject' }]
        for (const fields of [...caps, ...lifetimes]) {
          await rejects('INVALID_ARGUMENT', `create with ${JSON.stringify(fields)}`, () => kit.create(fields))
          await refuses(kit, 'INVALID_ARGUMENT', id, { session: fields })
        }
      },
    },
  ],
}
