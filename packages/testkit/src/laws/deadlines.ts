import type { SessionStore } from '@sess/core'
import { equal, holds, rejectionOf } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { everything, messages, NEW_SESSION } from '../steps.ts'

type Call = (store: SessionStore, id: string, signal: AbortSignal) => Promise<unknown>

const CALLS: Record<string, Call> = {
  create: (store, _, signal) => store.create(NEW_SESSION, { signal }),
  load: (store, id, signal) => store.load(id, { messages: { last: 5 } }, { signal }),
  commit: (store, id, signal) => store.commit(id, { set: [['k', 2]] }, { signal }),
  delete: (store, id, signal) => store.delete(id, { signal }),
  list: (store, _, signal) => store.list({ userId: 'user', limit: 5 }, { signal }),
  count: (store, _, signal) => store.count('user', { signal }),
  sweep: (store, _, signal) => store.sweep({ limit: 5 }, { signal }),
}

/** Law 11, as far as a signal goes: an aborted call throws the signal's reason, applied wholly or not at all. */
export const deadlines: LawGroup = {
  name: 'deadlines',
  laws: [
    ...Object.entries(CALLS).map(([name, call]) => ({
      id: `deadlines/aborted-${name}`,
      title: `a ${name} whose signal is aborted already throws the signal's own reason and does nothing`,
      async run(kit: Kit) {
        const { id } = await kit.create({ context: [['k', 1]] })
        const before = await everything(kit, id)
        for (const reason of [new Error('the reason'), 'a text', undefined]) {
          const signal = AbortSignal.abort(reason)
          const error = await rejectionOf(name, () => call(kit.store, id, signal))
          holds(error === signal.reason, `it threw ${error}, not the reason`)
        }
        equal(await everything(kit, id), before, 'the session')
        equal(await kit.store.delete(NEW_SESSION.id), false, 'delete of what was not to be created')
      },
    })),
    {
      id: 'deadlines/aborted-midway',
      title: 'a commit aborted on its way throws the reason or succeeds, and is applied wholly or not at all',
      async run(kit) {
        const { id } = await kit.create()
        for (let delay = 0; delay < 6; delay++) {
          const controller = new AbortController()
          const change = { append: messages(kit, 3), set: [[`k${delay}`, 1]] as const }
          const call = kit.store.commit(id, change, { signal: controller.signal })
          if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay - 1))
          const reason = new Error('aborted midway')
          controller.abort(reason)
          const outcome = await call.then(
            () => 'done',
            (error: unknown) => error,
          )
          holds(outcome === 'done' || outcome === reason, `it threw ${outcome}, not the reason`)
          const { session, messages: log = [], context = [] } = await everything(kit, id)
          equal(
            [log.length, session.messageCount],
            [context.length * 3, context.length * 3],
            'messages beside context',
          )
          const isThere = context.some(([key]) => key === `k${delay}`)
          holds(outcome !== 'done' || isThere, 'what succeeded is not there')
        }
      },
    },
    {
      id: 'deadlines/aborted-later',
      title: 'an abort after the call has ended changes nothing, and the store works on',
      async run(kit) {
        const { id } = await kit.create()
        const controller = new AbortController()
        await kit.store.commit(id, { append: messages(kit, 1) }, { signal: controller.signal })
        controller.abort()
        equal((await kit.messages(id)).length, 1, 'the messages')
        equal((await kit.store.commit(id, { append: messages(kit, 1) })).lastSeq, 2, 'the next commit')
      },
    },
    {
      id: 'deadlines/repeat',
      title: 'a commit that was aborted is repeated without doubling any message',
      async run(kit) {
        const { id } = await kit.create()
        const change = { append: messages(kit, 2) }
        for (const wait of [false, true]) {
          const controller = new AbortController()
          const call = kit.store.commit(id, change, { signal: controller.signal }).catch(() => undefined)
          if (wait) await new Promise((resolve) => setTimeout(resolve, 1))
          controller.abort()
          await call
        }
        await kit.store.commit(id, change)
        equal(
          (await kit.messages(id)).map(({ seq }) => seq),
          [1, 2],
          'the seqs',
        )
      },
    },
  ],
}
