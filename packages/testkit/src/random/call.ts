import type { ListQuery, Session, SessionStore } from '@sess/core'
import type { ReferenceData } from '../reference-rules.ts'

/** The plain truth beside the store under test, its clock set by what that store answers. */
export interface Model {
  readonly data: ReferenceData
  now: number
  /** Tells the ids and users of this sequence from those of others on the same store. */
  readonly prefix: string
}

/** One operation, made concrete by what the model holds: so a condition can name the current version. */
export type Operation = (model: Model) => Call

export type Call = StoreCall | { readonly text: string; readonly passMs: number }

export interface StoreCall {
  /** As a line of the report. */
  readonly text: string
  run(store: SessionStore): Promise<unknown>
  /** What the store's clock read during this call, as far as its answer tells. */
  now?(answer: unknown, before: Session | undefined): number | undefined
  /** Which session it is about. */
  readonly id?: string
  /** In place of running it on the reference: where the contract leaves the store a choice. */
  follow?(model: Model, store: SessionStore): Promise<unknown>
}

type Member = 'create' | 'load' | 'commit' | 'delete' | 'list' | 'count' | 'sweep'

/** A call of one member. */
export function call<M extends Member>(member: M, ...args: Parameters<SessionStore[M]>): StoreCall {
  const given = args.at(-1) === undefined ? args.slice(0, -1) : args
  return {
    text: `${member}(${given.map((arg) => JSON.stringify(arg)).join(', ')})`,
    run: (store) => (store[member] as (...args: unknown[]) => Promise<unknown>)(...args),
  }
}

export type WalkQuery = ({ readonly userId: string } | { readonly all: true }) & {
  readonly includeExpired?: boolean
}

/** Lists page by page to the end. The walk over all sessions has no order to hold a store to. */
export function walk(query: WalkQuery, limit: number, by: 'cursor' | 'offset', prefix: string): StoreCall {
  return {
    text: `list(${JSON.stringify({ ...query, limit })}) to the end by ${by}`,
    async run(store) {
      const sessions = await pages(store, query, limit, by)
      const ids = sessions.map(({ id }) => id)
      if (new Set(ids).size < ids.length) throw new Error(`a session came twice: ${ids.join(', ')}`)
      if ('userId' in query) return { sessions }
      const mine = sessions.filter(({ id }) => id.startsWith(prefix))
      return { sessions: mine.sort((a, b) => (a.id < b.id ? -1 : 1)) }
    },
  }
}

async function pages(
  store: SessionStore,
  query: WalkQuery,
  limit: number,
  by: 'cursor' | 'offset',
): Promise<Session[]> {
  const sessions: Session[] = []
  let place: Partial<Pick<ListQuery, 'cursor' | 'offset'>> = {}
  for (let page = 0; page < 1000; page++) {
    const found = await store.list({ ...query, ...place, limit })
    if (found.sessions.length > limit)
      throw new Error(`a page of ${found.sessions.length}, asked for ${limit}`)
    sessions.push(...found.sessions)
    if (by === 'offset' ? found.sessions.length === 0 : found.nextCursor === null) return sessions
    place = by === 'offset' ? { offset: sessions.length } : { cursor: found.nextCursor as string }
  }
  throw new Error('the list does not end')
}

/** A sweep, after which the reference gives up those expired sessions that the store chose. */
export function sweep(limit: number): StoreCall {
  return {
    ...call('sweep', { limit }),
    async follow({ data, now }, store) {
      const expired = [...data.sessions.values()]
        .map(({ session }) => session)
        .filter(({ expiresAt }) => expiresAt !== null && expiresAt <= now)
      const left = await pages(store, { all: true, includeExpired: true }, 1000, 'cursor')
      const gone = expired.filter((session) => !left.some(({ id }) => id === session.id))
      const count = Math.min(limit, expired.length)
      for (const { id } of gone.slice(0, count)) data.sessions.delete(id)
      return count
    },
  }
}
