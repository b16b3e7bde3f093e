import { SessError, type Session, type SessionStore } from '@sess/core'
import * as sess from '@sess/core/store'

/** A whole store on one Map. No call awaits anything on its way, so each happens in one step. */
export function createMapStore(now: () => number = Date.now): SessionStore {
  const states = new Map<string, sess.SessionState>()
  let isClosed = false
  const closed = (operation: string) => new SessError('STORE_CLOSED', `${operation}: the store is closed`)
  const refuseClosed = (operation: string) => {
    if (isClosed) throw closed(operation)
  }
  const expired = (state: sess.SessionState) => sess.isExpired(state.session, now())

  return {
    info: { name: 'map', shared: false, features: [] },
    async create(input, options) {
      refuseClosed('create')
      sess.checkCreate(input, options)
      sess.admitNew(input.id, states.get(input.id), now())
      const state = new sess.SessionState(input, options, now())
      states.set(input.id, state)
      return state.snapshot()
    },
    async load(id, want, options) {
      refuseClosed('load')
      sess.checkLoad('load', id, want, options)
      return sess.admit('load', id, states.get(id), now(), options?.if).load(want)
    },
    async commit(id, change, options) {
      refuseClosed('commit')
      sess.checkCommit(id, change, options)
      const state = sess.admit('commit', id, states.get(id), now(), options?.if)
      return state.commit(change, options, now())
    },
    async delete(id, options) {
      refuseClosed('delete')
      sess.checkDelete(id, options)
      return sess.admitDelete(states.get(id), options?.if) && states.delete(id)
    },
    async list(query, options) {
      refuseClosed('list')
      sess.checkListQuery(query, options)
      // A session's place as text that sorts: upwards by id for all, downwards by update and id for a user.
      const place = ({ updatedAt, id }: Session) =>
        query.all ? id : `${String(updatedAt).padStart(16, '0')} ${id}`
      const order = (a: string, b: string) => (query.all ? sess.compareUtf8(a, b) : sess.compareUtf8(b, a))
      const found = [...states.values()]
        .filter((state) => query.all || state.session.userId === query.userId)
        .filter((state) => query.includeExpired || !expired(state))
        .map((state) => state.snapshot())
        .filter((session) => !query.cursor || order(place(session), query.cursor) > 0)
        .sort((a, b) => order(place(a), place(b)))
        .slice(query.offset ?? 0)
      const sessions = found.slice(0, query.limit)
      const last = sessions.at(-1)
      return { sessions, nextCursor: last && found.length > sessions.length ? place(last) : null }
    },
    async count(userId, options) {
      refuseClosed('count')
      sess.checkUser('count', userId, options)
      return [...states.values()].filter((state) => state.session.userId === userId && !expired(state)).length
    },
    async sweep(request, options) {
      refuseClosed('sweep')
      sess.checkSweep(request, options)
      const due = [...states].filter(([, state]) => expired(state)).slice(0, request.limit)
      for (const [id] of due) states.delete(id)
      return due.length
    },
    async health() {
      return isClosed ? { ok: false, latencyMs: 0, error: closed('health') } : { ok: true, latencyMs: 0 }
    },
    async close() {
      isClosed = true
    },
  }
}
