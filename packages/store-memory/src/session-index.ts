import { type ListQuery, SessError, type Session } from '@sess/core'
import { compareUtf8 } from '@sess/core/store'
import type { SessionRecord } from './session-record.ts'
import { SortedSet } from './sorted-set.ts'

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
    this.#userOf(record)?.sessions.add(record)
  }

  /** Gives a record its new session, and its new place. */
  update(record: SessionRecord, session: Session): void {
    const user = this.#userOf(record)
    if (record.session.userId === session.userId && (user === undefined || user.sessions.last === record)) {
      // Already last, and updates never go back: nothing moves.
      record.session = session
      return
    }
    this.#leave(record, false)
    record.session = session
    this.#userOf(record)?.sessions.add(record)
  }

  expire(record: SessionRecord): void {
    const user = this.#userOf(record)
    if (user !== undefined) user.expired++
  }

  remove(record: SessionRecord, wasExpired: boolean): void {
    this.#all.delete(record)
    this.#leave(record, wasExpired)
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
    const place = { updatedAt: parseWhole(cursor.slice(0, Math.max(colon, 0))), id: cursor.slice(colon + 1) }
    return sessions?.downFrom((record) => byUpdate(record.session, place) >= 0) ?? []
  }

  cursorAfter(query: ListQuery, { order, session }: SessionRecord): string {
    return 'all' in query ? `${order}` : `${session.updatedAt}:${session.id}`
  }

  #leave(record: SessionRecord, wasExpired: boolean): void {
    const user = this.#userOf(record)
    if (user === undefined) return
    user.sessions.delete(record)
    if (wasExpired) user.expired--
    if (user.sessions.size === 0) this.#users.delete(record.session.userId as string)
  }

  #userOf({ session: { userId } }: SessionRecord): UserSessions | undefined {
    if (userId === null) return undefined
    let user = this.#users.get(userId)
    if (user === undefined) {
      user = { sessions: new SortedSet((a, b) => byUpdate(a.session, b.session)), expired: 0 }
      this.#users.set(userId, user)
    }
    return user
  }
}

/** Upwards in the reverse of the order in which sessions are listed: newest update last, and of equals the least id. */
function byUpdate(a: Pick<Session, 'updatedAt' | 'id'>, b: Pick<Session, 'updatedAt' | 'id'>): number {
  return a.updatedAt - b.updatedAt || compareUtf8(b.id, a.id)
}

function parseWhole(text: string): number {
  if (!/^\d{1,16}$/.test(text))
    throw new SessError('INVALID_ARGUMENT', 'list: the cursor is not one of this store')
  return Number(text)
}
