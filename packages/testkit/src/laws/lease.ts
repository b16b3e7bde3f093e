import type { Lease, LeaseRequest } from '@sess/core'
import { equal, holds, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { everything, range, until } from '../steps.ts'

/** The optional member `lease`. */
export const lease: LawGroup = {
  name: 'lease',
  laws: [
    {
      id: 'lease/one-holder',
      title: 'a lease has one holder: another gets null until it is given back',
      needs: ['lease'],
      async run(kit) {
        const { id } = await kit.create()
        const held = await take(kit, id, { ttlMs: 60_000 })
        holds(held !== null && held.token.length > 0, 'the first gets none')
        equal(await take(kit, id, { ttlMs: 60_000 }), null, 'what another gets')
        equal(await take(kit, id, { ttlMs: 60_000, token: 'wrong' }), null, 'what a wrong token gets')
        await take(kit, id, { ttlMs: 0, token: held.token })
        const next = await take(kit, id, { ttlMs: 60_000 })
        holds(next !== null && next.token !== held.token, 'the next gets none of its own')
        equal(await take(kit, id, { ttlMs: 60_000, token: held.token }), null, 'what the former holder gets')
      },
    },
    {
      id: 'lease/racing',
      title: 'of racing takers one gets the lease',
      needs: ['lease'],
      async run(kit) {
        const { id } = await kit.create()
        const taken = await Promise.all(range(10).map(() => take(kit, id, { ttlMs: 60_000 })))
        equal(taken.filter((one) => one !== null).length, 1, 'how many got it')
      },
    },
    {
      id: 'lease/extends',
      title: 'its holder extends a lease and keeps the token',
      needs: ['lease'],
      async run(kit) {
        const { id } = await kit.create()
        const held = await take(kit, id, { ttlMs: 60_000 })
        const more = await take(kit, id, { ttlMs: 600_000, token: held?.token ?? '' })
        equal(more?.token, held?.token, 'the token')
        holds((more?.expiresAt ?? 0) >= (held?.expiresAt ?? 0) + 530_000, 'it is not extended')
      },
    },
    {
      id: 'lease/expires',
      title: 'a lease that ran out is lost to its holder and free for another',
      needs: ['lease'],
      async run(kit) {
        const { id } = await kit.create()
        const ttlMs = kit.lifetimeMs
        const held = await take(kit, id, { ttlMs })
        await kit.pass(ttlMs)
        await until('the lease to run out', async () => (await take(kit, id, { ttlMs: 1e9 })) !== null)
        equal(await take(kit, id, { ttlMs, token: held?.token ?? '' }), null, 'what the former holder gets')
      },
    },
    {
      id: 'lease/apart',
      title: 'a lease shows in no context, and one session has not the lease of another',
      needs: ['lease'],
      async run(kit) {
        const [a, b] = [await kit.create(), await kit.create()]
        await take(kit, a.id, { ttlMs: 60_000 })
        holds((await take(kit, b.id, { ttlMs: 60_000 })) !== null, 'the other session is taken too')
        const page = { context: { prefix: '', limit: 10 } }
        equal((await kit.store.load(a.id, page)).context, [], 'the context')
        equal((await everything(kit, a.id)).messages, [], 'the messages')
      },
    },
    {
      id: 'lease/absent',
      title: "a lease of a session that is not there, or another owner's, is SESSION_NOT_FOUND",
      needs: ['lease'],
      async run(kit) {
        await rejects('SESSION_NOT_FOUND', 'lease', () => take(kit, 'nowhere', { ttlMs: 1000 }))
        const { id } = await kit.create({ userId: 'ann' })
        const foreign = async () => kit.store.lease?.(id, { ttlMs: 1000 }, { if: { userId: 'bob' } })
        await rejects('SESSION_NOT_FOUND', 'lease', foreign)
        holds((await take(kit, id, { ttlMs: 1000 })) !== null, 'the lease is taken')
      },
    },
    {
      id: 'lease/session-ends',
      title: 'a lease ends with its session: one created anew is free',
      needs: ['lease'],
      async run(kit) {
        const { id } = await kit.create()
        await take(kit, id, { ttlMs: 1e9 })
        await kit.store.delete(id)
        await kit.create({ id })
        holds((await take(kit, id, { ttlMs: 1000 })) !== null, 'it is taken still')
      },
    },
  ],
}

async function take(kit: Kit, id: string, request: LeaseRequest): Promise<Lease | null> {
  holds(kit.store.lease !== undefined, 'there is no lease')
  return kit.store.lease(id, request)
}
