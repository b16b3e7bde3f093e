import type { Committed } from '@sess/core'
import { equal, holds, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { append, ids, messages, NEW_SESSION, range } from '../steps.ts'

/** Law 12: closing, and what is left of a store then. */
export const ownership: LawGroup = {
  name: 'ownership',
  laws: [
    {
      id: 'ownership/closed',
      title: 'every call after close is STORE_CLOSED',
      async run(kit) {
        const { store } = kit
        const { id } = await kit.create()
        await store.close()
        await rejects('STORE_CLOSED', 'create', () => store.create(NEW_SESSION))
        await rejects('STORE_CLOSED', 'load', () => store.load(id))
        await rejects('STORE_CLOSED', 'commit', () => append(kit, id, 1))
        await rejects('STORE_CLOSED', 'delete', () => store.delete(id))
        await rejects('STORE_CLOSED', 'list', () => store.list({ all: true, limit: 5 }))
        await rejects('STORE_CLOSED', 'count', () => store.count('user'))
        await rejects('STORE_CLOSED', 'sweep', () => store.sweep({ limit: 5 }))
        if (store.stats) await rejects('STORE_CLOSED', 'stats', async () => store.stats?.())
        if (store.deleteUser)
          await rejects('STORE_CLOSED', 'deleteUser', async () => store.deleteUser?.('user'))
        if (store.lease)
          await rejects('STORE_CLOSED', 'lease', async () => store.lease?.(id, { ttlMs: 1000 }))
      },
    },
    {
      id: 'ownership/close-twice',
      title: 'a second close is nothing, also at the same time as the first',
      async run(kit) {
        await kit.create()
        equal(
          await Promise.all([kit.store.close(), kit.store.close()]),
          [undefined, undefined],
          'two at once',
        )
        equal(await kit.store.close(), undefined, 'a third')
      },
    },
    {
      id: 'ownership/close-unused',
      title: 'a store that was never used closes',
      async run(kit) {
        equal(await kit.store.close(), undefined, 'close')
      },
    },
    {
      id: 'ownership/in-flight',
      title: 'close waits for what is in flight: each call is applied or refused as closed, and none hangs',
      async run(kit) {
        const { id } = await kit.create()
        const calls = messages(kit, 20).map((message) => kit.store.commit(id, { append: [message] }))
        let settled = 0
        const outcomes = Promise.allSettled(calls.map((call) => call.finally(() => settled++)))
        await kit.store.close()
        await new Promise((resolve) => setTimeout(resolve, 0))
        equal(settled, 20, 'how many calls had ended when close did')
        for (const one of await outcomes)
          if (one.status === 'rejected') equal(one.reason.code, 'STORE_CLOSED', 'what a call failed with')
      },
    },
    {
      id: 'ownership/in-flight-kept',
      title: 'what a closing store acknowledged is there for another instance',
      needs: ['shared'],
      async run(kit) {
        const closing = await kit.open()
        const { id } = await kit.create()
        const calls = messages(kit, 20).map((message) => closing.commit(id, { append: [message] }))
        const [outcomes] = await Promise.all([Promise.allSettled(calls), closing.close()])
        const done = outcomes.flatMap((one) =>
          one.status === 'fulfilled' ? (one.value as Committed).messages : [],
        )
        equal(ids(await kit.messages(id)).sort(), ids(done).sort(), 'the messages')
      },
    },
    {
      id: 'ownership/others',
      title: 'closing one instance leaves the others open',
      needs: ['shared'],
      async run(kit) {
        const [one, other] = [await kit.open(), await kit.open()]
        const { id } = await one.create(NEW_SESSION)
        await one.close()
        equal((await other.load(id)).session.id, id, 'a load through another')
        equal((await append(kit, id, 1)).lastSeq, 1, 'a commit through the first')
      },
    },
    {
      id: 'ownership/first-use',
      title: 'calls made at once on a fresh store all work, with nothing to await first',
      async run(kit) {
        const made = await Promise.all(range(10).map((n) => kit.create({ id: `first-${n}` })))
        equal(made.length, 10, 'the sessions')
        equal((await kit.store.list({ all: true, limit: 20 })).sessions.length, 10, 'the list')
      },
    },
    {
      id: 'ownership/health',
      title: 'health answers ok with a latency, and after close that it is not, and never throws',
      async run(kit) {
        const well = await kit.store.health()
        equal(well.ok, true, 'ok')
        holds(Number.isFinite(well.latencyMs) && well.latencyMs >= 0, `the latency is ${well.latencyMs}`)
        holds(well.error === undefined, 'it is well and has an error')
        await kit.store.close()
        const closed = await kit.store.health()
        equal([closed.ok, closed.error?.code], [false, 'STORE_CLOSED'], 'health after close')
      },
    },
  ],
}
