import type { Cut } from '@sess/core'
import { equal } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, messages, range, refuses, seqs } from '../steps.ts'

type Case = readonly [cut: Cut, removed: readonly number[], lastSeq: number]

// Of a session with the seqs 1 to 10.
const CASES: Record<string, { title: string; cases: readonly Case[] }> = {
  'after-seq': {
    title: 'the cut `afterSeq` takes what lies past a seq',
    cases: [
      [{ afterSeq: 7 }, [8, 9, 10], 11],
      [{ afterSeq: 9 }, [10], 11],
    ],
  },
  'before-seq': {
    title: 'the cut `beforeSeq` takes what lies before a seq',
    cases: [
      [{ beforeSeq: 4 }, [1, 2, 3], 10],
      [{ beforeSeq: 99 }, range(10), 10],
    ],
  },
  newest: {
    title: 'the cut `newest` takes the last n, or all that are there',
    cases: [
      [{ newest: 1 }, [10], 11],
      [{ newest: 3 }, [8, 9, 10], 11],
      [{ newest: 1000 }, range(10), 11],
    ],
  },
  oldest: {
    title: 'the cut `oldest` takes the first n, or all that are there',
    cases: [
      [{ oldest: 1 }, [1], 10],
      [{ oldest: 3 }, [1, 2, 3], 10],
      [{ oldest: 1000 }, range(10), 10],
    ],
  },
}

/** Cuts: a log rewound at its tail or shortened at its head. */
export const cuts: LawGroup = {
  name: 'cuts',
  laws: [
    ...Object.entries(CASES).map(([name, { title, cases }]) => ({
      id: `cuts/${name}`,
      title: `${title}, answers it oldest first, and leaves the rest`,
      async run(kit: Kit) {
        for (const [cut, removed] of cases) {
          const { id } = await kit.create({ messages: messages(kit, 10) })
          const before = await kit.messages(id)
          const done = await kit.store.commit(id, { cut })
          const what = JSON.stringify(cut)
          equal(
            done.removed,
            before.filter(({ seq }) => removed.includes(seq)),
            `what ${what} took`,
          )
          equal(
            [done.removedCount, done.messageCount],
            [removed.length, 10 - removed.length],
            `counts of ${what}`,
          )
          equal(
            await kit.messages(id),
            before.filter(({ seq }) => !removed.includes(seq)),
            `what ${what} left`,
          )
        }
      },
    })),
    {
      id: 'cuts/seq-of-a-tail-cut',
      title: 'a cut of the tail that takes any message uses up one seq, a cut of the head none',
      async run(kit) {
        for (const [cut, , lastSeq] of Object.values(CASES).flatMap(({ cases }) => cases)) {
          const { id } = await kit.create({ messages: messages(kit, 10) })
          const what = JSON.stringify(cut)
          equal((await kit.store.commit(id, { cut })).lastSeq, lastSeq, `lastSeq after ${what}`)
          equal((await kit.store.load(id)).session.lastSeq, lastSeq, `stored lastSeq after ${what}`)
        }
      },
    },
    {
      id: 'cuts/never-reused',
      title: 'a seq is never used again, and lastSeq never goes back, however often the tail is cut',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 3) })
        const used = new Set([1, 2, 3])
        let last = 3
        for (const cut of [{ newest: 1 }, { afterSeq: 1 }, { afterSeq: 0 }, { newest: 5 }]) {
          const { lastSeq } = await kit.store.commit(id, { cut })
          equal(lastSeq > last, true, `lastSeq after ${JSON.stringify(cut)} is above ${last}`)
          const done = await append(kit, id, 2)
          equal(seqs(done.messages), [lastSeq + 1, lastSeq + 2], 'the next seqs')
          for (const seq of seqs(done.messages)) equal(used.has(seq), false, `seq ${seq} was used before`)
          for (const seq of seqs(done.messages)) used.add(seq)
          last = done.lastSeq
        }
      },
    },
    {
      id: 'cuts/gaps',
      title: 'cuts of a log with gaps count messages, or go by seq, as they say',
      async run(kit) {
        const gapped = async () => {
          const { id } = await kit.create({ messages: messages(kit, 6) })
          await kit.store.commit(id, { cut: { afterSeq: 3 } })
          await append(kit, id, 3)
          return id
        }
        const cases = [
          [{ newest: 4 }, [3, 8, 9, 10]],
          [{ oldest: 4 }, [1, 2, 3, 8]],
          [{ afterSeq: 5 }, [8, 9, 10]],
          [{ beforeSeq: 9 }, [1, 2, 3, 8]],
          [{ beforeSeq: 6 }, [1, 2, 3]],
        ] as const
        for (const [cut, removed] of cases) {
          const { removed: taken } = await kit.store.commit(await gapped(), { cut })
          equal(seqs(taken), removed, `what ${JSON.stringify(cut)} took`)
        }
      },
    },
    {
      id: 'cuts/all',
      title: 'a cut of all (`afterSeq: 0`) answers how many it took and lists none',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 4) })
        const done = await kit.store.commit(id, { cut: { afterSeq: 0 } })
        equal([done.removed, done.removedCount, done.messageCount, done.lastSeq], [[], 4, 0, 5], 'the answer')
        equal(await kit.messages(id), [], 'the messages')
        const again = await kit.store.commit(id, { cut: { afterSeq: 0 } })
        equal([again.removedCount, again.lastSeq, again.version], [0, 5, 2], 'a cut of an empty session')
      },
    },
    {
      id: 'cuts/refused',
      title: 'a cut of 0, of more than 1,000 by count, or of no or two forms, is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 3) })
        const counts = [{ newest: 0 }, { oldest: 0 }, { newest: 1001 }, { oldest: 1001 }, { newest: -1 }]
        const forms = [{ afterSeq: -1 }, { beforeSeq: 0 }, { oldest: 1.5 }, {}, { newest: 1, oldest: 1 }]
        for (const cut of [...counts, ...forms])
          await refuses(kit, 'INVALID_ARGUMENT', id, { cut: cut as Cut })
      },
    },
  ],
}
