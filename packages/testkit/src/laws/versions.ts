import type { Change } from '@sess/core'
import { equal, holds } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { everything, messages } from '../steps.ts'

/** When `version` and `updatedAt` move. */
export const versions: LawGroup = {
  name: 'versions',
  laws: [
    {
      id: 'versions/one-each',
      title: 'the version is 1 at creation and rises by one with each commit that changes something',
      async run(kit) {
        const { id, version } = await kit.create()
        equal(version, 1, 'at creation')
        const all: Change[] = [
          { append: messages(kit, 5) },
          {
            set: [
              ['a', 1],
              ['b', 2],
            ],
          },
          { unset: ['a'] },
          { cut: { newest: 1 } },
          { session: { isActive: true } },
          { session: { ttlMs: 1e9, sliding: true } },
          { append: messages(kit, 1), set: [['c', 1]], session: { metadata: { a: 'b' } } },
        ]
        for (const [i, change] of all.entries()) {
          const { version, changed } = await kit.store.commit(id, change)
          equal([version, changed], [i + 2, true], `after commit ${i + 1}`)
          equal((await kit.store.load(id)).session.version, i + 2, `stored after commit ${i + 1}`)
        }
      },
    },
    {
      id: 'versions/nothing',
      title: 'a commit that changes nothing leaves version, updatedAt and expiry as they are',
      async run(kit) {
        const { id } = await kit.create({
          context: [['k', 1]],
          messages: messages(kit, 3),
          ttlMs: 1e9,
          sliding: true,
        })
        const before = await everything(kit, id)
        await kit.pass(20)
        const nothing: Change[] = [{}, { append: [] }, { set: [] }, { unset: [] }, { unset: ['nowhere'] }]
        const more: Change[] = [
          { unset: { prefix: 'no' } },
          { cut: { afterSeq: 3 } },
          { cut: { beforeSeq: 1 } },
          { amend: [] },
        ]
        for (const change of [
          ...nothing,
          ...more,
          { session: {} },
          { session: { metadata: { no: null } } },
        ]) {
          const { version, removedCount, changed } = await kit.store.commit(id, change)
          equal([version, removedCount, changed], [1, 0, false], `the answer to ${JSON.stringify(change)}`)
          equal(await everything(kit, id), before, `the session after ${JSON.stringify(change)}`)
        }
      },
    },
    {
      id: 'versions/reads',
      title: 'loads, lists and counts change nothing',
      async run(kit) {
        const { id } = await kit.create({
          userId: 'ann',
          messages: messages(kit, 2),
          ttlMs: 1e9,
          sliding: true,
        })
        await kit.pass(20)
        const before = await everything(kit, id)
        await kit.pass(20)
        await kit.store.list({ userId: 'ann', limit: 5 })
        await kit.store.list({ all: true, limit: 5 })
        await kit.store.count('ann')
        equal(await everything(kit, id), before, 'the session')
      },
    },
    ...(
      [
        ['append', (kit) => ({ append: messages(kit, 1) })],
        ['amend', () => ({ amend: [{ id: 'm1', content: 'new' }] })],
        ['cut', () => ({ cut: { oldest: 1 } })],
        ['set', () => ({ set: [['a', 1]] })],
        ['unset', () => ({ unset: ['k'] })],
        ['session', () => ({ session: { metadata: { a: 'b' } } })],
        ['mixed', () => ({ session: { ttlMs: 2e9 }, set: [['a', 1]] })],
      ] as readonly (readonly [string, (kit: Kit) => Change])[]
    ).map(([what, change]) => ({
      id: `versions/updated-by-${what}`,
      title: `updatedAt moves with a commit of ${what === 'mixed' ? 'lifetime and context together' : what}`,
      async run(kit: Kit) {
        const fields = { messages: [kit.message({ id: 'm1' }), kit.message()], context: [['k', 1]] as const }
        const { id, updatedAt } = await kit.create(fields)
        await kit.pass(20)
        const done = await kit.store.commit(id, change(kit))
        holds(done.updatedAt > updatedAt, 'updatedAt stays')
        equal((await kit.store.load(id)).session.updatedAt, done.updatedAt, 'updatedAt as stored')
      },
    })),
    {
      id: 'versions/lifetime-only',
      title: 'a commit that only changes the lifetime leaves updatedAt as it is',
      async run(kit) {
        const { id, updatedAt } = await kit.create({ ttlMs: 1e9 })
        await kit.pass(20)
        for (const session of [{ ttlMs: 2e9 }, { sliding: true }, { ttlMs: null, sliding: false }]) {
          const done = await kit.store.commit(id, { session })
          equal(done.updatedAt, updatedAt, `updatedAt after ${JSON.stringify(session)}`)
        }
        equal((await kit.store.load(id)).session.version, 4, 'the version')
      },
    },
    {
      id: 'versions/never-back',
      title: 'updatedAt never goes back, also where it was ahead of the clock',
      async run(kit) {
        const { id, createdAt } = await kit.create({ messages: messages(kit, 1) })
        const ahead = createdAt + 1e10
        const stamp = { version: 5, lastSeq: 1, updatedAt: ahead, expiresAt: null }
        await kit.store.commit(id, { set: [['k', 1]] }, { stamp })
        const done = await kit.store.commit(id, { set: [['k', 2]] })
        equal([done.updatedAt, done.version], [ahead, 6], 'updatedAt and version')
      },
    },
    {
      id: 'versions/created',
      title: 'createdAt and updatedAt are one moment at creation, by the clock of the store',
      async run(kit) {
        const first = await kit.create()
        equal(first.updatedAt, first.createdAt, 'updatedAt')
        await kit.pass(20)
        const second = await kit.create()
        holds(second.createdAt > first.createdAt, 'a later session has no later createdAt')
        const done = await kit.store.commit(first.id, { session: { isActive: false } })
        equal(done.session?.createdAt, first.createdAt, 'createdAt after a commit')
      },
    },
  ],
}
