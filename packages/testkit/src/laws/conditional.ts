import type { CommitOptions, SessionStore } from '@sess/core'
import { equal } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, everything, messages, range, refuses } from '../steps.ts'

/** Law 5: conditions are checked and applied in the same atomic step. */
export const conditional: LawGroup = {
  name: 'conditional',
  laws: [
    {
      id: 'conditional/hit',
      title: 'a commit whose conditions hold is applied',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 2), userId: 'ann' })
        const options = { if: { version: 1, lastSeq: 2, userId: 'ann', absent: ['op'] } }
        const done = await kit.store.commit(id, { set: [['op', 1]] }, options)
        equal(done.version, 2, 'the version')
        equal((await everything(kit, id)).context, [['op', 1]], 'the context')
      },
    },
    ...(
      [
        ['stale-version', 'an older version', { version: 2 }],
        ['later-version', 'a version yet to come', { version: 4 }],
        ['stale-seq', 'an older lastSeq', { lastSeq: 1 }],
        ['later-seq', 'a lastSeq yet to come', { lastSeq: 3 }],
        ['version-of-both', 'a wrong version beside the right lastSeq', { version: 2, lastSeq: 2 }],
        ['seq-of-both', 'a wrong lastSeq beside the right version', { version: 3, lastSeq: 0 }],
        ['zero', 'version 0', { version: 0 }],
      ] as const
    ).map(([name, what, condition]) => ({
      id: `conditional/${name}`,
      title: `a commit on condition of ${what} is CONFLICT with the current values`,
      async run(kit: Kit) {
        const { id } = await kit.create()
        await append(kit, id, 1)
        await append(kit, id, 1)
        const change = { append: messages(kit, 1), set: [['k', 1]] as const }
        const error = await refuses(kit, 'CONFLICT', id, change, { if: condition })
        equal([error.current?.version, error.current?.lastSeq], [3, 2], 'the current values in the error')
      },
    })),
    {
      id: 'conditional/present',
      title: 'a commit on condition that keys are present is CONFLICT with those that are not there',
      async run(kit) {
        const context = [
          ['a', 1],
          ['null', null],
          ['sess:r', 1],
        ] as const
        const { id } = await kit.create({ context })
        const present = ['A', 'a', 'null', 'gone', 'sess:r']
        const error = await refuses(kit, 'CONFLICT', id, { set: [['b', 1]] }, { if: { present } })
        equal([...(error.current?.missing ?? [])].sort(), ['A', 'gone'], 'the keys in the error')
        // Judged before the change, which unsets one.
        await kit.store.commit(id, { unset: ['a'] }, { if: { present: ['a', 'null', 'sess:r'] } })
        await refuses(kit, 'CONFLICT', id, { set: [['b', 1]] }, { if: { present: ['a'] } })
      },
    },
    {
      id: 'conditional/absent',
      title: 'a commit on condition that keys are absent is CONFLICT with those that are there',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['a', 1],
            ['null', null],
            ['sess:r', 1],
            ['empty', ''],
          ],
        })
        const absent = ['a', 'b', 'null', 'sess:r', 'empty']
        const error = await refuses(kit, 'CONFLICT', id, { set: [['b', 1]] }, { if: { absent } })
        const present = [...(error.current?.present ?? [])].sort()
        equal(present, ['a', 'empty', 'null', 'sess:r'], 'the keys in the error')
        await kit.store.commit(id, { set: [['b', 1]] }, { if: { absent: ['b', 'A', 'a '] } })
      },
    },
    {
      id: 'conditional/rewind',
      title: 'a condition on lastSeq notices that a tail was cut and written anew',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 2) })
        await kit.store.commit(id, { cut: { newest: 1 } })
        await refuses(kit, 'CONFLICT', id, { append: messages(kit, 1) }, { if: { lastSeq: 2 } })
        await append(kit, id, 1)
        await refuses(kit, 'CONFLICT', id, { append: messages(kit, 1) }, { if: { lastSeq: 3 } })
      },
    },
    {
      id: 'conditional/replace-tail',
      title: 'the tail is replaced by one commit if it is still what was seen',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, ['a', 'b', 'c']) })
        const change = { cut: { afterSeq: 1 }, append: messages(kit, ['d']) }
        const done = await kit.store.commit(id, change, { if: { lastSeq: 3 } })
        equal([done.lastSeq, done.messageCount], [5, 2], 'lastSeq and count')
        const stored = await kit.messages(id)
        equal(
          stored.map(({ content }) => content),
          ['a', 'd'],
          'the messages',
        )
      },
    },
    {
      id: 'conditional/before-closed',
      title: 'conditions are judged before closed, cap and limits',
      async run(kit) {
        const closed = await kit.create({ isActive: false })
        await refuses(kit, 'CONFLICT', closed.id, { append: messages(kit, 1) }, { if: { version: 9 } })
        const full = await kit.create({ maxMessages: 1, messages: messages(kit, 1) })
        await refuses(kit, 'CONFLICT', full.id, { append: messages(kit, 1) }, { if: { lastSeq: 0 } })
        const options = { if: { version: 9 }, limits: { contextBytes: 1 } }
        await refuses(kit, 'CONFLICT', full.id, { set: [['k', 'v']] }, options)
      },
    },
    {
      id: 'conditional/racing-versions',
      title: 'of 20 commits racing on one version one wins',
      run: (kit) => race(kit, [kit.store], { if: { version: 1 } }),
    },
    {
      id: 'conditional/racing-seqs',
      title: 'of 20 appends racing on one lastSeq one wins',
      run: (kit) => race(kit, [kit.store], { if: { lastSeq: 0 } }),
    },
    {
      id: 'conditional/racing-absent',
      title: 'of 20 commits racing to set an absent key one wins',
      run: (kit) => race(kit, [kit.store], { if: { absent: ['k'] } }),
    },
    {
      id: 'conditional/racing-instances',
      title: 'of 20 commits racing on one version through 4 instances one wins',
      needs: ['shared'],
      async run(kit) {
        await race(kit, await Promise.all(range(4).map(() => kit.open())), { if: { version: 1 } })
      },
    },
  ],
}

async function race(kit: Kit, stores: readonly SessionStore[], options: CommitOptions): Promise<void> {
  const { id } = await kit.create()
  const calls = range(20).map((n) => {
    const store = stores[n % stores.length] as SessionStore
    return store.commit(id, { append: messages(kit, [`${n}`]), set: [['k', `${n}`]] }, options)
  })
  const done = await Promise.allSettled(calls)
  const winners = done.flatMap((one, i) => (one.status === 'fulfilled' ? [`${i + 1}`] : []))
  equal(winners.length, 1, 'how many won')
  const codes = done.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
  equal(
    codes,
    range(19).map(() => 'CONFLICT'),
    'what the others failed with',
  )
  const after = await everything(kit, id)
  equal(
    after.messages?.map(({ content }) => content),
    winners,
    'the message stored',
  )
  equal(after.context, [['k', winners[0] as string]], 'the context stored')
  equal(after.session.version, 2, 'the version')
}
