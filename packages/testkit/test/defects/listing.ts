import type { ListQuery, Page, Session } from '@sess/core'
import { newestFirst } from '../../src/reference-read.ts'
import type { Server } from '../tested-store.ts'
import { type Defect, member } from './defect.ts'

type Order = (a: Session, b: Session) => number

/** A store that lists by a sort of its own, with a cursor that is the offset (or the id that a page ended with). */
function listing(
  name: string,
  caughtBy: string | string[],
  options: {
    readonly user?: Order
    readonly all?: Order
    readonly cursor?: 'offset' | 'id'
    readonly step?: number
    readonly filter?: (session: Session) => boolean
    readonly late?: boolean
  },
): Defect {
  return member(name, caughtBy, (store, one) => ({
    async list(query, call) {
      await store.list(
        { ...query, ...(query.cursor !== undefined && { cursor: '[0,"x"]' }) } as ListQuery,
        call,
      )
      return page(one, query, options)
    },
  }))
}

const byId: Order = (a, b) => newestFirst({ id: a.id, updatedAt: 0 }, { id: b.id, updatedAt: 0 })

function page(one: Server, query: ListQuery, options: Parameters<typeof listing>[2]): Page {
  const {
    user = newestFirst,
    all = byId,
    cursor = 'sound',
    step = 0,
    filter = () => true,
    late = false,
  } = options
  const isListed = ({ expiresAt }: Session) =>
    query.includeExpired || expiresAt === null || one.now() < expiresAt
  let found = [...one.sessions.values()].map(({ session }) => session)
  if (!late) found = found.filter(isListed)
  found = found.filter(filter).sort('userId' in query ? user : all)
  if ('userId' in query) found = found.filter(({ userId }) => userId === query.userId)
  let start = query.offset ?? 0
  if (query.cursor !== undefined && cursor === 'offset') start = Number(query.cursor)
  else if (query.cursor !== undefined) {
    const last = JSON.parse(query.cursor) as Session
    const index = found.findIndex((session) =>
      cursor === 'id' ? session.id === last.id : ('userId' in query ? user : all)(session, last) > 0,
    )
    start = index < 0 ? found.length : index + (cursor === 'id' ? 1 : 0)
  }
  const sessions = found
    .slice(Math.max(0, start + (query.cursor === undefined ? 0 : step)))
    .slice(0, query.limit)
  const last = sessions.at(-1)
  const end = start + sessions.length
  const more = last !== undefined && found.indexOf(last) < found.length - 1
  const next = cursor === 'offset' ? `${end}` : JSON.stringify(last)
  return {
    sessions: structuredClone(sessions.filter((session) => !late || isListed(session))),
    nextCursor: more ? next : null,
  }
}

const byCreation: Order = (a, b) => a.createdAt - b.createdAt

/** Broken: lists, paging, walks. */
export const listing_: readonly Defect[] = [
  listing("lists a user's sessions in the order of their ids", 'lists/order', { user: byId }),
  listing('lists the oldest update first', ['lists/order', 'lists/moves'], {
    user: (a, b) => newestFirst(b, a),
  }),
  listing('leaves ties in any order', 'lists/ties', { user: (a, b) => b.updatedAt - a.updatedAt }),
  listing('orders ties by UTF-16', 'lists/ties', {
    user: (a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1),
  }),
  listing('lists by creation', 'lists/moves', { user: (a, b) => b.createdAt - a.createdAt || byId(a, b) }),
  listing('pages by offset', ['paging/updates', 'paging/deletes', 'walks/complete'], { cursor: 'offset' }),
  listing(
    'loses its place when the session that a page ended with is gone',
    ['paging/deletes', 'walks/cursor-deleted'],
    { cursor: 'id' },
  ),
  listing('skips a session at the border of pages', ['paging/pages', 'walks/once'], { step: 1 }),
  listing('repeats a session at the border of pages', ['paging/pages', 'walks/once'], { step: -1 }),
  listing('walks over all by their update', ['walks/fixed', 'walks/complete'], { all: newestFirst }),
  listing('walks over all without those of nobody', ['walks/once', 'creation/nobody'], {
    filter: ({ userId }) => userId !== null,
  }),
  listing('filters expired sessions when the page is full', 'expiry/paging', { late: true }),
  listing('walks in the order of owners', 'walks/fixed', {
    all: (a, b) => `${a.userId}`.localeCompare(`${b.userId}`) || byId(a, b) || byCreation(a, b),
  }),
  member('lists sessions as they were created', 'lists/sessions', (store) => {
    const made = new Map<string, Session>()
    return {
      async create(...args) {
        const session = await store.create(...args)
        made.set(session.id, session)
        return session
      },
      async list(...args) {
        const page = await store.list(...args)
        return { ...page, sessions: page.sessions.map((session) => made.get(session.id) ?? session) }
      },
    }
  }),
  member('lists one session too many', ['paging/pages', 'paging/offset', 'walks/offset'], (store) => ({
    list: (query, options) =>
      store.list(
        { ...query, limit: query.limit < 1000 && query.limit > 0 ? query.limit + 1 : query.limit },
        options,
      ),
  })),
  member('ignores an offset', ['paging/offset', 'walks/offset'], (store) => ({
    list: ({ offset, ...query }, options) =>
      store.list(
        offset !== undefined && offset >= 0 && !query.cursor
          ? (query as ListQuery)
          : ({ ...query, ...(offset !== undefined && { offset }) } as ListQuery),
        options,
      ),
  })),
  member('makes any limit of a list fit', 'paging/refused', (store) => ({
    list: (query, options) =>
      store.list({ ...query, limit: Math.min(1000, Math.max(1, Math.trunc(query.limit))) }, options),
  })),
  member('counts what was deleted', 'lists/counts', (store) => {
    const deleted = new Map<string, number>()
    return {
      async delete(id, options) {
        const { session } = await store.load(id).catch(() => ({ session: undefined }))
        if (session?.userId) deleted.set(session.userId, (deleted.get(session.userId) ?? 0) + 1)
        return store.delete(id, options)
      },
      count: async (userId, options) => (await store.count(userId, options)) + (deleted.get(userId) ?? 0),
    }
  }),
  member('counts a closed session not', 'lists/counts', (store, { sessions }) => ({
    count: async (userId, options) =>
      (await store.count(userId, options)) -
      [...sessions.values()].filter(({ session }) => !session.isActive).length,
  })),
  member('gives a cursor though nothing is left', 'walks/empty', (store) => ({
    async list(query, options) {
      const page = await store.list(query, options)
      return page.sessions.length === 0 && !query.cursor ? { ...page, nextCursor: '[0,"x"]' } : page
    },
  })),
]
