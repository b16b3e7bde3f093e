import { type ListQuery, SessError } from '@sess/core'
import { compareUtf8, SortedSet } from '@sess/core/store'
import type { SessionRecord } from './session-record.ts'

interface UserSessions {
  /** The newest update last, which is where a commit puts it. */
  readonly sessions: SortedSet<SessionRecord>
  expired: number
}

/** Sessions in the orders in which they are listed: each user's by update, all of them by creation. */
export class SessionIndex {
  readonly #users = new Map<string, UserSessions>()
  readonly #all = new SortedSet<SessionRecord>((a, b) => a.order - b.order)

  add(record: SessionRecord): void {
    this.#all.add(record)
    this.#enter(record)
  }

  /** To be called after each change of a session. */
  update(record: SessionRecord): void {
    const { userId, updatedAt } = record.session
    if (userId === record.listedUser) {
      // Last already: updates do not go back, so that nothing moves.
      if (userId === null || this.#users.get(userId)?.sessions.last === record) record.listedAt = updatedAt
      if (updatedAt === record.listedAt) return
    }
    this.#leave(record)
    this.#enter(record)
  }

  expire({ listedUser }: SessionRecord): void {
    const user = listedUser === null ? undefined : this.#users.get(listedUser)
    if (user !== undefined) user.expired++
  }

  remove(record: SessionRecord): void {
    this.#all.delete(record)
    this.#leave(record)
  }

  /** A user's sessions that are not known to have expired. */
  count(userId: string): number {
    const user = this.#users.get(userId)
    return user === undefined ? 0 : user.sessions.size - user.expired
  }

  /** Records in the order of a query, from its cursor on. */
  walk(query: ({ userId: string } | { all: true }) & { cursor?: string }): Iterable<SessionRecord> {
    const { cursor } = query
    if ('all' in query) {
      const after = cursor === undefined ? 0 : parseWhole(cursor)
      return this.#all.upFrom((record) => record.order > after)
    }
    const sessions = this.#users.get(query.userId)?.sessions
    if (cursor === undefined) return sessions?.downFrom(() => false) ?? []
    const colon = cursor.indexOf(':')
    const listedAt = parseWhole(cursor.slice(0, Math.max(colon, 0)))
    const place = { listedAt, session: { id: cursor.slice(colon + 1) } }
    return sessions?.downFrom((record) => byUpdate(record, place) >= 0) ?? []
  }

  cursorAfter(query: ListQuery, { order, listedAt, session }: SessionRecord): string {
    return 'all' in query ? `${order}` : `${listedAt}:${session.id}`
  }

  #enter(record: SessionRecord): void {
    const { userId, updatedAt } = record.session
    record.listedUser = userId
    record.listedAt = updatedAt
    if (userId === null) return
    let user = this.#users.get(userId)
    if (user === undefined) {
      user = { sessions: new SortedSet<SessionRecord>(byUpdate), expired: 0 }
      this.#users.set(userId, user)
    }
    user.sessions.add(record)
  }

  #leave(record: SessionRecord): void {
    const { listedUser } = record
    const user = listedUser === null ? undefined : this.#users.get(listedUser)
    if (listedUser === null || user === undefined) return
    user.sessions.delete(record)
    if (record.isExpired) user.expired--
    if (user.sessions.size === 0) this.#users.delete(listedUser)
  }
}

type Place = Pick<SessionRecord, 'listedAt'> & { readonly session: { readonly id: string } }

/** The reverse of the order in which sessions are listed: newest update last, and of equals the greatest id. */
function byUpdate(a: Place, b: Place): number {
  return a.listedAt - b.listedAt || compareUtf8(a.session.id, b.session.id)
}

function parseWhole(text: string): number {
  if (!/^\d{1,16}$/.test(text))
    throw new SessError('INVALID_ARGUMENT', 'list: the cursor is not one of this store')
  return Number(text)
}
