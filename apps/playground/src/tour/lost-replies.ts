import { SessError, type SessionStore } from '@sess/core'

/** A store with some members in place of its own. */
export function withMembers(store: SessionStore, members: Partial<SessionStore>): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name)
      const member = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

export interface LostReplies {
  readonly store: SessionStore
  /** How many writes were applied without their reply, and how many never arrived. */
  readonly count: { applied: number; dropped: number }
}

/**
 * A store behind a bad network: at random places a write is applied and its reply lost, or it is lost itself, and the
 * caller cannot tell which. The first two writes fail, in either way.
 */
export function withLostReplies(store: SessionStore, random: () => number): LostReplies {
  const count = { applied: 0, dropped: 0 }
  async function send<T>(sessionId: string, write: () => Promise<T>): Promise<T> {
    const chance = random()
    if (count.applied === 0 || chance < 0.2) {
      count.applied++
      await write()
    } else if (count.dropped === 0 || chance < 0.3) count.dropped++
    else return write()
    throw new SessError('STORE_UNAVAILABLE', 'the reply was lost', { outcome: 'unknown', sessionId })
  }
  return {
    store: withMembers(store, {
      create: (session, options) => send(session.id, () => store.create(session, options)),
      commit: (id, change, options) => send(id, () => store.commit(id, change, options)),
    }),
    count,
  }
}

/** Random numbers that are the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
