import type { CallOptions, SessErrorCode, SessionStore } from '@sess/core'
import { SessError } from '@sess/core'
import { type Server, TestedStore } from '../tested-store.ts'
import { type Defect, member, rule, server, tick } from './defect.ts'

type Call = 'create' | 'load' | 'commit' | 'delete' | 'list' | 'count' | 'sweep'
const CALLS: readonly Call[] = ['create', 'load', 'commit', 'delete', 'list', 'count', 'sweep']
// biome-ignore lint/suspicious/noExplicitAny: what the members have in common is that they are called
type AnyCall = (...args: any[]) => Promise<any>

/** A store of which some calls go through a function of ours. */
function around(
  name: string,
  caughtBy: string | string[],
  calls: readonly Call[],
  wrap: (call: () => Promise<unknown>, options: CallOptions, one: Server, of: Call) => Promise<unknown>,
): Defect {
  return member(name, caughtBy, (store, one) => {
    const wrapped = calls.map((of) => {
      const inner = (store[of] as AnyCall).bind(store)
      const at = { load: 2, commit: 2 }[of as string] ?? 1
      return [
        of,
        (...args: unknown[]) => wrap(() => inner(...args), (args[at] ?? {}) as CallOptions, one, of),
      ] as const
    })
    return Object.fromEntries(wrapped) as Partial<SessionStore>
  })
}

/** A store that ignores the signal of a call. */
const deaf = (of: Call): Defect =>
  member(`does not look at the signal of a ${of}`, `deadlines/aborted-${of}`, (store) => {
    const inner = (store[of] as AnyCall).bind(store)
    return {
      [of]: (...args: unknown[]) =>
        inner(
          ...args.map((arg, i) =>
            i > 0 && arg && typeof arg === 'object' && 'signal' in arg ? { ...arg, signal: undefined } : arg,
          ),
        ),
    }
  })

const EMPTY: { readonly [call in Call]: unknown } = {
  create: { id: 'new' },
  load: { session: {} },
  commit: {},
  delete: false,
  list: { sessions: [], nextCursor: null },
  count: 0,
  sweep: 0,
}
const LAW_OF: { readonly [call in Call]: string[] } = Object.fromEntries(
  CALLS.map((of) => [of, of === 'list' ? ['outage/list', 'outage/walk'] : [`outage/${of}`]]),
) as { [call in Call]: string[] }

function failure(name: string, caughtBy: string | string[], change: (error: SessError) => unknown): Defect {
  return around(name, caughtBy, CALLS, async (call) => {
    try {
      return await call()
    } catch (error) {
      throw error instanceof SessError ? change(error) : error
    }
  })
}

const again = (error: SessError, code: SessErrorCode = error.code, message = error.message) =>
  new SessError(code, message, {
    ...(error.current && { current: error.current }),
    ...(error.sessionId && { sessionId: error.sessionId }),
  })

/** Broken: errors, deadlines, outage, ownership, leaks. */
export const failing: readonly Defect[] = [
  failure(
    'lets the errors of its driver out',
    ['errors/codes', 'outage/load', 'refusals/keys', 'ownership/closed'],
    (error) => new Error(error.message),
  ),
  failure('calls every refusal retryable', 'errors/codes', (error) =>
    Object.assign(again(error), { retryable: true }),
  ),
  failure(
    'names no session in its errors',
    'errors/session-id',
    ({ code, message, current }) => new SessError(code, message, { ...(current && { current }) }),
  ),
  failure(
    'calls everything a conflict',
    ['errors/closed-before-cap', 'creation/exists', 'caps/create'],
    (error) =>
      error.code === 'MESSAGE_LIMIT' || error.code === 'SESSION_CLOSED' || error.code === 'SESSION_EXISTS'
        ? again(error, 'CONFLICT')
        : error,
  ),
  member('tells content in its errors', 'errors/no-content', (store) => ({
    async commit(id, change, options) {
      return store.commit(id, change, options).catch((error: unknown) => {
        throw error instanceof SessError
          ? again(error, error.code, `${error.message}: ${JSON.stringify(change)}`)
          : error
      })
    },
  })),
  member('leaves what it sent in the cause of an outage', 'outage/no-content', (store) => ({
    async commit(id, change, options) {
      return store.commit(id, change, options).catch((error: unknown) => {
        if (!(error instanceof SessError) || error.code !== 'STORE_UNAVAILABLE') throw error
        const { code, message, outcome, messageIds } = error
        const cause = Object.assign(new Error('lost'), { command: { args: [JSON.stringify(change)] } })
        throw new SessError(code, message, { cause, outcome, ...(messageIds && { messageIds }) })
      })
    },
  })),
  member('answers a commit to nothing with nothing', 'errors/not-found', (store, { sessions }) => ({
    async commit(id, change, options) {
      return sessions.has(id) || Object.keys(change).length > 0
        ? store.commit(id, change, options)
        : { ...(await store.commit([...sessions.keys()][0] ?? '', {})) }
    },
  })),
  member(
    'looks for the session before it looks at the input',
    'errors/malformed-first',
    (store, { sessions, isDown }) => ({
      async commit(id, change, options) {
        if (!isDown && id !== '' && !sessions.has(id))
          throw new SessError('SESSION_NOT_FOUND', 'no such session', { sessionId: id })
        return store.commit(id, change, options)
      },
    }),
  ),
  member('throws instead of rejecting', 'errors/promises', (store) => ({
    load(id, ...rest) {
      if (id === '') throw new SessError('INVALID_ARGUMENT', 'no id')
      return store.load(id, ...rest)
    },
  })),
  member('fails at a foreign cursor with what the parser throws', 'errors/promises', (store) => ({
    async list(query, options) {
      if (query.cursor !== undefined && !query.cursor.startsWith('[')) JSON.parse(`[${query.cursor}`)
      return store.list(query, options)
    },
  })),

  ...CALLS.map(deaf),
  around(
    'throws an error of its own when aborted',
    ['deadlines/aborted-load', 'deadlines/aborted-commit'],
    CALLS,
    async (call, { signal }) => {
      if (signal?.aborted) throw new DOMException('aborted', 'AbortError')
      return call()
    },
  ),
  member(
    'applies a call that was aborted',
    ['deadlines/aborted-commit', 'deadlines/aborted-delete'],
    (store) => ({
      async commit(id, change, { signal, ...options } = {}) {
        const committed = await store.commit(id, change, options)
        signal?.throwIfAborted()
        return committed
      },
      async delete(id, { signal, ...options } = {}) {
        const deleted = await store.delete(id, options)
        signal?.throwIfAborted()
        return deleted
      },
    }),
  ),
  member('applies half of a commit that is aborted on its way', 'deadlines/aborted-midway', (store) => ({
    async commit(id, change, options) {
      if (!options?.signal || !change.append || !change.set || options.signal.aborted)
        return store.commit(id, change, options)
      const { set, ...first } = change
      await store.commit(id, first)
      await tick()
      options.signal.throwIfAborted()
      return store.commit(id, { set })
    },
  })),
  member('stays aborted after an abort that came too late', 'deadlines/aborted-later', (store) => {
    let aborted = false
    return {
      async commit(id, change, options) {
        if (aborted) throw new SessError('STORE_UNAVAILABLE', 'aborted')
        options?.signal?.addEventListener('abort', () => {
          aborted = true
        })
        return store.commit(id, change, options)
      },
    }
  }),

  ...CALLS.map((of) =>
    around(`answers a ${of} with nothing during an outage`, LAW_OF[of], [of], async (call, _, { isDown }) =>
      isDown ? EMPTY[of] : call(),
    ),
  ),
  failure('calls an outage final', ['outage/load', 'outage/commit'], (error) =>
    error.code === 'STORE_UNAVAILABLE' ? Object.assign(again(error), { retryable: false }) : error,
  ),
  member(
    'does not work again after an outage',
    ['outage/kept', 'outage/health', 'outage/load'],
    (store, one) => {
      let broken = false
      return {
        async load(...args) {
          broken ||= one.isDown
          if (broken) throw new SessError('STORE_UNAVAILABLE', 'the connection is lost')
          return store.load(...args)
        },
        async commit(...args) {
          broken ||= one.isDown
          if (broken) throw new SessError('STORE_UNAVAILABLE', 'the connection is lost')
          return store.commit(...args)
        },
        async health() {
          broken ||= one.isDown
          return broken
            ? { ok: false, latencyMs: 0, error: new SessError('STORE_UNAVAILABLE', 'the connection is lost') }
            : store.health()
        },
      }
    },
  ),
  member('applies a commit of an outage in secret', 'outage/commit', (store, one) => ({
    async commit(...args) {
      if (!one.isDown) return store.commit(...args)
      one.isDown = false
      one.sessions.clear()
      one.isDown = true
      return store.commit(...args)
    },
  })),
  member('takes an outage for a failure of health', 'outage/health', (store, one) => ({
    async health() {
      if (one.isDown) throw new SessError('STORE_UNAVAILABLE', 'the server is down')
      return store.health()
    },
  })),
  member('does not say which messages may have been stored', 'outage/message-ids', (store, one) => ({
    async commit(...args) {
      if (one.isDown) throw new SessError('STORE_UNAVAILABLE', 'the server is down', { outcome: 'unknown' })
      return store.commit(...args)
    },
  })),

  member('works on after close', ['ownership/closed', 'ownership/health'], () => ({
    close: async () => undefined,
  })),
  member('refuses a second close', 'ownership/close-twice', (store) => {
    let closed = false
    return {
      async close() {
        if (closed) throw new SessError('STORE_CLOSED', 'it is closed')
        closed = true
        return store.close()
      },
    }
  }),
  member('cannot close before it was used', 'ownership/close-unused', (store) => {
    let used = false
    return {
      create(...args) {
        used = true
        return store.create(...args)
      },
      async close() {
        if (!used) throw new TypeError('cannot read properties of undefined')
        return store.close()
      },
    }
  }),
  rule(
    'does not wait for what is in flight when it closes',
    'ownership/in-flight',
    class extends TestedStore {
      override async commit(...args: Parameters<TestedStore['commit']>) {
        const done = super.commit(...args)
        if (args[1].append?.length === 1) await new Promise((resolve) => setTimeout(resolve, 200))
        return done
      }
    },
  ),
  member('loses what it acknowledged when it closes', 'ownership/in-flight-kept', (store, { sessions }) => ({
    async close() {
      for (const [id, entry] of sessions)
        if (entry.messages.length > 15) sessions.set(id, { ...entry, messages: entry.messages.slice(0, -1) })
      return store.close()
    },
  })),
  member(
    'closes the server for all when one instance closes',
    ['ownership/others', 'durable/reopen'],
    (store, one) => ({
      async close() {
        await store.close()
        one.isDown = true
      },
    }),
  ),
  member('fails calls that come before it has connected', 'ownership/first-use', (store) => {
    let connected: boolean | undefined
    return {
      async create(...args) {
        if (connected === false) throw new SessError('STORE_UNAVAILABLE', 'it is connecting')
        connected ??= false
        await tick()
        connected = true
        return store.create(...args)
      },
    }
  }),
  member('is always well', ['ownership/health', 'outage/health'], () => ({
    health: async () => ({ ok: true, latencyMs: 0 }),
  })),

  ...(['delete', 'sweep'] as const).map((of) =>
    member(`leaves messages behind after a ${of}`, `leaks/${of}`, (store, one) => ({
      async [of](...args: never[]) {
        const before = one.names()
        const done = await (store[of] as AnyCall).bind(store)(...args)
        const after = new Set(one.names())
        for (const name of before)
          if (name.startsWith('message:') && !after.has(name)) one.leftovers.add(name)
        return done
      },
    })),
  ),
  member('leaves an expired session behind that is created over', 'leaks/replaced', (store, one) => ({
    create(session, options) {
      if (one.sessions.has(session.id)) one.leftovers.add(`session:${session.id}`)
      return store.create(session, options)
    },
  })),
  member('leaves context behind that is unset', 'leaks/cut', (store, one) => ({
    commit(id, change, options) {
      if (Array.isArray(change.unset)) for (const key of change.unset) one.leftovers.add(`context:${key}`)
      return store.commit(id, change, options)
    },
  })),
  member('writes the ids of messages before it refuses them', 'leaks/refused', (store, one) => ({
    async commit(id, change, options) {
      return store.commit(id, change, options).catch((error: unknown) => {
        for (const message of change.append ?? []) one.leftovers.add(`id:${message.id}`)
        throw error
      })
    },
  })),
  server('fails to close', ['ownership/close-unused', 'ownership/close-twice'], (_, one) => ({
    open: () => {
      const store = new TestedStore(one)
      store.close = async () => Promise.reject(new SessError('STORE_UNAVAILABLE', 'no connection'))
      return store
    },
  })),
]

const INFO = { name: 'tested', shared: true, features: ['stats', 'deleteUser', 'watch', 'lease'] }

/** Broken: features, watch, lease. */
export const optional: readonly Defect[] = [
  member('has a member that it does not declare', 'features/declared', () => ({
    info: { ...INFO, features: ['stats', 'deleteUser', 'watch'] },
  })),
  member('declares a member that it does not have', 'features/declared', () => ({
    info: { ...INFO, features: [...INFO.features, 'later'] },
    watch: undefined as never,
  })),
  member('has no name', 'features/info', () => ({ info: { ...INFO, name: '' } })),
  member('gives each instance a name of its own', 'features/shared', () => ({
    info: { ...INFO, name: `tested-${Math.random()}` },
  })),
  member('leaves expired sessions out of its stats', 'features/stats', (store) => ({
    async stats(options) {
      const stats = await store.stats(options)
      return { ...stats, sessions: stats.sessions - stats.expired }
    },
  })),
  member('counts messages that were cut', 'features/stats', (store, { sessions }) => ({
    stats: async (options) => ({
      ...(await store.stats(options)),
      messages: [...sessions.values()].reduce((sum, { session }) => sum + session.lastSeq, 0),
    }),
  })),
  member("leaves a user's expired sessions", 'features/delete-user', (store, one) => ({
    async deleteUser(userId, options) {
      const kept = [...one.sessions].filter(
        ([, { session }]) => session.expiresAt !== null && one.now() >= session.expiresAt,
      )
      for (const [id] of kept) one.sessions.delete(id)
      const deleted = await store.deleteUser(userId, options)
      for (const [id, entry] of kept) one.sessions.set(id, entry)
      return deleted
    },
  })),
  member('deletes one page of a user', 'features/delete-many', (store) => ({
    async deleteUser(userId) {
      const { sessions } = await store.list({ userId, limit: 100, includeExpired: true })
      for (const { id } of sessions) await store.delete(id)
      return sessions.length
    },
  })),

  member('watches only what comes later', ['watch/now', 'watch/left'], (store, { sessions }) => ({
    watch: (id, request, options) =>
      store.watch(
        id,
        { afterVersion: sessions.get(id)?.session.version ?? request.afterVersion ?? 0 },
        options,
      ),
  })),
  member('tells of no later commits', 'watch/later', (store) => ({
    async *watch(...args) {
      for await (const pulse of store.watch(...args)) {
        yield pulse
        if (pulse.version > 2) return
      }
    },
  })),
  member('watches a deleted session for ever', 'watch/ends', (store) => ({
    async *watch(...args) {
      yield* store.watch(...args)
      await new Promise(() => undefined)
    },
  })),
  member('watches what is not there', 'watch/absent', (store) => ({
    async *watch(...args) {
      try {
        yield* store.watch(...args)
      } catch (error) {
        if (!(error instanceof SessError)) throw error
      }
    },
  })),
  member('ends an aborted watch in silence', 'watch/aborted', (store) => ({
    async *watch(id, request, options) {
      try {
        yield* store.watch(id, request, options)
      } catch (error) {
        if (!options?.signal?.aborted) throw error
      }
    },
  })),
  member('cannot close while it is watched', 'watch/left', (store) => {
    let watched = false
    return {
      watch(...args) {
        watched = true
        return store.watch(...args)
      },
      async close() {
        if (watched) throw new SessError('STORE_UNAVAILABLE', 'it is watched')
        return store.close()
      },
    }
  }),

  member('gives a lease to everybody', ['lease/one-holder', 'lease/racing'], (store, { leases }) => ({
    lease(id, request, options) {
      if (request.token === undefined) leases.delete(id)
      return store.lease(id, request, options)
    },
  })),
  member(
    'looks for a holder, lets others go on, and gives the lease',
    'lease/racing',
    (store, { leases }) => ({
      async lease(id, request, options) {
        const isFree = !leases.has(id)
        await tick()
        if (isFree) leases.delete(id)
        return store.lease(id, request, options)
      },
    }),
  ),
  member('does not extend a lease', 'lease/extends', (store, { leases }) => ({
    async lease(id, request, options) {
      const held = leases.get(id)
      return request.token && request.ttlMs > 0 && held?.token === request.token
        ? held
        : store.lease(id, request, options)
    },
  })),
  member('leaves a lease to a holder whose time is up', 'lease/expires', (store, one) => ({
    async lease(id, request, options) {
      const held = one.leases.get(id)
      if (held) one.leases.set(id, { ...held, expiresAt: Number.MAX_SAFE_INTEGER })
      return store.lease(id, request, options)
    },
  })),
  member('keeps a lease among the keys of the application', 'lease/apart', (store) => ({
    async lease(id, request, options) {
      const held = await store.lease(id, request, options)
      if (held) await store.commit(id, { set: [['lease', held.token]] })
      return held
    },
  })),
  member('leases what is not there', 'lease/absent', (store) => ({
    lease: (id, request, options) =>
      store.lease(id, request, options).catch(() => ({ token: 't', expiresAt: 0 })),
  })),
  rule(
    'keeps the lease of a deleted session',
    ['lease/session-ends'],
    class extends TestedStore {
      override async delete(...args: Parameters<TestedStore['delete']>): Promise<boolean> {
        const held = this.data.leases.get(args[0])
        const deleted = await super.delete(...args)
        if (held) this.data.leases.set(args[0], held)
        return deleted
      }
    },
  ),
]
