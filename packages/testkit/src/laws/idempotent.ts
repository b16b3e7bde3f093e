import type { NewMessage } from '@sess/core'
import { equal, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, everything, ids, messages, range, refuses, seqs } from '../steps.ts'

/** Law 4: a message id is unique in its session, and a repeated commit is applied once. */
export const idempotent: LawGroup = {
  name: 'idempotent',
  laws: [
    {
      id: 'idempotent/replayed',
      title: 'a repeated append answers `replayed` with the stored messages and changes nothing',
      async run(kit) {
        const { id } = await kit.create()
        const batch = messages(kit, 3)
        const first = await kit.store.commit(id, { append: batch })
        equal(first.replayed, false, '`replayed` of the first')
        await append(kit, id, 1)
        const before = await everything(kit, id)
        const again = await kit.store.commit(id, { append: batch })
        equal([again.replayed, again.messages], [true, first.messages], 'the repeat')
        equal([again.version, again.lastSeq, again.messageCount], [3, 4, 4], 'its counters')
        equal(await everything(kit, id), before, 'the session after the repeat')
      },
    },
    {
      id: 'idempotent/nothing-applied',
      title: 'nothing of a replayed commit is applied: no cut, no context, no session part',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 2), context: [['gone', 1]] })
        const change = { append: messages(kit, 1), set: [['n', 1]] as const }
        await kit.store.commit(id, change)
        await kit.store.commit(id, { set: [['n', 2]] })
        const before = await everything(kit, id)
        const more = { cut: { oldest: 1 }, unset: ['gone'], session: { metadata: { a: 'b' } } }
        const again = await kit.store.commit(id, { ...change, ...more })
        equal([again.replayed, again.removed, again.removedCount], [true, [], 0], 'the answer')
        equal(await everything(kit, id), before, 'the session after the repeat')
      },
    },
    {
      id: 'idempotent/before-conditions',
      title: 'a repeat is answered also when the condition would now fail',
      async run(kit) {
        const { id } = await kit.create()
        const change = { append: messages(kit, 1), set: [['op', 1]] as const }
        const options = { if: { version: 1, lastSeq: 0, absent: ['op'] } }
        const first = await kit.store.commit(id, change, options)
        const again = await kit.store.commit(id, change, options)
        equal([again.replayed, again.messages], [true, first.messages], 'the repeat')
      },
    },
    {
      id: 'idempotent/before-cap',
      title: 'a repeat is answered also when the session is closed or full by now',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 1 })
        const change = { append: messages(kit, 1) }
        await kit.store.commit(id, change)
        equal((await kit.store.commit(id, change)).replayed, true, 'a repeat on a full session')
        await kit.store.commit(id, { session: { isActive: false } })
        equal((await kit.store.commit(id, change)).replayed, true, 'a repeat on a closed session')
      },
    },
    {
      id: 'idempotent/partly',
      title: 'a batch of which some messages are there is CONFLICT with the stored ones',
      async run(kit) {
        const { id } = await kit.create()
        const [a, b, c] = messages(kit, 3) as [NewMessage, NewMessage, NewMessage]
        const { messages: stored } = await kit.store.commit(id, { append: [a, b] })
        const error = await refuses(kit, 'CONFLICT', id, { append: [b, c] })
        equal(error.current?.messages, stored.slice(1), 'the stored messages in the error')
        equal([error.current?.version, error.current?.lastSeq], [2, 2], 'the current values in the error')
      },
    },
    ...(
      [
        ['content', { content: 'other' }],
        ['role', { role: 'assistant' }],
        ['metadata', { metadata: { other: true } }],
        ['key order', { content: { b: 2, a: 1 } }],
        ['emptiness', { content: null }],
      ] as const
    ).map(([what, other]) => ({
      id: `idempotent/other-${what.replace(' ', '-')}`,
      title: `a message id that is there with other ${what} is CONFLICT with the stored message`,
      async run(kit: Kit) {
        const { id } = await kit.create()
        const message = kit.message({ content: { a: 1, b: 2 }, metadata: { m: 1 } })
        const { messages: stored } = await kit.store.commit(id, { append: [message] })
        const error = await refuses(kit, 'CONFLICT', id, { append: [{ ...message, ...other }] })
        equal(error.current?.messages, stored, 'the stored message in the error')
      },
    })),
    {
      id: 'idempotent/other-time',
      title: 'a repeat with another createdAt is still a repeat, and the stored time stays',
      async run(kit) {
        const { id } = await kit.create()
        const message = kit.message({ createdAt: 1000 })
        await kit.store.commit(id, { append: [message] })
        const again = await kit.store.commit(id, { append: [{ ...message, createdAt: 2000 }] })
        equal([again.replayed, again.messages[0]?.createdAt], [true, 1000], 'the repeat')
      },
    },
    {
      id: 'idempotent/twice-in-batch',
      title: 'an id twice in one batch is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        const message = kit.message()
        await refuses(kit, 'INVALID_ARGUMENT', id, { append: [message, message] })
        const create = () => kit.create({ id: 'twice', messages: [message, message] })
        await rejects('INVALID_ARGUMENT', 'create', create)
      },
    },
    {
      id: 'idempotent/per-session',
      title: 'the same message id in another session is another message',
      async run(kit) {
        const [a, b] = [await kit.create(), await kit.create()]
        const message = kit.message()
        await kit.store.commit(a.id, { append: [message] })
        const done = await kit.store.commit(b.id, { append: [{ ...message, content: 'other' }] })
        equal([done.replayed, seqs(done.messages)], [false, [1]], 'the append in the other session')
      },
    },
    {
      id: 'idempotent/racing',
      title: '50 racing appends of the same messages store them once and all answer the stored ones',
      async run(kit) {
        const { id } = await kit.create()
        const batch = messages(kit, 2)
        const done = await Promise.all(range(50).map(() => kit.store.commit(id, { append: batch })))
        equal(ids(await kit.messages(id)), ids(batch), 'the messages stored')
        equal(done.filter(({ replayed }) => !replayed).length, 1, 'how many were applied')
        for (const { messages: answered } of done) equal(seqs(answered), [1, 2], 'the messages answered')
      },
    },
  ],
}
