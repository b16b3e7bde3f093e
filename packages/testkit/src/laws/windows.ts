import type { MessageWindow } from '@sess/core'
import { equal } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, ids, messages, range, seqs } from '../steps.ts'

type Case = readonly [window: MessageWindow, expected: readonly number[]]

// Of a session whose messages have the seqs 1 to 10, and of one where 4 to 7 were cut: 1, 2, 3, 8, 9, 10.
const CASES: Record<string, { title: string; whole: readonly Case[]; gap: readonly Case[] }> = {
  last: {
    title: 'the window `last` holds the newest n, oldest first',
    whole: [
      [{ last: 1 }, [10]],
      [{ last: 3 }, [8, 9, 10]],
      [{ last: 10 }, range(10)],
      [{ last: 1000 }, range(10)],
    ],
    gap: [[{ last: 4 }, [3, 8, 9, 10]]],
  },
  after: {
    title: 'the window `afterSeq` holds at most `limit` messages past a seq, oldest first',
    whole: [
      [{ afterSeq: 0, limit: 3 }, [1, 2, 3]],
      [{ afterSeq: 4, limit: 3 }, [5, 6, 7]],
      [{ afterSeq: 8, limit: 1000 }, [9, 10]],
      [{ afterSeq: 9, limit: 1 }, [10]],
      [{ afterSeq: 10, limit: 5 }, []],
      [{ afterSeq: 99, limit: 5 }, []],
    ],
    gap: [
      [{ afterSeq: 2, limit: 3 }, [3, 8, 9]],
      [{ afterSeq: 3, limit: 1 }, [8]],
      [{ afterSeq: 5, limit: 2 }, [8, 9]],
    ],
  },
  before: {
    title: 'the window `beforeSeq` holds the `limit` messages just before a seq, oldest first',
    whole: [
      [{ beforeSeq: 5, limit: 2 }, [3, 4]],
      [{ beforeSeq: 3, limit: 1000 }, [1, 2]],
      [{ beforeSeq: 2, limit: 1 }, [1]],
      [{ beforeSeq: 1, limit: 5 }, []],
      [{ beforeSeq: 99, limit: 2 }, [9, 10]],
    ],
    gap: [
      [{ beforeSeq: 9, limit: 3 }, [2, 3, 8]],
      [{ beforeSeq: 6, limit: 1 }, [3]],
      [{ beforeSeq: 8, limit: 2 }, [2, 3]],
    ],
  },
  offset: {
    title: 'the window `offset` counts messages from the oldest that is there',
    whole: [
      [{ offset: 0, limit: 2 }, [1, 2]],
      [{ offset: 4, limit: 3 }, [5, 6, 7]],
      [{ offset: 9, limit: 5 }, [10]],
      [{ offset: 10, limit: 5 }, []],
    ],
    gap: [[{ offset: 2, limit: 2 }, [3, 8]]],
  },
}

/** Which messages a window of `load` holds. */
export const windows: LawGroup = {
  name: 'windows',
  laws: [
    ...Object.entries(CASES).map(([name, { title, whole, gap }]) => ({
      id: `windows/${name}`,
      title,
      async run(kit: Kit) {
        const { id } = await kit.create({ messages: messages(kit, 10) })
        await holdsEach(kit, id, whole)
        const { id: other } = await withGap(kit)
        await holdsEach(kit, other, gap)
      },
    })),
    {
      id: 'windows/after-head-cut',
      title: 'after a cut of the head every window counts from what is left',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 10) })
        await kit.store.commit(id, { cut: { oldest: 4 } })
        await holdsEach(kit, id, [
          [{ last: 1000 }, [5, 6, 7, 8, 9, 10]],
          [{ afterSeq: 0, limit: 2 }, [5, 6]],
          [{ afterSeq: 5, limit: 2 }, [6, 7]],
          [{ beforeSeq: 6, limit: 5 }, [5]],
          [{ offset: 1, limit: 2 }, [6, 7]],
        ])
      },
    },
    {
      id: 'windows/ids',
      title: 'the window `ids` holds the named messages that are there, oldest first',
      async run(kit) {
        const batch = messages(kit, 5)
        const { id } = await kit.create({ messages: batch })
        const [a = '', b = '', , , e = ''] = ids(batch)
        await holdsEach(kit, id, [
          [{ ids: [e, 'nowhere', a] }, [1, 5]],
          [{ ids: [b] }, [2]],
          [{ ids: [] }, []],
          [{ ids: ['nowhere', a.toUpperCase(), `${a} `] }, []],
        ])
      },
    },
  ],
}

async function withGap(kit: Kit) {
  const session = await kit.create({ messages: messages(kit, 6) })
  // The cut of 4 to 6 uses up seq 7.
  await kit.store.commit(session.id, { cut: { afterSeq: 3 } })
  await append(kit, session.id, 3)
  return session
}

async function holdsEach(kit: Kit, id: string, cases: readonly Case[]): Promise<void> {
  for (const [window, expected] of cases) {
    const { messages: found } = await kit.store.load(id, { messages: window })
    equal(seqs(found), expected, `the window ${JSON.stringify(window)}`)
  }
}
