import type { Session } from '@sess/core'
import { equal } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, everything, ids, messages, NEW_SESSION } from '../steps.ts'

/** Law 8: nothing is shared with callers, nor between sessions and users. */
export const isolated: LawGroup = {
  name: 'isolated',
  laws: [
    {
      id: 'isolated/input',
      title: 'to mutate what was passed in changes nothing stored',
      async run(kit) {
        const value = () => ({ list: [1], deep: { a: 'b' } })
        const context = (): [string, ReturnType<typeof value>][] => [['k', value()]]
        const message = { ...kit.message(), content: value(), metadata: value() }
        const created = { messages: [structuredClone(message)], context: context(), metadata: { a: 'b' } }
        const { id } = await kit.create({ id: 'mutated', ...created })
        const appended = { ...structuredClone(message), id: 'appended' }
        const set: [string, ReturnType<typeof value>][] = [['set', value()]]
        const patch = { metadata: { c: 'd' } }
        await kit.store.commit(id, { append: [appended], set, session: patch })
        const amended = { id: message.id, content: value() }
        await kit.store.commit(id, { amend: [amended] })
        const before = structuredClone(await everything(kit, id))
        spoil([created, appended, set, patch, amended])
        equal(await everything(kit, id), before, 'the session')
      },
    },
    {
      id: 'isolated/input-under-way',
      title: 'to mutate what was passed in while the call is under way changes nothing that is stored',
      async run(kit) {
        const { id } = await kit.create()
        const message = { ...kit.message({ id: 'm1' }), content: { list: [1, 2, 3] } }
        const call = kit.store.commit(id, { append: [message] })
        spoil(message)
        await call
        const [stored] = await kit.messages(id)
        equal([stored?.id, stored?.content], ['m1', { list: [1, 2, 3] }], 'the message')
      },
    },
    {
      id: 'isolated/result',
      title: 'to mutate what was answered changes nothing stored',
      async run(kit) {
        const content = { list: [1], deep: { a: 'b' } }
        const message = kit.message({ content, metadata: content })
        const made = await kit.create({
          userId: 'ann',
          messages: [message],
          metadata: { a: 'b' },
          context: [['k', content]],
        })
        const { id } = made
        const done = await kit.store.commit(id, {
          append: [kit.message({ content })],
          session: { sliding: false },
        })
        const replay = await kit.store.commit(id, { append: [message] })
        const before = structuredClone(await everything(kit, id))
        const listed = await kit.store.list({ userId: 'ann', limit: 1 })
        const walked = await kit.store.list({ all: true, limit: 1 })
        const nothing = await kit.store.commit(id, {})
        const restore = spoil([await everything(kit, id), made, done, replay, listed, walked, nothing])
        try {
          equal(await everything(kit, id), before, 'the session')
          equal((await kit.store.list({ userId: 'ann', limit: 1 })).sessions, [before.session], 'the list')
          const { messages: none, amended, removed } = await kit.store.commit(id, {})
          equal([none, amended, removed], [[], [], []], 'what a later commit answers')
        } finally {
          // What all calls share would else break every law that follows.
          restore()
        }
      },
    },
    {
      id: 'isolated/sessions',
      title: "one session's messages, context and metadata never show in another's",
      async run(kit) {
        const names = ['a', 'a:', 'a:b', 'A', 'ab']
        const made: Session[] = []
        for (const id of names) made.push(await kit.create({ id, userId: 'ann', metadata: { name: id } }))
        for (const id of names) await kit.store.commit(id, { append: messages(kit, [id]), set: [[id, id]] })
        await kit.store.delete('a')
        for (const id of names.slice(1)) {
          const { session, messages: log, context } = await everything(kit, id)
          equal([log?.map(({ content }) => content), context], [[id], [[id, id]]], `what is in ${id}`)
          equal(session.metadata, { name: id }, `the metadata of ${id}`)
        }
      },
    },
    {
      id: 'isolated/users',
      title: "one user's sessions never show in another's list or count, nobody's in none",
      async run(kit) {
        const users = ['ann', 'ann ', 'Ann', 'ann:', 'an', 'bob']
        for (const userId of users) await kit.create({ id: `of ${userId}`, userId })
        await kit.create({ userId: null })
        for (const userId of users) {
          const { sessions } = await kit.store.list({ userId, limit: 50 })
          equal(ids(sessions), [`of ${userId}`], `the list of '${userId}'`)
          equal(await kit.store.count(userId), 1, `the count of '${userId}'`)
        }
        for (const userId of ['null', 'undefined', 'a', '*', '%'])
          equal(await kit.store.count(userId), 0, userId)
      },
    },
    {
      id: 'isolated/neighbours',
      title: "sessions under another prefix or in another database never show in this one's",
      needs: ['neighbour'],
      async run(kit) {
        const other = await kit.harness.neighbour?.()
        if (!other) return
        try {
          const { id } = await kit.create({ userId: 'ann', messages: messages(kit, 1) })
          equal(await other.delete(id), false, "the neighbour's delete")
          equal(
            [await other.count('ann'), (await other.list({ all: true, limit: 9 })).sessions],
            [0, []],
            'what it sees',
          )
          await other.create({ ...NEW_SESSION, id })
          await append(kit, id, 1)
          equal((await other.load(id)).session.messageCount, 0, "the neighbour's count")
          equal(ids((await kit.store.list({ all: true, limit: 9 })).sessions), [id], 'what this one sees')
        } finally {
          await other.close()
        }
      },
    },
  ],
}

/** Changes all that can be changed in a value, which a store may have frozen; answers the way back. */
function spoil(value: unknown): () => void {
  const undo: (() => void)[] = []
  const visit = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return
    for (const [key, inner] of Object.entries(one)) {
      visit(inner)
      undo.push(() => Reflect.set(one, key, inner))
      if (typeof inner !== 'object' || inner === null) Reflect.set(one, key, 'spoilt')
    }
    const { length } = Object.keys(one)
    if (Array.isArray(one)) undo.push(() => Reflect.set(one, 'length', length))
    Reflect.set(one, Array.isArray(one) ? length : 'spoilt', 'spoilt')
  }
  visit(value)
  return () => {
    for (const step of undo.reverse()) step()
  }
}
