import type { SessionStore } from '@sess/core'
import { equal, rejects } from '../check.ts'
import type { Kit, LawGroup } from '../law.ts'
import { everything, NEW_SESSION } from '../steps.ts'

// What a later version of the contract may have, and a caller may send to an older store.
const LATER = { later: 1 }

type Call = (store: SessionStore, id: string, kit: Kit) => Promise<unknown>

// The types forbid what this group sends, as they would not in a caller's JavaScript or with a newer core.
const as = <T>(value: unknown): T => value as T

const CASES: Record<string, { title: string; calls: readonly Call[] }> = {
  'commit-part': {
    title: 'a commit with an unknown part',
    calls: [
      (store, id, kit) => store.commit(id, as({ append: [kit.message()], ...LATER })),
      (store, id) => store.commit(id, as({ set: [['k', 1]], replace: [] })),
    ],
  },
  condition: {
    title: 'a commit on an unknown condition',
    calls: [(store, id) => store.commit(id, { set: [['k', 1]] }, { if: as({ version: 1, ...LATER }) })],
  },
  'commit-option': {
    title: 'a commit with an unknown option',
    calls: [(store, id) => store.commit(id, { set: [['k', 1]] }, as(LATER))],
  },
  cut: {
    title: 'a cut of an unknown form',
    calls: [(store, id) => store.commit(id, { cut: as({ middle: 1 }), set: [['k', 1]] })],
  },
  unset: {
    title: 'an unset of an unknown form',
    calls: [(store, id) => store.commit(id, { unset: as({ suffix: 'k' }), set: [['k', 1]] })],
  },
  'message-field': {
    title: 'a message with an unknown field',
    calls: [
      (store, id, kit) => store.commit(id, { append: [as({ ...kit.message(), ...LATER })] }),
      (store, _, kit) => store.create({ ...NEW_SESSION, messages: [as({ ...kit.message(), ...LATER })] }),
    ],
  },
  amendment: {
    title: 'an amendment of an unknown field',
    calls: [(store, id) => store.commit(id, { amend: [as({ id: 'm1', content: 'new', role: 'user' })] })],
  },
  'session-field': {
    title: 'a session patch of an unknown field',
    calls: [
      (store, id) => store.commit(id, { session: as({ isActive: false, ...LATER }) }),
      (store, id) => store.commit(id, { session: as({ createdAt: 1 }) }),
    ],
  },
  limit: {
    title: 'an unknown limit',
    calls: [
      (store, id) => store.commit(id, { set: [['k', 1]] }, { limits: as(LATER) }),
      (store) => store.create(NEW_SESSION, { limits: as(LATER) }),
    ],
  },
  stamp: {
    title: 'a stamp with an unknown member',
    calls: [
      (store, id) => store.commit(id, { set: [['k', 1]] }, { stamp: as({ ...STAMP, ...LATER }) }),
      (store) => store.create(NEW_SESSION, { stamp: as({ ...STAMP, ...LATER }) }),
    ],
  },
  create: {
    title: 'a create with an unknown field or option',
    calls: [
      (store) => store.create(as({ ...NEW_SESSION, ...LATER })),
      (store) => store.create(NEW_SESSION, as(LATER)),
      (store) => store.create(NEW_SESSION, as({ if: {} })),
    ],
  },
  want: {
    title: 'a load of an unknown part or window',
    calls: [
      (store, id) => store.load(id, as(LATER)),
      (store, id) => store.load(id, { messages: as({ last: 1, ...LATER }) }),
      (store, id) => store.load(id, { messages: as({ around: 5, limit: 1 }) }),
      (store, id) => store.load(id, { context: as({ prefix: '', limit: 1, ...LATER }) }),
    ],
  },
  'load-option': {
    title: 'a load or delete with an unknown option or condition',
    calls: [
      (store, id) => store.load(id, {}, as(LATER)),
      (store, id) => store.load(id, {}, { if: as({ version: 1 }) }),
      (store, id) => store.delete(id, as(LATER)),
      (store, id) => store.delete(id, { if: as({ absent: ['k'] }) }),
    ],
  },
  query: {
    title: 'a list with an unknown part or option',
    calls: [
      (store) => store.list(as({ userId: 'user', limit: 5, ...LATER })),
      (store) => store.list({ all: true, limit: 5 }, as(LATER)),
    ],
  },
  call: {
    title: 'a count or sweep with an unknown part or option',
    calls: [
      (store) => store.count('user', as(LATER)),
      (store) => store.sweep({ limit: 5 }, as(LATER)),
      (store) => store.sweep(as({ limit: 5, ...LATER })),
    ],
  },
}

const STAMP = { version: 9, lastSeq: 9, updatedAt: 1, expiresAt: null }

/** What a store does not know it refuses, and never ignores. */
export const unknown: LawGroup = {
  name: 'unknown',
  laws: Object.entries(CASES).map(([name, { title, calls }]) => ({
    id: `unknown/${name}`,
    title: `${title} is UNSUPPORTED, and nothing of it is done`,
    async run(kit) {
      const { id } = await kit.create({ messages: [kit.message({ id: 'm1' })], context: [['k', 0]] })
      const before = await everything(kit, id)
      for (const [i, call] of calls.entries()) {
        await rejects('UNSUPPORTED', `call ${i + 1}`, () => call(kit.store, id, kit))
        equal(await everything(kit, id), before, `the session after call ${i + 1}`)
        equal(await kit.store.delete(NEW_SESSION.id), false, `whether call ${i + 1} created a session`)
      }
    },
  })),
}
