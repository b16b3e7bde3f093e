import type { Message, NewMessage } from '@sess/core'
import { equal, holds, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, everything, ids, messages, range, refuses, seqs } from '../steps.ts'

const PAGE_BYTES = 8 * 1024 * 1024

/** Law 6, as far as it can be seen without a clock: what is large works, what is too large is refused. */
export const bounded: LawGroup = {
  name: 'bounded',
  laws: [
    {
      id: 'bounded/old-id',
      title: 'a message id is found after 2,000 messages',
      async run(kit) {
        const { id, first } = await long(kit)
        const again = await kit.store.commit(id, { append: [first] })
        equal([again.replayed, seqs(again.messages)], [true, [1]], 'the repeat')
        const other = () => kit.store.commit(id, { append: [{ ...first, content: 'other' }] })
        await rejects('CONFLICT', 'other content', other)
        const { messages: found } = await kit.store.load(id, { messages: { ids: [first.id] } })
        equal(seqs(found), [1], 'by its id')
        const amended = await kit.store.commit(id, { amend: [{ id: first.id, content: 'new' }] })
        equal(seqs(amended.amended), [1], 'the message amended')
      },
    },
    {
      id: 'bounded/batch',
      title: 'a batch holds 1,000 messages; one more is LIMIT_EXCEEDED',
      async run(kit) {
        const { id } = await kit.create()
        await refuses(kit, 'LIMIT_EXCEEDED', id, { append: messages(kit, 1001) })
        equal((await append(kit, id, 1000)).lastSeq, 1000, 'lastSeq')
        equal(seqs(await kit.messages(id)), range(1000), 'the seqs')
        const create = () => kit.create({ messages: messages(kit, 1001) })
        await rejects('LIMIT_EXCEEDED', 'create', create)
      },
    },
    {
      id: 'bounded/parts',
      title: 'a call amends, sets and unsets at most 1,000; one more is LIMIT_EXCEEDED',
      async run(kit) {
        const entries = range(1001).map((n) => [`k${n}`, n] as const)
        const keys = entries.map(([key]) => key)
        const sent = messages(kit, 1000)
        const { id } = await kit.create({ messages: sent, context: entries.slice(0, 1000) })
        const amend = [...sent, kit.message()].map((message) => ({ id: message.id, content: 'new' }))
        for (const change of [{ set: entries }, { unset: keys }, { amend }])
          await refuses(kit, 'LIMIT_EXCEEDED', id, change)
        await rejects('LIMIT_EXCEEDED', 'create', () => kit.create({ context: entries }))
        const done = await kit.store.commit(id, { amend: amend.slice(0, 1000), set: entries.slice(1) })
        equal(done.amended.length, 1000, 'how many were amended')
        await kit.store.commit(id, { unset: keys.slice(1) })
        const { context } = await everything(kit, id)
        equal(context, [['k1', 1]], 'what is left of the context')
      },
    },
    {
      id: 'bounded/page',
      title: 'a page holds up to 1,000 messages, wherever it lies among 2,000',
      async run(kit) {
        const { id } = await long(kit)
        const windows = [
          [{ last: 1000 }, 1001],
          [{ afterSeq: 500, limit: 1000 }, 501],
          [{ beforeSeq: 1500, limit: 1000 }, 500],
          [{ offset: 700, limit: 1000 }, 701],
        ] as const
        for (const [window, from] of windows) {
          const { messages: page } = await kit.store.load(id, { messages: window })
          equal(seqs(page), range(1000, from), `the page ${JSON.stringify(window)}`)
        }
      },
    },
    {
      id: 'bounded/cut',
      title: 'a commit removes at most 1,000 messages, but for a cut of all; more is LIMIT_EXCEEDED',
      async run(kit) {
        const { id } = await long(kit)
        for (const cut of [{ afterSeq: 999 }, { beforeSeq: 1002 }])
          await refuses(kit, 'LIMIT_EXCEEDED', id, { cut })
        const head = await kit.store.commit(id, { cut: { beforeSeq: 1001 } })
        equal([head.removedCount, seqs(head.removed)], [1000, range(1000)], 'a cut of 1,000')
        await append(kit, id, 1)
        const all = await kit.store.commit(id, { cut: { afterSeq: 0 } })
        equal([all.removed, all.removedCount, all.messageCount], [[], 1001, 0], 'the cut of all')
        equal(await kit.messages(id), [], 'the messages')
      },
    },
    {
      id: 'bounded/drop',
      title: 'what the cut and drop-oldest take counts together against the 1,000',
      async run(kit) {
        const { id } = await long(kit)
        await kit.store.commit(id, { session: { maxMessages: 1000, overflow: 'drop-oldest' } })
        await refuses(kit, 'LIMIT_EXCEEDED', id, { append: messages(kit, 1) })
        await refuses(kit, 'LIMIT_EXCEEDED', id, { cut: { newest: 400 }, append: messages(kit, 1) })
        await kit.store.commit(id, { cut: { newest: 1000 } })
        const done = await append(kit, id, 1)
        equal([done.removedCount, done.messageCount], [1, 1000], 'an append after a cut')
      },
    },
    {
      id: 'bounded/page-bytes',
      title: 'a page that ends early at 8 MiB is never empty and leaves nothing out: walks meet all',
      async run(kit) {
        const { id } = await kit.create()
        const big = messages(kit, 5).map((message) => ({ ...message, content: 'x'.repeat(PAGE_BYTES / 4) }))
        for (const message of big) await kit.store.commit(id, { append: [message] })
        const up: Message[] = []
        for (let page = await window(kit, id, 0); page.length > 0; ) {
          up.push(...page)
          holds(up.length <= big.length, 'the walk does not end')
          page = await window(kit, id, up.at(-1)?.seq ?? 0)
        }
        equal(ids(up), ids(big), 'a walk up')
        const { messages: last = [] } = await kit.store.load(id, { messages: { last: 1000 } })
        holds(last.length > 0, 'the window `last` is empty')
        equal(ids(last), ids(big).slice(-last.length), 'the window `last` ends with the newest')
        const { messages: below = [] } = await kit.store.load(id, { messages: { beforeSeq: 5, limit: 1000 } })
        equal(ids(below), ids(big).slice(4 - below.length, 4), 'the window `beforeSeq` ends just before')
      },
    },
    {
      id: 'bounded/wide-context',
      title: 'a context of 2,000 keys is walked a page at a time, upwards and backwards',
      async run(kit) {
        const keys = range(2000).map((n) => `k${String(n).padStart(5, '0')}`)
        const entries = keys.map((key) => [key, 1] as const)
        const { id } = await kit.create({ context: entries.slice(0, 1000) })
        await kit.store.commit(id, { set: entries.slice(1000) })
        for (const reverse of [false, true]) {
          const met: string[] = []
          for (let after: string | undefined; ; after = met.at(-1)) {
            const page = { prefix: 'k', limit: 1000, reverse, keysOnly: true }
            const want = { context: after === undefined ? page : { ...page, after } }
            const { context: found = [] } = await kit.store.load(id, want)
            if (found.length === 0) break
            met.push(...found.map(([key]) => key))
            holds(met.length <= keys.length, 'the walk does not end')
          }
          equal(met, reverse ? [...keys].reverse() : keys, 'the keys met')
        }
      },
    },
  ],
}

async function long(kit: Kit): Promise<{ id: string; first: NewMessage }> {
  const batch = messages(kit, 1000)
  const { id } = await kit.create({ messages: batch })
  await append(kit, id, 1000)
  return { id, first: batch[0] as NewMessage }
}

async function window(kit: Kit, id: string, afterSeq: number): Promise<readonly Message[]> {
  return (await kit.store.load(id, { messages: { afterSeq, limit: 1000 } })).messages ?? []
}
