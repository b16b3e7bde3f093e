import { equal, holds } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, expire, messages } from '../steps.ts'

/** What is left behind: nothing that was deleted. */
export const leaks: LawGroup = {
  name: 'leaks',
  laws: [
    {
      id: 'leaks/delete',
      title: 'after a delete nothing of the session is stored, and all of the others is',
      needs: ['inspect'],
      async run(kit) {
        await full(kit, 'kept', null)
        const before = await stored(kit)
        await full(kit, 'gone', null)
        holds((await stored(kit)).length > before.length, 'inspect shows nothing of a session')
        await kit.store.delete('gone')
        equal(await stored(kit), before, 'what is stored')
      },
    },
    {
      id: 'leaks/sweep',
      title: 'after a sweep nothing of the expired sessions is stored',
      needs: ['inspect'],
      async run(kit) {
        const before = await stored(kit)
        const ttlMs = kit.lifetimeMs
        for (const id of ['a', 'b', 'c']) await full(kit, id, ttlMs)
        await expire(kit, 'c', ttlMs)
        await kit.store.sweep({ limit: 100 })
        equal(await stored(kit), before, 'what is stored')
      },
    },
    {
      id: 'leaks/replaced',
      title: 'after a create over an expired session nothing of the old one is stored',
      needs: ['inspect'],
      async run(kit) {
        const before = await stored(kit)
        const ttlMs = kit.lifetimeMs
        await full(kit, 'a', ttlMs)
        await expire(kit, 'a', ttlMs)
        await kit.create({ id: 'a' })
        await kit.store.delete('a')
        equal(await stored(kit), before, 'what is stored')
      },
    },
    {
      id: 'leaks/cut',
      title: 'messages that were cut and keys that were unset leave nothing behind',
      needs: ['inspect'],
      async run(kit) {
        const { id } = await kit.create({
          context: [['k', 1]],
          messages: messages(kit, 1),
          metadata: { a: 'b' },
        })
        const before = await stored(kit)
        await kit.store.commit(id, {
          append: messages(kit, 3),
          set: [
            ['x', 1],
            ['y', 1],
          ],
          session: { metadata: { c: 'd' } },
        })
        await kit.store.commit(id, {
          cut: { newest: 3 },
          unset: ['x', 'y'],
          session: { metadata: { c: null } },
        })
        equal(await stored(kit), before, 'what is stored')
      },
    },
    {
      id: 'leaks/refused',
      title: 'what was refused leaves nothing behind',
      needs: ['inspect'],
      async run(kit) {
        const { id } = await kit.create({ maxMessages: 1 })
        const before = await stored(kit)
        await append(kit, id, 2).catch(() => undefined)
        const create = kit.create({
          id: 'half',
          maxMessages: 1,
          messages: messages(kit, 2),
          context: [['k', 1]],
        })
        await create.catch(() => undefined)
        await kit.create({ id, messages: messages(kit, 1) }).catch(() => undefined)
        equal(await stored(kit), before, 'what is stored')
      },
    },
  ],
}

/** A session with something of everything. */
async function full(kit: Kit, id: string, ttlMs: number | null): Promise<void> {
  await kit.create({
    id,
    ttlMs,
    userId: `user-of-${id}`,
    context: [['first', 1]],
    messages: messages(kit, 2),
  })
  await kit.store.commit(id, { append: messages(kit, 3), set: [['k', 1]], session: { metadata: { a: 'b' } } })
  await kit.store.commit(id, { cut: { newest: 1 }, unset: ['first'] })
}

async function stored(kit: Kit): Promise<readonly string[]> {
  return [...((await kit.harness.inspect?.()) ?? [])].sort()
}
