import type { Message, NewMessage } from '@sess/core'
import { equal } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, ids, messages, range, refuses, seqs } from '../steps.ts'

/** Law 4 once more: digests, amended messages, and ids that are free again. */
export const repeats: LawGroup = {
  name: 'repeats',
  laws: [
    {
      id: 'repeats/same-digest',
      title: 'where both messages have a digest it is compared instead of content and metadata',
      async run(kit) {
        const { id } = await kit.create()
        const message = kit.message({ digest: 'd1', content: 'sealed 1' })
        await kit.store.commit(id, { append: [message] })
        const again = await kit.store.commit(id, {
          append: [{ ...message, content: 'sealed 2', metadata: { n: 2 } }],
        })
        equal([again.replayed, again.messages[0]?.content], [true, 'sealed 1'], 'the repeat')
      },
    },
    {
      id: 'repeats/other-digest',
      title: 'another digest is other content, and another role too',
      async run(kit) {
        const { id } = await kit.create()
        const message = kit.message({ digest: 'd1' })
        await kit.store.commit(id, { append: [message] })
        await refuses(kit, 'CONFLICT', id, { append: [{ ...message, digest: 'd2' }] })
        await refuses(kit, 'CONFLICT', id, { append: [{ ...message, role: 'tool' }] })
      },
    },
    {
      id: 'repeats/one-digest',
      title: 'where only one message has a digest, content and metadata are compared',
      async run(kit) {
        const { id } = await kit.create()
        const message = kit.message({ digest: 'd1' })
        const { digest: _, ...plain } = message
        await kit.store.commit(id, { append: [message] })
        equal((await kit.store.commit(id, { append: [plain] })).replayed, true, 'equal content')
        await refuses(kit, 'CONFLICT', id, { append: [{ ...plain, content: 'other' }] })
      },
    },
    {
      id: 'repeats/digest-stored',
      title: 'a digest is stored and comes back with its message, and only there',
      async run(kit) {
        const { id } = await kit.create()
        await kit.store.commit(id, { append: [kit.message({ digest: 'x'.repeat(44) }), kit.message()] })
        const stored = await kit.messages(id)
        equal(
          stored.map(({ digest }) => digest ?? null),
          ['x'.repeat(44), null],
          'the digests',
        )
        await refuses(kit, 'INVALID_ARGUMENT', id, { append: [kit.message({ digest: 'x'.repeat(45) })] })
      },
    },
    {
      id: 'repeats/amended',
      title: 'a message amended meanwhile is other content, also where it had a digest',
      async run(kit) {
        const { id } = await kit.create()
        const [plain, sealed] = [kit.message(), kit.message({ digest: 'd1' })]
        await kit.store.commit(id, { append: [plain, sealed] })
        await kit.store.commit(id, { amend: [plain, sealed].map(({ id }) => ({ id, content: 'amended' })) })
        const error = await refuses(kit, 'CONFLICT', id, { append: [plain] })
        equal(error.current?.messages?.[0]?.content, 'amended', 'the stored message in the error')
        await refuses(kit, 'CONFLICT', id, { append: [sealed] })
      },
    },
    {
      id: 'repeats/free-after-cut',
      title: 'after a cut an id is free again',
      async run(kit) {
        const { id } = await kit.create()
        const [a, b, c] = messages(kit, 3) as [NewMessage, NewMessage, NewMessage]
        await kit.store.commit(id, { append: [a, b, c] })
        await kit.store.commit(id, { cut: { newest: 1 } })
        const tail = await kit.store.commit(id, { append: [{ ...c, content: 'other' }] })
        equal([tail.replayed, seqs(tail.messages)], [false, [5]], 'the id of the tail')
        await kit.store.commit(id, { cut: { oldest: 1 } })
        equal((await kit.store.commit(id, { append: [a] })).replayed, false, 'the id of the head')
        await kit.store.commit(id, { cut: { afterSeq: 0 } })
        equal((await kit.store.commit(id, { append: [b] })).replayed, false, 'an id after a cut of all')
        equal(ids(await kit.messages(id)), [b.id], 'the messages')
      },
    },
    {
      id: 'repeats/free-after-drop',
      title: 'an id whose message made room for others is free again',
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 2, overflow: 'drop-oldest' })
        const [oldest] = messages(kit, 1) as [NewMessage]
        await kit.store.commit(id, { append: [oldest] })
        await append(kit, id, 2)
        const again = await kit.store.commit(id, { append: [oldest] })
        equal([again.replayed, seqs(again.messages)], [false, [4]], 'the repeat')
      },
    },
    {
      id: 'repeats/at-creation',
      title: 'a message that came with the session is found by its id like any other',
      async run(kit) {
        const [first] = messages(kit, 1) as [NewMessage]
        const { id } = await kit.create({ messages: [first] })
        equal((await kit.store.commit(id, { append: [first] })).replayed, true, 'the repeat')
        await refuses(kit, 'CONFLICT', id, { append: [{ ...first, content: 'other' }] })
      },
    },
    {
      id: 'repeats/racing-contents',
      title: 'of racing appends with one id and different contents one wins, the others are CONFLICT',
      async run(kit) {
        const { id } = await kit.create()
        const message = kit.message()
        const calls = range(20).map((n) => kit.store.commit(id, { append: [{ ...message, content: n }] }))
        const done = await Promise.allSettled(calls)
        const winners = done.flatMap((one) => (one.status === 'fulfilled' ? one.value.messages : []))
        equal(await kit.messages(id), winners as Message[], 'the message stored')
        equal(winners.length, 1, 'the winners')
        const codes = done.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
        equal(
          codes,
          range(19).map(() => 'CONFLICT'),
          'what the others failed with',
        )
      },
    },
    {
      id: 'repeats/racing-instances',
      title: 'racing appends of the same messages through 4 instances store them once',
      needs: ['shared'],
      async run(kit) {
        const { id } = await kit.create()
        const batch = messages(kit, 2)
        const stores = await Promise.all(range(4).map(() => kit.open()))
        await Promise.all(
          [...stores, ...stores, ...stores].map((store) => store.commit(id, { append: batch })),
        )
        equal(ids(await kit.messages(id)), ids(batch), 'the messages stored')
      },
    },
  ],
}
