import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'

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
      title: 'a CONFLICT names the keys that must be absent and are there, whatever else did not hold',
      async run({ store, create }) {
        const { id, createdAt } = await create({ context: [['there', 1]] })
        const missed = { version: 9, lastSeq: 9, absent: ['there', 'not there'] }
        const commit = () => store.commit(id, { set: [['k', 1]] }, { if: missed })
        const { current } = await rejects('CONFLICT', 'a commit of which no condition holds', commit)
        equal(current, { version: 1, lastSeq: 0, createdAt, present: ['there'] }, 'what the error tells')
      },
    },
  ],
}
