import type { MessageWindow } from '@sess/core'
import { equal, holds, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, messages, range, seqs } from '../steps.ts'

/** What a load answers, and what it refuses. */
export const reads: LawGroup = {
  name: 'reads',
  laws: [
    {
      id: 'reads/nothing-wanted',
      title: 'a load answers messages and context only where they are wanted',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 1), context: [['k', 1]] })
        equal(Object.keys(await kit.store.load(id)), ['session'], 'without a want')
        equal(Object.keys(await kit.store.load(id, {})), ['session'], 'with an empty want')
        const both = await kit.store.load(id, { messages: { last: 1 }, context: true })
        equal(Object.keys(both).sort(), ['context', 'messages', 'session'], 'with both')
      },
    },
    {
      id: 'reads/empty',
      title: 'a session without messages and context answers empty lists',
      async run(kit) {
        const { id } = await kit.create()
        const { messages: none, context } = await kit.store.load(id, { messages: { last: 5 }, context: true })
        equal([none, context], [[], []], 'messages and context')
      },
    },
    {
      id: 'reads/walk',
      title: 'a walk by afterSeq during appends meets every message once',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 10) })
        const met: number[] = []
        for (let afterSeq = 0; ; afterSeq = met.at(-1) ?? 0) {
          if (met.length < 10) await append(kit, id, 4)
          const { messages: page = [] } = await kit.store.load(id, { messages: { afterSeq, limit: 4 } })
          if (page.length === 0) break
          met.push(...seqs(page))
          holds(met.length <= 22, 'the walk does not end')
        }
        equal(met, range(met.length), 'the seqs met')
        equal(met.length, 22, 'how many were met')
      },
    },
    {
      id: 'reads/refused',
      title:
        'a window on messages with a limit outside 1 to 1,000, or of no or two forms, is INVALID_ARGUMENT',
      async run(kit) {
        const { id } = await kit.create()
        const windows = [{ last: 0 }, { last: 1001 }, { last: 1.5 }, { last: -1 }, { afterSeq: 0, limit: 0 }]
        const more = [{ afterSeq: 0, limit: 1001 }, { afterSeq: -1, limit: 5 }, { beforeSeq: 5 }, {}]
        const forms = [
          { last: 5, afterSeq: 3, limit: 1 },
          { offset: -1, limit: 1 },
          { last: 2, limit: 2 },
        ]
        for (const window of [...windows, ...more, ...forms]) {
          const load = () => kit.store.load(id, { messages: window as MessageWindow })
          await rejects('INVALID_ARGUMENT', `load of ${JSON.stringify(window)}`, load)
        }
      },
    },
  ],
}
