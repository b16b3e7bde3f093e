import { equal, holds, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, everything, ids, messages, NEW_SESSION, refuses } from '../steps.ts'

/** Law 1: each call happens wholly or not at all. */
export const atomic: LawGroup = {
  name: 'atomic',
  laws: [
    {
      id: 'atomic/batch-whole',
      title: 'a batch of which one message is refused stores none',
      async run(kit) {
        const { id } = await kit.create()
        const [taken, ...others] = messages(kit, 3)
        if (!taken) return
        await kit.store.commit(id, { append: [taken] })
        await refuses(kit, 'CONFLICT', id, { append: [...others, { ...taken, content: 'other' }] })
      },
    },
    {
      id: 'atomic/commit-whole',
      title: 'a commit whose last part is refused applies no other part',
      async run(kit) {
        const session = await kit.create({ context: [['a', 1]], messages: messages(kit, 3) })
        const [first] = await kit.messages(session.id)
        const change = {
          cut: { newest: 1 },
          amend: [{ id: first?.id ?? '', content: 'amended' }],
          append: messages(kit, 2),
          unset: ['a'],
          set: [['b', 2]] as const,
          session: { isActive: false, metadata: { big: 'x'.repeat(100) } },
        }
        await refuses(kit, 'LIMIT_EXCEEDED', session.id, change, { limits: { metadataBytes: 50 } })
      },
    },
    {
      id: 'atomic/commit-in-order',
      title: 'a commit applies cut, amend, append, unset, set and session in this order as one version',
      async run(kit) {
        const session = await kit.create({
          context: [
            ['a', 1],
            ['b', 2],
          ],
          messages: messages(kit, 3),
        })
        const [first, second] = await kit.messages(session.id)
        const [added] = messages(kit, ['added'])
        if (!first || !second || !added) return
        const done = await kit.store.commit(session.id, {
          session: { metadata: { title: 't' } },
          set: [['a', 'again']],
          unset: ['a', 'b'],
          append: [added],
          amend: [{ id: second.id, content: 'amended' }],
          cut: { newest: 1 },
        })
        equal(done.version, 2, 'the version')
        const after = await everything(kit, session.id)
        equal(ids(after.messages), [first.id, second.id, added.id], 'the messages')
        equal(after.messages?.[1]?.content, 'amended', 'the amended message')
        equal(after.context, [['a', 'again']], 'the context')
        equal(after.session.metadata, { title: 't' }, 'the metadata')
      },
    },
    {
      id: 'atomic/create-whole',
      title: 'a refused create leaves no session behind',
      async run(kit) {
        const fields = {
          id: 'half',
          userId: 'ann',
          context: [['k', 'x'.repeat(100)]],
          messages: messages(kit, 2),
        }
        const session = { ...NEW_SESSION, ...fields } as const
        const create = () =>
          kit.store.create(
            { ...session, context: [['k', 'x'.repeat(100)]] },
            { limits: { contextBytes: 50 } },
          )
        await rejects('LIMIT_EXCEEDED', 'create', create)
        await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load('half'))
        equal(await kit.store.count('ann'), 0, 'the count')
        equal((await kit.store.list({ all: true, limit: 10 })).sessions, [], 'the list of all')
      },
    },
    {
      id: 'atomic/create-all',
      title: 'a create stores its first messages and context with the session',
      async run(kit) {
        const first = messages(kit, 3)
        const { id } = await kit.create({ messages: first, context: [['k', { v: 1 }]], metadata: { m: 'x' } })
        const { session, messages: stored, context } = await everything(kit, id)
        equal(ids(stored), ids(first), 'the messages')
        equal(context, [['k', { v: 1 }]], 'the context')
        equal([session.messageCount, session.lastSeq, session.metadata], [3, 3, { m: 'x' }], 'the session')
      },
    },
    {
      id: 'atomic/snapshot',
      title: 'a load during commits sees each commit wholly or not at all',
      async run(kit) {
        const { id } = await kit.create({ context: [['n', 0]] })
        const write = async () => {
          for (let n = 1; n <= 12; n++)
            await kit.store.commit(id, { append: messages(kit, 3), set: [['n', n * 3]] })
        }
        const read = async () => {
          for (let n = 0; n < 12; n++) {
            const { session, messages: seen, context } = await everything(kit, id)
            equal(seen?.length, session.messageCount, 'messages beside the count')
            equal(context?.[0]?.[1], session.messageCount, 'context beside the count')
            holds(session.messageCount % 3 === 0, 'half a batch was seen')
          }
        }
        await Promise.all([write(), read(), read(), read()])
      },
    },
    {
      id: 'atomic/delete-whole',
      title: 'a delete takes messages and context too: a new session under the id has none of them',
      async run(kit) {
        const { id } = await kit.create({ context: [['k', 1]], messages: messages(kit, 2) })
        await append(kit, id, 1)
        equal(await kit.store.delete(id), true, 'delete')
        await kit.create({ id })
        const { session, messages: left, context } = await everything(kit, id)
        equal([left, context, session.lastSeq, session.version], [[], [], 0, 1], 'the new session')
      },
    },
  ],
}
