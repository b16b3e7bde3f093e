import { equal, holds, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, messages, range, refuses, seqs } from '../steps.ts'

/** The cap on the messages of a session. */
export const caps: LawGroup = {
  name: 'caps',
  laws: [
    {
      id: 'caps/reject',
      title: 'an append that would pass the cap is MESSAGE_LIMIT, one that reaches it is stored',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 3 })
        await append(kit, id, 2)
        await refuses(kit, 'MESSAGE_LIMIT', id, { append: messages(kit, 2) })
        equal((await append(kit, id, 1)).messageCount, 3, 'the count at the cap')
        await refuses(kit, 'MESSAGE_LIMIT', id, { append: messages(kit, 1) })
      },
    },
    {
      id: 'caps/drop-oldest',
      title: 'with drop-oldest the oldest messages make room, as many as are needed',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 3, overflow: 'drop-oldest' })
        await append(kit, id, 2)
        const done = await append(kit, id, 2)
        equal([done.messageCount, done.lastSeq, seqs(done.messages)], [3, 4, [3, 4]], 'the answer')
        equal(seqs(await kit.messages(id)), [2, 3, 4], 'the messages')
        await append(kit, id, 3)
        equal(seqs(await kit.messages(id)), [5, 6, 7], 'after a batch as large as the cap')
      },
    },
    {
      id: 'caps/dropped-count',
      title: 'what drop-oldest took is counted in removedCount and not listed in removed',
      async run(kit) {
        const fields = { maxMessages: 3, overflow: 'drop-oldest' } as const
        const { id } = await kit.create({ ...fields, messages: messages(kit, 3) })
        const dropped = await append(kit, id, 2)
        equal([seqs(dropped.removed), dropped.removedCount], [[], 2], 'without a cut')
        const both = await kit.store.commit(id, { cut: { newest: 1 }, append: messages(kit, 3) })
        equal([seqs(both.removed), both.removedCount], [[5], 3], 'with a cut')
        equal([seqs(both.messages), both.lastSeq, both.messageCount], [[7, 8, 9], 9, 3], 'what it appended')
      },
    },
    {
      id: 'caps/large-batch',
      title: 'a batch larger than the cap is MESSAGE_LIMIT either way',
      async run(kit) {
        for (const overflow of ['reject', 'drop-oldest'] as const) {
          const { id } = await kit.create({ maxMessages: 2, overflow })
          await refuses(kit, 'MESSAGE_LIMIT', id, { append: messages(kit, 3) })
        }
      },
    },
    {
      id: 'caps/create',
      title: 'a create with more messages than the cap is MESSAGE_LIMIT either way',
      async run(kit) {
        for (const overflow of ['reject', 'drop-oldest'] as const) {
          const fields = { id: 'capped', maxMessages: 2, overflow }
          await rejects('MESSAGE_LIMIT', 'create', () =>
            kit.create({ ...fields, messages: messages(kit, 3) }),
          )
          await rejects('SESSION_NOT_FOUND', 'load', () => kit.store.load('capped'))
        }
        equal(
          (await kit.create({ maxMessages: 2, messages: messages(kit, 2) })).messageCount,
          2,
          'at the cap',
        )
      },
    },
    {
      id: 'caps/as-it-was',
      title: 'the cap is judged by the session as it was: a commit cannot raise or lower its own',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 1, messages: messages(kit, 1) })
        const raising = [{ maxMessages: 9 }, { maxMessages: null }, { overflow: 'drop-oldest' }] as const
        for (const session of raising)
          await refuses(kit, 'MESSAGE_LIMIT', id, { append: messages(kit, 1), session })
        const { id: other } = await kit.create({ maxMessages: 9 })
        await kit.store.commit(other, { append: messages(kit, 3), session: { maxMessages: 1 } })
        equal((await kit.messages(other)).length, 3, 'the messages beside a lowered cap')
        await refuses(kit, 'MESSAGE_LIMIT', other, { append: messages(kit, 1) })
      },
    },
    {
      id: 'caps/lowered',
      title: 'a lowered cap takes nothing away until the next append',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 5), overflow: 'drop-oldest' })
        const { messageCount } = await kit.store.commit(id, { session: { maxMessages: 2 } })
        equal([messageCount, (await kit.messages(id)).length], [5, 5], 'after it was lowered')
        const done = await append(kit, id, 1)
        equal([done.messageCount, done.removedCount], [2, 4], 'after an append')
        equal(seqs(await kit.messages(id)), [5, 6], 'the messages')
      },
    },
    {
      id: 'caps/cut-first',
      title: 'a cut makes room for what the same commit appends',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 3, messages: messages(kit, 3) })
        const done = await kit.store.commit(id, { cut: { oldest: 2 }, append: messages(kit, 2) })
        equal([done.messageCount, done.removedCount], [3, 2], 'the answer')
        equal(seqs(await kit.messages(id)), [3, 4, 5], 'the messages')
      },
    },
    {
      id: 'caps/none',
      title: 'a session without a cap takes what comes, and a cap taken away no longer holds',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 1, messages: messages(kit, 1) })
        await kit.store.commit(id, { session: { maxMessages: null } })
        equal((await append(kit, id, 150)).messageCount, 151, 'the count')
      },
    },
    {
      id: 'caps/concurrent',
      title: 'concurrent appends never pass the cap: as many are stored as have room',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 5 })
        const done = await Promise.allSettled(range(20).map(() => append(kit, id, 1)))
        const stored = done.filter(({ status }) => status === 'fulfilled')
        equal([stored.length, (await kit.messages(id)).length], [5, 5], 'how many were stored')
        for (const one of done)
          if (one.status === 'rejected')
            equal(one.reason.code, 'MESSAGE_LIMIT', 'what the others failed with')
      },
    },
    {
      id: 'caps/concurrent-drop',
      title: 'concurrent appends with drop-oldest leave the newest, as many as the cap',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 5, overflow: 'drop-oldest' })
        const done = await Promise.all(range(20).map(() => append(kit, id, 1)))
        holds(
          done.every(({ messageCount }) => messageCount <= 5),
          'a count is above the cap',
        )
        equal(seqs(await kit.messages(id)), range(5, 16), 'the messages')
      },
    },
  ],
}
