import type { Pulse } from '@sess/core'
import { equal, holds, rejectionOf, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { append, messages } from '../steps.ts'

/** The optional member `watch`. */
export const watch: LawGroup = {
  name: 'watch',
  laws: [
    {
      id: 'watch/now',
      title: 'watch yields the state at once where its version is above `afterVersion`',
      needs: ['watch'],
      async run(kit) {
        const { id } = await kit.create({ messages: messages(kit, 2) })
        for (const afterVersion of [undefined, 0]) {
          const first = await iterate(kit, id, afterVersion).next()
          equal(first.value, { version: 1, lastSeq: 2 }, `after ${afterVersion}`)
        }
      },
    },
    {
      id: 'watch/later',
      title: 'watch yields after each later commit, or after several at once, and nothing twice',
      needs: ['watch'],
      async run(kit) {
        const { id } = await kit.create()
        const pulses = iterate(kit, id, 1)
        let seen = 1
        for (let last = 2; last <= 6; last += 2) {
          await append(kit, id, 1)
          await append(kit, id, 1)
          while (seen <= last) {
            const { value } = await pulses.next()
            holds(value.version > seen, `version ${value.version} came after ${seen}`)
            equal(value.lastSeq, value.version - 1, 'lastSeq beside the version')
            seen = value.version
            if (seen === last + 1) break
          }
        }
        equal(seen, 7, 'the last version')
      },
    },
    {
      id: 'watch/ends',
      title: 'watch ends when the session is deleted',
      needs: ['watch'],
      async run(kit) {
        const { id } = await kit.create()
        const pulses = iterate(kit, id)
        await pulses.next()
        const next = pulses.next()
        await kit.store.delete(id)
        equal((await next).done, true, 'whether it ended')
      },
    },
    {
      id: 'watch/absent',
      title: "watch of a session that is not there, or another owner's, is SESSION_NOT_FOUND",
      needs: ['watch'],
      async run(kit) {
        await rejects('SESSION_NOT_FOUND', 'watch', () => iterate(kit, 'nowhere').next())
        const { id } = await kit.create({ userId: 'ann' })
        const foreign = kit.store.watch?.(id, {}, { if: { userId: 'bob' } })[Symbol.asyncIterator]()
        await rejects('SESSION_NOT_FOUND', 'watch', async () => foreign?.next())
      },
    },
    {
      id: 'watch/aborted',
      title: "an aborted watch throws the signal's reason",
      needs: ['watch'],
      async run(kit) {
        const { id } = await kit.create()
        const controller = new AbortController()
        const pulses = iterate(kit, id, 0, controller.signal)
        await pulses.next()
        const next = pulses.next()
        const reason = new Error('enough')
        controller.abort(reason)
        holds((await rejectionOf('watch', () => next)) === reason, 'it threw another error')
      },
    },
    {
      id: 'watch/left',
      title: 'a watch that is left lets the store close',
      needs: ['watch'],
      async run(kit) {
        const { id } = await kit.create()
        const pulses = iterate(kit, id)
        await pulses.next()
        equal((await pulses.return?.())?.done, true, 'return')
        equal(await kit.store.close(), undefined, 'close')
      },
    },
  ],
}

function iterate(kit: Kit, id: string, afterVersion?: number, signal?: AbortSignal): AsyncIterator<Pulse> {
  const request = afterVersion === undefined ? {} : { afterVersion }
  const pulses = kit.store.watch?.(id, request, { signal })
  holds(pulses !== undefined, 'there is no watch')
  return pulses[Symbol.asyncIterator]()
}
