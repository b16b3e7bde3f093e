import { type ContextEntry, type ContextWindow, type Json, type Message, type MessageWindow, SessError, type Session, type SessionStore } from '@sess/core'
import { admit, checkCall, checkCommit, checkCreate, checkListQuery, checkLoad, checkSweep, committed, compareUtf8, entryBytes, frozenJson, isCutOfAll, isExpired, judgeCommit, judgeCreate, type SessionFacts } from '@sess/core/store'

interface Row {
  session: Session
  messages: Message[]
  context: Map<string, Json>
}

/** A whole store on one Map. Each call works without awaiting anything, so each is atomic. */
export function createMapStore({ now = Date.now } = {}): SessionStore {
  const rows = new Map<string, Row>()
  let isClosed = false

  const enter = (operation: string, options?: { signal?: AbortSignal | undefined }) => {
    options?.signal?.throwIfAborted()
    if (isClosed) throw new SessError('STORE_CLOSED', `${operation}: this store is closed`)
  }
  const owned = (id: string, owner?: { readonly userId?: string | null }) => {
    const row = rows.get(id)
    return owner?.userId === undefined || owner.userId === row?.session.userId ? row : undefined
  }

  return {
    info: { name: 'map', shared: false, features: [] },
    async create(input, options) {
      enter('create', options)
      checkCreate(input, options)
      const there = rows.get(input.id)
      if (there && !isExpired(there.session, now())) throw new SessError('SESSION_EXISTS', `create: there is a session '${input.id}' already`)
      const { session, messages } = judgeCreate(input, options, now())
      rows.delete(input.id) // so that a new incarnation comes last in the walk
      rows.set(input.id, { session, messages: messages.map(frozen), context: new Map(input.context.map(([key, value]) => [key, frozenJson(value)])) })
      return structuredClone(session)
    },
    async load(id, want, options) {
      enter('load', options)
      checkLoad('load', id, want, options)
      const row = rows.get(id)
      const session = structuredClone(admit('load', id, row?.session, now(), options?.if))
      const { messages, context } = row as Row
      return { session, ...(want?.messages && { messages: pick(messages, want.messages) }), ...(want?.context && { context: page(context, want.context) }) }
    },
    async commit(id, change, options) {
      enter('commit', options)
      checkCommit(id, change, options)
      const row = rows.get(id) as Row
      const session = admit('commit', id, row?.session, now(), options?.if)
      const verdict = judgeCommit(session, change, options, factsOf(row), now())
      if (verdict.session === session) return committed(verdict, change, [])
      const { from, to } = verdict.cut ?? { from: 1, to: 0 }
      const removed = row.messages.filter(({ seq }) => seq >= from && seq <= to)
      const kept = row.messages.filter((message) => !removed.includes(message))
      const amended = new Map(verdict.amended.map((message) => [message.id, frozen(message)]))
      row.messages = [...kept.map((message) => amended.get(message.id) ?? message), ...verdict.messages.map(frozen)].slice(verdict.dropped)
      for (const key of verdict.unset) row.context.delete(key)
      for (const [key, value] of change.set ?? []) row.context.set(key, frozenJson(value))
      row.session = verdict.session
      return structuredClone(committed(verdict, change, isCutOfAll(change) ? [] : removed))
    },
    async delete(id, options) {
      enter('delete', options)
      checkLoad('delete', id, undefined, options)
      return owned(id, options?.if) !== undefined && rows.delete(id)
    },
    async list(query, options) {
      enter('list', options)
      checkListQuery(query, options)
      const all = [...rows.values()].map(({ session }) => session).filter((session) => query.includeExpired || !isExpired(session, now()))
      const sessions = 'all' in query ? all.sort((a, b) => compareUtf8(a.id, b.id)) : all.filter(({ userId }) => userId === query.userId).sort((a, b) => b.updatedAt - a.updatedAt || compareUtf8(a.id, b.id))
      const place = (s: Session) => ('all' in query ? s.id : `${String(9e15 - s.updatedAt).padStart(16, '0')}:${s.id}`)
      const rest = sessions.filter((session) => query.cursor === undefined || compareUtf8(place(session), query.cursor) > 0).slice(query.offset ?? 0)
      const shown = rest.slice(0, query.limit)
      return { sessions: structuredClone(shown), nextCursor: rest.length > shown.length ? place(shown.at(-1) as Session) : null }
    },
    async count(userId, options) {
      enter('count', options)
      checkListQuery({ userId, limit: 1 }, options)
      return [...rows.values()].filter(({ session }) => session.userId === userId && !isExpired(session, now())).length
    },
    async sweep(request, options) {
      enter('sweep', options)
      checkSweep(request, options)
      const expired = [...rows.keys()].filter((id) => isExpired((rows.get(id) as Row).session, now())).slice(0, request.limit)
      for (const id of expired) rows.delete(id)
      return expired.length
    },
    async health() {
      return { ok: !isClosed, latencyMs: 0 }
    },
    async close() {
      isClosed = true
    },
  }
}
