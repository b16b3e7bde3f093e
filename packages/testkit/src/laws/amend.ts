import type { NewMessage } from '@sess/core'
import { equal, holds } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, everything, messages, refuses } from '../steps.ts'

/** Amendments: a message replaced in place. */
export const amend: LawGroup = {
  name: 'amend',
  laws: [
    {
      id: 'amend/in-place',
      title: 'an amended message keeps id, seq, role and createdAt, and gets the version of the commit',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 3) })
        const [, before] = await kit.messages(id)
        const change = { amend: [{ id: before?.id ?? '', content: { new: true }, metadata: { m: 1 } }] }
        const done = await kit.store.commit(id, change)
        const [first, after, last] = await kit.messages(id)
        const { amendedAt, ...rest } = after ?? {}
        equal(rest, { ...before, content: { new: true }, metadata: { m: 1 }, version: 2 }, 'the message')
        equal(amendedAt, done.updatedAt, 'amendedAt')
        equal([first?.seq, last?.seq, done.lastSeq, done.messageCount], [1, 3, 3, 3], 'the others')
      },
    },
    {
      id: 'amend/answer',
      title: 'a commit answers what it amended, as stored, in the order given',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 3) })
        const [a, b] = await kit.messages(id)
        const change = { amend: [b, a].map((m) => ({ id: m?.id ?? '', content: 'new' })) }
        const done = await kit.store.commit(id, change)
        const stored = await kit.messages(id)
        equal(done.amended, [stored[1], stored[0]], 'what was amended')
        equal([done.messages, done.removed, done.removedCount, done.replayed], [[], [], 0, false], 'the rest')
      },
    },
    {
      id: 'amend/parts',
      title: 'an amendment of content leaves the metadata, and one of metadata the content',
      async run(kit) {
        const message = kit.message({ content: 'c', metadata: { m: 1 } })
        const { id } = await kit.create({ messages: [message] })
        await kit.store.commit(id, { amend: [{ id: message.id, content: null }] })
        const [first] = await kit.messages(id)
        equal([first?.content, first?.metadata], [null, { m: 1 }], 'after an amendment of content')
        await kit.store.commit(id, { amend: [{ id: message.id, metadata: {} }] })
        const [second] = await kit.messages(id)
        equal([second?.content, second?.metadata], [null, {}], 'after an amendment of metadata')
      },
    },
    {
      id: 'amend/unknown',
      title: 'an amendment of a message that is not there is MESSAGE_NOT_FOUND, and none is applied',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 1) })
        const other = await kit.create({ messages: messages(kit, 1) })
        const [[mine], [foreign]] = [await kit.messages(id), await kit.messages(other.id)]
        for (const unknown of ['nowhere', foreign?.id ?? '']) {
          const change = { amend: [mine?.id ?? '', unknown].map((id) => ({ id, content: 'new' })) }
          await refuses(kit, 'MESSAGE_NOT_FOUND', id, change)
        }
      },
    },
    {
      id: 'amend/cut-away',
      title: 'a message that the same commit cuts cannot be amended',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 3) })
        const [first, , last] = await kit.messages(id)
        const amend = (m: { id: string } | undefined) => [{ id: m?.id ?? '', content: 'new' }]
        await refuses(kit, 'MESSAGE_NOT_FOUND', id, { cut: { newest: 1 }, amend: amend(last) })
        await refuses(kit, 'MESSAGE_NOT_FOUND', id, { cut: { oldest: 1 }, amend: amend(first) })
      },
    },
    {
      id: 'amend/own-append',
      title: 'a message that the same commit appends cannot be amended, since amendments come first',
      async run(kit) {
        const { id } = await kit.create()
        const [message] = messages(kit, 1) as [NewMessage]
        const change = { append: [message], amend: [{ id: message.id, content: 'new' }] }
        await refuses(kit, 'MESSAGE_NOT_FOUND', id, change)
      },
    },
    {
      id: 'amend/closed',
      title:
        'a closed or full session takes amendments, cuts and context, since it refuses only new messages',
      async run(kit) {
        const { id } = await kit.create({ isActive: false, maxMessages: 2, messages: messages(kit, 2) })
        const [first] = await kit.messages(id)
        const change = { amend: [{ id: first?.id ?? '', content: 'new' }], set: [['k', 1]] as const }
        await kit.store.commit(id, { ...change, cut: { newest: 1 } })
        const after = await everything(kit, id)
        equal(
          after.messages?.map(({ content }) => content),
          ['new'],
          'the messages',
        )
        equal(after.context, [['k', 1]], 'the context')
      },
    },
    {
      id: 'amend/never',
      title: 'a message that was never amended has no amendedAt',
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 1) })
        await append(kit, id, 1)
        for (const message of await kit.messages(id)) holds(!('amendedAt' in message), 'it has an amendedAt')
      },
    },
    {
      id: 'amend/twice',
      title: 'the same message twice in one commit is INVALID_ARGUMENT',
      async run(kit: Kit) {
        const message = kit.message()
        const { id } = await kit.create({ messages: [message] })
        const amend = ['a', 'b'].map((content) => ({ id: message.id, content }))
        await refuses(kit, 'INVALID_ARGUMENT', id, { amend })
      },
    },
    {
      id: 'amend/digest',
      title: 'an amendment replaces the digest by its own, or by none',
      async run(kit) {
        const message = kit.message({ digest: 'd1' })
        const { id } = await kit.create({ messages: [message] })
        await kit.store.commit(id, { amend: [{ id: message.id, content: 'b', digest: 'd2' }] })
        equal((await kit.messages(id))[0]?.digest, 'd2', 'the new digest')
        await kit.store.commit(id, { amend: [{ id: message.id, content: 'c' }] })
        equal((await kit.messages(id))[0]?.digest, undefined, 'the digest after an amendment without one')
      },
    },
  ],
}
