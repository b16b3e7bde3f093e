import type { Committed, SessionStore } from '@sess/core'
import { equal, holds } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, ids, messages, range, seqs } from '../steps.ts'

/** Law 2: concurrent appends each get their own consecutive seqs. */
export const ordered: LawGroup = {
  name: 'ordered',
  laws: [
    {
      id: 'ordered/consecutive',
      title: 'messages get the seqs 1, 2, 3 … in the order in which they are appended',
      async run(kit) {
        const { id } = await kit.create()
        equal(seqs((await append(kit, id, 1)).messages), [1], 'the first')
        const { messages: batch, lastSeq } = await append(kit, id, ['b', 'c', 'd'])
        equal([seqs(batch), lastSeq], [[2, 3, 4], 4], 'a batch')
        const stored = await kit.messages(id)
        equal(seqs(stored), range(4), 'the stored seqs')
        equal(stored.slice(1), batch, 'the batch as stored')
      },
    },
    {
      id: 'ordered/concurrent',
      title: '200 concurrent appends get their own consecutive seqs',
      run: (kit) => appendAtOnce(kit, [kit.store]),
    },
    {
      id: 'ordered/concurrent-instances',
      title: '200 concurrent appends through 8 instances get their own consecutive seqs',
      needs: ['shared'],
      async run(kit) {
        await appendAtOnce(kit, await Promise.all(range(8).map(() => kit.open())))
      },
    },
    {
      id: 'ordered/batch-together',
      title: 'the messages of concurrent batches stay together',
      async run(kit) {
        const { id } = await kit.create()
        const done = await Promise.all(range(20).map(() => append(kit, id, 5)))
        for (const { messages: batch } of done)
          equal(seqs(batch), range(5, batch[0]?.seq), 'the seqs of a batch')
        equal(seqs(await kit.messages(id)), range(100), 'all seqs')
      },
    },
    {
      id: 'ordered/last-seq',
      title: 'a load during appends shows no seq above lastSeq and none left out below it',
      async run(kit) {
        const { id } = await kit.create()
        const read = async () => {
          for (let i = 0; i < 10; i++) {
            const loaded = await kit.store.load(id, { messages: { last: 1000 } })
            equal(seqs(loaded.messages), range(loaded.session.lastSeq), 'the seqs up to lastSeq')
          }
        }
        const write = async () => {
          for (let i = 0; i < 10; i++) await append(kit, id, 2)
        }
        await Promise.all([write(), read(), write(), read()])
      },
    },
    {
      id: 'ordered/by-seq',
      title: 'messages are ordered by seq, whatever their createdAt',
      async run(kit) {
        const { id } = await kit.create()
        const times = [3000, 1000, 2000]
        await kit.store.commit(id, { append: times.map((createdAt) => kit.message({ createdAt })) })
        const stored = await kit.messages(id)
        equal(
          stored.map(({ createdAt }) => createdAt),
          times,
          'the times in order of seq',
        )
      },
    },
    {
      id: 'ordered/own-seqs',
      title: 'each session counts its own seqs',
      async run(kit) {
        const [a, b] = [await kit.create(), await kit.create()]
        await append(kit, a.id, 3)
        equal(seqs((await append(kit, b.id, 1)).messages), [1], 'the first seq of another session')
      },
    },
    {
      id: 'ordered/message-version',
      title:
        'a message carries the version of the commit that wrote it, and the answer equals what is stored',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 1) })
        const done = await append(kit, id, 2)
        const stored = await kit.messages(id)
        equal(
          stored.map(({ version }) => version),
          [1, 2, 2],
          'the versions',
        )
        equal(done.messages, stored.slice(1), 'what commit answered')
      },
    },
    {
      id: 'ordered/created-at',
      title: "a message's createdAt is the caller's, else the store's",
      async run(kit) {
        const session = await kit.create()
        const { createdAt: _, ...plain } = kit.message()
        const done = await kit.store.commit(session.id, {
          append: [plain, kit.message({ createdAt: 12345 })],
        })
        equal(done.messages[1]?.createdAt, 12345, "the caller's time")
        const given = done.messages[0]?.createdAt ?? 0
        holds(given >= session.createdAt && given <= done.updatedAt, `the store's time, not ${given}`)
      },
    },
  ],
}

async function appendAtOnce(kit: Kit, stores: readonly SessionStore[]): Promise<void> {
  const { id } = await kit.create()
  const batch = messages(kit, 200)
  const calls = batch.map((message, i): Promise<Committed> => {
    const store = stores[i % stores.length] as SessionStore
    return store.commit(id, { append: [message] })
  })
  const done = await Promise.all(calls)
  const answered = done.flatMap((committed) => committed.messages)
  equal(ids(answered), ids(batch), 'the messages answered')
  equal(
    seqs(answered).sort((a, b) => a - b),
    range(200),
    'the seqs answered',
  )
  const stored = await kit.messages(id)
  equal(
    stored,
    [...answered].sort((a, b) => a.seq - b.seq),
    'the messages stored',
  )
  const { session } = await kit.store.load(id)
  equal(
    [session.lastSeq, session.messageCount, session.version],
    [200, 200, 201],
    'lastSeq, count and version',
  )
}
