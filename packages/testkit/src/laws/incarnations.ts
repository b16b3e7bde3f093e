import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { ids } from '../steps.ts'

const ID = 'the same id'

/** An id may come back with another session, whose versions and seqs begin anew. */
export const incarnations: LawGroup = {
  name: 'incarnations',
  laws: [
    {
      id: 'incarnations/condition',
      title: 'a condition on createdAt holds for the session that was read and for none that took its id',
      async run(kit) {
        const { store } = kit
        const first = await kit.create({ id: ID, messages: [kit.message()] })
        await store.commit(ID, { set: [['k', 1]] }, { if: { createdAt: first.createdAt } })
        await store.delete(ID)
        await kit.pass(20)
        const second = await kit.create({ id: ID, messages: [kit.message()] })
        const seen = { lastSeq: first.lastSeq, createdAt: first.createdAt }
        const cut = () => store.commit(ID, { cut: { newest: 1 } }, { if: seen })
        const error = await rejects('CONFLICT', 'a cut of what was read in the session before', cut)
        equal(error.current?.createdAt, second.createdAt, 'createdAt in the error')
        equal((await kit.messages(ID)).length, 1, 'how many messages the later session has')
      },
    },
    {
      id: 'incarnations/all-misses',
      title:
        'a CONFLICT names the keys that are there and must not be, or must and are not, whatever else missed',
      async run({ store, create, message }) {
        const taken = message()
        const { id, createdAt } = await create({ context: [['there', 1]], messages: [taken] })
        const keys = ['there', 'not there']
        const missed = { version: 9, lastSeq: 9, absent: keys, present: keys }
        const commit = () => store.commit(id, { set: [['k', 1]] }, { if: missed })
        const { current } = await rejects('CONFLICT', 'a commit of which no condition holds', commit)
        const told = { version: 1, lastSeq: 1, createdAt, present: ['there'], missing: ['not there'] }
        equal(current, told, 'what the error tells')
        const repeat = () => store.commit(id, { append: [{ ...taken, content: 'other' }] }, { if: missed })
        const { messages, ...rest } = (await rejects('CONFLICT', 'a repeat', repeat)).current ?? {}
        equal([rest, ids(messages)], [told, [taken.id]], 'what the error of a repeat tells')
      },
    },
    {
      id: 'incarnations/told',
      title: 'a commit tells the createdAt of the session that it changed, repeated too',
      async run(kit) {
        const { id, createdAt } = await kit.create({ id: ID })
        await kit.pass(20)
        const change = { append: [kit.message()] }
        for (const what of ['the commit', 'the repeat'])
          equal((await kit.store.commit(id, change)).createdAt, createdAt, what)
      },
    },
    {
      id: 'incarnations/delete',
      title: 'a delete on a condition that does not hold is CONFLICT and deletes nothing',
      async run(kit) {
        const { id, createdAt } = await kit.create({ id: ID, messages: [kit.message()] })
        for (const missed of [{ createdAt: createdAt - 1 }, { version: 2 }, { lastSeq: 0 }]) {
          const remove = () => kit.store.delete(id, { if: missed })
          const { current } = await rejects('CONFLICT', `a delete if ${JSON.stringify(missed)}`, remove)
          equal(current, { version: 1, lastSeq: 1, createdAt }, 'what the error tells')
        }
        equal(await kit.store.delete('nowhere', { if: { version: 1 } }), false, 'a delete of nothing')
        const held = { createdAt, version: 1, lastSeq: 1, userId: 'user' }
        equal(await kit.store.delete(id, { if: held }), true, 'a delete on conditions that hold')
      },
    },
  ],
}
