import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, everything, ids, messages } from '../steps.ts'

/** Law 3: what a call acknowledged is there for every later call from anywhere. */
export const durable: LawGroup = {
  name: 'durable',
  laws: [
    {
      id: 'durable/next-call',
      title: 'what a commit acknowledged is there for the next call',
      async run(kit) {
        const { id } = await kit.create()
        const sent: string[] = []
        for (let i = 0; i < 10; i++) {
          const { messages: done, ...counters } = await append(kit, id, 1)
          sent.push(...ids(done))
          const { session, messages: stored } = await everything(kit, id)
          equal(ids(stored), sent, 'the messages')
          const { version, lastSeq, messageCount, updatedAt } = session
          const { version: v, lastSeq: l, messageCount: m, updatedAt: u } = counters
          equal([version, lastSeq, messageCount, updatedAt], [v, l, m, u], 'the counters answered')
        }
      },
    },
    {
      id: 'durable/create-answer',
      title: 'a load gives the session as create and commit answered it',
      async run(kit) {
        const made = await kit.create({ userId: 'ann', metadata: { a: '1' }, maxMessages: 9, ttlMs: 1e9 })
        equal((await kit.store.load(made.id)).session, made, 'after create')
        const change = {
          session: { metadata: { b: '2' }, isActive: false, overflow: 'drop-oldest' },
        } as const
        const { session } = await kit.store.commit(made.id, change)
        equal((await kit.store.load(made.id)).session, session, 'after commit')
      },
    },
    {
      id: 'durable/session-part',
      title: 'a commit answers the session where it has a session part, and only there',
      async run(kit) {
        const { id } = await kit.create()
        equal((await append(kit, id, 1)).session, undefined, 'session without a session part')
        const { session } = await kit.store.commit(id, { session: { isActive: false } })
        equal(session?.isActive, false, 'the session answered')
      },
    },
    {
      id: 'durable/other-instance',
      title: 'what one instance acknowledged, another sees at once',
      needs: ['shared'],
      async run(kit) {
        const other = await kit.open()
        const session = await kit.create({ userId: 'ann', context: [['k', 1]] })
        for (let i = 1; i <= 5; i++) {
          const { messages: done } = await append(kit, session.id, 1)
          equal(
            (await other.load(session.id, { messages: { last: 1 } })).messages,
            done,
            'the newest message',
          )
        }
        await other.commit(session.id, { set: [['k', 2]] })
        equal((await everything(kit, session.id)).context, [['k', 2]], 'the context')
        equal(await other.count('ann'), 1, 'the count')
        equal(await other.delete(session.id), true, 'delete')
        await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load(session.id))
      },
    },
    {
      id: 'durable/reopen',
      title: 'what was acknowledged is there after the instance was closed and another opened',
      needs: ['shared'],
      async run(kit) {
        const first = await kit.open()
        const batch = messages(kit, 3)
        const { id } = await kit.create({ metadata: { a: '1' } })
        await first.commit(id, { append: batch, set: [['k', { v: [] }]] })
        const before = await first.load(id, { messages: { last: 10 }, context: true })
        await first.close()
        const again = await kit.open()
        equal(await again.load(id, { messages: { last: 10 }, context: true }), before, 'the session')
      },
    },
    {
      id: 'durable/delete',
      title: 'a deleted session is gone from loads, lists and counts, and stays so',
      async run(kit) {
        const { id } = await kit.create({ userId: 'ann', messages: messages(kit, 2) })
        equal(await kit.store.delete(id), true, 'delete')
        await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load(id))
        await rejects('SESSION_NOT_FOUND', 'commit', () => append(kit, id, 1))
        equal(await kit.store.count('ann'), 0, 'the count')
        equal((await kit.store.list({ userId: 'ann', limit: 10 })).sessions, [], "the user's list")
        equal((await kit.store.list({ all: true, limit: 10 })).sessions, [], 'the list of all')
      },
    },
    {
      id: 'durable/delete-again',
      title: 'delete answers true once, and false where there is no session',
      async run(kit) {
        const { id } = await kit.create()
        equal(await kit.store.delete(id), true, 'the first delete')
        equal(await kit.store.delete(id), false, 'the second delete')
        equal(await kit.store.delete('never there'), false, 'delete of what was never there')
      },
    },
  ],
}
