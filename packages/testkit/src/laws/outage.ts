import type { SessionStore } from '@sess/core'
import { equal, holds, rejects, textsIn } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, everything, ids, messages, NEW_SESSION, until } from '../steps.ts'

const CALLS: Record<string, (store: SessionStore, id: string, kit: Kit) => Promise<unknown>> = {
  create: (store) => store.create(NEW_SESSION),
  load: (store, id) => store.load(id),
  commit: (store, id, kit) => store.commit(id, { append: messages(kit, 1) }),
  delete: (store, id) => store.delete(id),
  list: (store) => store.list({ userId: 'user', limit: 5 }),
  walk: (store) => store.list({ all: true, limit: 5 }),
  count: (store) => store.count('user'),
  sweep: (store) => store.sweep({ limit: 5 }),
}

/** Laws 10 and 11: an outage is an error, never an empty result, and passes without a restart. */
export const outage: LawGroup = {
  name: 'outage',
  laws: [
    ...Object.entries(CALLS).map(([name, call]) => ({
      id: `outage/${name}`,
      title: `a ${name} during an outage is STORE_UNAVAILABLE, never an empty result, and works again afterwards`,
      needs: ['outage'] as const,
      async run(kit: Kit) {
        const { id } = await kit.create({ messages: messages(kit, 1) })
        const before = await everything(kit, id)
        await during(kit, async () => {
          const error = await rejects('STORE_UNAVAILABLE', name, () => call(kit.store, id, kit))
          equal(error.retryable, true, 'retryable')
          holds(error.outcome === 'none' || error.outcome === 'unknown', 'it has no outcome')
        })
        await backAgain(kit, id)
        if (name !== 'commit' && name !== 'delete') equal(await everything(kit, id), before, 'the session')
        await call(kit.store, id, kit)
      },
    })),
    {
      id: 'outage/health',
      title: 'health during an outage answers what is the matter, never throws, and is well again afterwards',
      needs: ['outage'],
      async run(kit) {
        const { id } = await kit.create()
        await during(kit, async () => {
          const health = await kit.store.health()
          equal([health.ok, health.error?.code], [false, 'STORE_UNAVAILABLE'], 'health during the outage')
        })
        await backAgain(kit, id)
        await until('health to be well', async () => (await kit.store.health()).ok)
      },
    },
    {
      id: 'outage/kept',
      title:
        'what was acknowledged before an outage is there after it, and an append of the outage is repeated once',
      needs: ['outage'],
      async run(kit) {
        const { id } = await kit.create()
        const { messages: first } = await append(kit, id, 3)
        const change = { append: messages(kit, 1) }
        await during(kit, async () => {
          await rejects('STORE_UNAVAILABLE', 'commit', () => kit.store.commit(id, change))
        })
        await backAgain(kit, id)
        await kit.store.commit(id, change)
        equal(ids(await kit.messages(id)), ids([...first, ...change.append]), 'the messages')
      },
    },
    {
      id: 'outage/no-content',
      title: "no error of an outage holds content, nor does the driver's below it",
      needs: ['outage'],
      async run(kit) {
        const { id } = await kit.create()
        const secret = 'the-secret-of-the-user'
        const change = { append: [kit.message({ content: secret })], set: [['k', secret]] as const }
        await during(kit, async () => {
          const error = await rejects('STORE_UNAVAILABLE', 'commit', () => kit.store.commit(id, change))
          holds(!textsIn(error).some((text) => text.includes(secret)), 'it tells content')
        })
      },
    },
    {
      id: 'outage/message-ids',
      title: 'where a commit may have been applied, its error names the messages',
      needs: ['outage'],
      async run(kit) {
        const { id } = await kit.create()
        const change = { append: messages(kit, 2) }
        await during(kit, async () => {
          const commit = () => kit.store.commit(id, change)
          const { outcome, messageIds } = await rejects('STORE_UNAVAILABLE', 'commit', commit)
          if (outcome === 'unknown') equal(messageIds, ids(change.append), 'messageIds')
        })
      },
    },
  ],
}

/** Ends the outage also where a law is broken meanwhile. */
async function during(kit: Kit, body: () => Promise<void>): Promise<void> {
  await kit.harness.outage?.begin()
  try {
    await body()
  } finally {
    await kit.harness.outage?.end()
  }
}

/** A store may need a moment to notice that its server is back. */
async function backAgain(kit: Kit, id: string): Promise<void> {
  await until('the store to work again', () =>
    kit.store.load(id).then(
      () => true,
      () => false,
    ),
  )
}
