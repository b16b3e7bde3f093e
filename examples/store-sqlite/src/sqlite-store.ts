import { SessError, type Session, type SessionStore } from '@sess/core'
import {
  admit,
  admitDelete,
  admitNew,
  checkCommit,
  checkCreate,
  checkDelete,
  checkListQuery,
  checkLoad,
  checkSweep,
  checkUser,
  committed,
  judgeCommit,
  judgeCreate,
} from '@sess/core/store'
import { SqliteFile, type Value } from './database.ts'
import { SessionRows } from './session-rows.ts'

export interface SqliteStoreOptions {
  /** The file, which is made where there is none. */
  readonly path: string
  /** How long to wait for another process that writes. Default `'5s'`. */
  readonly timeout?: string
  /** The store's clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

/** A store in a file. Each call is one transaction, within which nothing is awaited. */
export function createSqliteStore({
  path,
  timeout = '5s',
  now = Date.now,
}: SqliteStoreOptions): SessionStore {
  const file = new SqliteFile(path, timeout)
  return {
    info: { name: 'sqlite', shared: true, features: [] },
    async create(input, options) {
      checkCreate(input, options)
      return file.transaction('create', 'IMMEDIATE', () => {
        const found = SessionRows.find(file, input.id)
        admitNew(input.id, found, now())
        const { session, messages, contextBytes } = judgeCreate(input, options, now())
        found?.delete()
        const rows = SessionRows.insert(file, session)
        for (const message of messages) rows.put(message)
        for (const entry of input.context) rows.set(entry)
        rows.write(session, contextBytes)
        return session
      })
    },
    async load(id, want, options) {
      checkLoad('load', id, want, options)
      return file.transaction('load', 'DEFERRED', () =>
        admit('load', id, SessionRows.find(file, id), now(), options?.if).load(want),
      )
    },
    async commit(id, change, options) {
      checkCommit(id, change, options)
      return file.transaction('commit', 'IMMEDIATE', () => {
        const rows = admit('commit', id, SessionRows.find(file, id), now(), options?.if)
        const verdict = judgeCommit(rows.session, change, options, rows, now())
        const removed = verdict.session === rows.session ? [] : rows.apply(change, verdict)
        return committed(verdict, rows.session, change, removed)
      })
    },
    async delete(id, options) {
      checkDelete(id, options)
      return file.transaction('delete', 'IMMEDIATE', () => {
        const found = SessionRows.find(file, id)
        if (!admitDelete(found, options?.if)) return false
        found?.delete()
        return true
      })
    },
    async list(query, options) {
      checkListQuery(query, options)
      const { limit, offset = 0, includeExpired = false } = query
      const alive = [includeExpired ? 1 : 0, now()]
      const rows = file.transaction('list', 'DEFERRED', () =>
        query.userId === undefined
          ? file.rows(ALL, idAfter(query.cursor), ...alive, limit + 1, offset)
          : file.rows(OF_USER, query.userId, ...placeAfter(query.cursor), ...alive, limit + 1, offset),
      )
      const sessions = rows.slice(0, limit).map(([record]) => JSON.parse(String(record)) as Session)
      const last = sessions.at(-1)
      const isEnd = last === undefined || rows.length <= limit
      return { sessions, nextCursor: isEnd ? null : `${query.all ? '' : last.updatedAt}:${last.id}` }
    },
    async count(userId, options) {
      checkUser('count', userId, options)
      const [row] = file.transaction('count', 'DEFERRED', () => file.rows(COUNT, userId, now()))
      return Number(row?.[0])
    },
    async sweep(request, options) {
      checkSweep(request, options)
      return file.transaction('sweep', 'IMMEDIATE', () => file.run(SWEEP, now(), request.limit))
    },
    async health() {
      const start = performance.now()
      try {
        file.transaction('health', 'DEFERRED', () => file.rows('SELECT 1'))
        return { ok: true, latencyMs: performance.now() - start }
      } catch (error) {
        return { ok: false, latencyMs: performance.now() - start, error: error as SessError }
      }
    },
    async close() {
      file.close()
    },
  }
}

const ALIVE = '(? OR expires_at IS NULL OR expires_at > ?)'
const ALL = `SELECT record FROM sessions WHERE id > ? AND ${ALIVE} ORDER BY id LIMIT ? OFFSET ?`
const OF_USER = `SELECT record FROM sessions WHERE user_id = ? AND (updated_at, id) < (?, ?) AND ${ALIVE}
  ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?`
const COUNT = 'SELECT COUNT(*) FROM sessions WHERE user_id = ? AND (expires_at IS NULL OR expires_at > ?)'
const SWEEP = 'DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE expires_at <= ? LIMIT ?)'

function idAfter(cursor = ':'): string {
  if (!cursor.startsWith(':') || !cursor.isWellFormed()) throw foreignCursor()
  return cursor.slice(1)
}

function placeAfter(cursor: string | undefined): Value[] {
  if (cursor === undefined) return [Number.MAX_SAFE_INTEGER, '']
  const match = /^(\d{1,13}):(.+)$/s.exec(cursor)
  if (match === null || !cursor.isWellFormed()) throw foreignCursor()
  return [Number(match[1]), match[2] ?? '']
}

function foreignCursor(): SessError {
  return new SessError('INVALID_ARGUMENT', 'list: the cursor is not one of this store')
}
