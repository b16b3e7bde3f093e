import type { Change, CommitOptions, NewSession, Session } from '@sess/core'
import { SessError } from '@sess/core'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { TestedStore } from '../tested-store.ts'
import { type Defect, member, rule, tick } from './defect.ts'

type What = { lastSeq: number; moved: boolean; patched: boolean }

/** A store with its own idea of when a session ends after a commit. */
function ends(
  name: string,
  caughtBy: string | string[],
  end: (
    sound: number | null,
    before: number | null,
    session: Session,
    anew: boolean,
    now: number,
  ) => number | null,
): Defect {
  return rule(
    name,
    caughtBy,
    class extends TestedStore {
      protected override expiry(before: number | null, session: Session, anew: boolean): number | null {
        return end(super.expiry(before, session, anew), before, session, anew, this.now)
      }
    },
  )
}

function living(
  name: string,
  caughtBy: string | string[],
  ttl: (session: NewSession) => Partial<NewSession>,
): Defect {
  return member(name, caughtBy, (store) => ({
    create: (session, options) => store.create({ ...session, ...ttl(session) }, options),
  }))
}

/** Broken: expiry, lifetime, sweep. */
export const expiring: readonly Defect[] = [
  rule(
    'lets expired sessions live',
    [
      'expiry/load',
      'expiry/commit',
      'expiry/create',
      'expiry/lists',
      'lifetime/in-time',
      'lifetime/extended',
      'sweep/limit',
    ],
    class extends TestedStore {
      protected override isExpired(): boolean {
        return false
      }
    },
  ),
  rule(
    'answers that an expired session is not there',
    ['expiry/load', 'expiry/commit', 'lifetime/in-time'],
    class extends TestedStore {
      protected override admit(id: string, owner: CommitOptions['if']): ReferenceEntry {
        try {
          return super.admit(id, owner)
        } catch (error) {
          if (error instanceof SessError && error.code !== 'SESSION_EXPIRED') throw error
          throw new SessError('SESSION_NOT_FOUND', 'no such session', { sessionId: id })
        }
      }
    },
  ),
  rule(
    'reads expired sessions',
    'expiry/load',
    class extends TestedStore {
      override async load(...args: Parameters<TestedStore['load']>) {
        const { passed } = this.data
        this.data.passed = -1e12
        try {
          return await super.load(...args)
        } finally {
          this.data.passed = passed
        }
      }
    },
  ),
  member('answers a repeat on an expired session', 'expiry/commit', (store, server) => ({
    async commit(id, change, options) {
      const entry = server.sessions.get(id)
      const there =
        entry?.messages.filter((message) => change.append?.some((one) => one.id === message.id)) ?? []
      if (!entry || there.length === 0 || !entry.session.expiresAt || server.now() < entry.session.expiresAt)
        return store.commit(id, change, options)
      const nothing = { changed: false, amended: [], removed: [], removedCount: 0, droppedCount: 0 }
      return { ...entry.session, ...nothing, messages: there, replayed: true }
    },
  })),
  member('gives an expired session a new lifetime', 'expiry/commit', (store, { sessions }) => ({
    async commit(id, change, options) {
      const entry = sessions.get(id)
      if (entry && change.session?.ttlMs)
        sessions.set(id, { ...entry, session: { ...entry.session, expiresAt: null } })
      return store.commit(id, change, options)
    },
  })),
  member('answers false to a delete of an expired session', 'expiry/delete', (store, server) => ({
    async delete(id, options) {
      const ends = server.sessions.get(id)?.session.expiresAt
      return (await store.delete(id, options)) && !(ends && server.now() >= ends)
    },
  })),
  member(
    'refuses a create over an expired session',
    ['expiry/create', 'expiry/racing-creates', 'sweep/replaced'],
    (store, { sessions }) => ({
      async create(session, options) {
        if (sessions.has(session.id))
          throw new SessError('SESSION_EXISTS', 'it is there', { sessionId: session.id })
        return store.create(session, options)
      },
    }),
  ),
  member(
    'keeps messages and context of an expired session for the one over it',
    ['expiry/create', 'expiry/racing-creates'],
    (store, { sessions }) => ({
      async create(session, options) {
        const old = sessions.get(session.id)
        const made = await store.create(session, options)
        const entry = sessions.get(made.id)
        if (old && entry)
          sessions.set(made.id, {
            ...entry,
            messages: [...old.messages, ...entry.messages],
            context: new Map([...old.context, ...entry.context]),
          })
        return made
      },
    }),
  ),
  member(
    'creates over an expired session as often as asked at once',
    'expiry/racing-creates',
    (store, { sessions }) => ({
      async create(session, options) {
        const old = sessions.get(session.id)
        if (!old) return store.create(session, options)
        await tick()
        if (sessions.get(session.id)?.session.createdAt !== old.session.createdAt)
          sessions.set(session.id, old)
        return store.create(session, options)
      },
    }),
  ),
  member(
    'creates over a living session',
    ['creation/exists', 'creation/racing', 'creation/racing-instances', 'errors/codes'],
    (store, { sessions }) => ({
      async create(session, options) {
        const old = sessions.get(session.id)
        if (old) sessions.delete(session.id)
        return store.create(session, options)
      },
    }),
  ),
  member(
    'looks for a session, lets others go on, and creates',
    ['creation/racing', 'creation/racing-instances'],
    (store, { sessions }) => ({
      async create(session, options) {
        if (sessions.has(session.id)) return store.create(session, options)
        await tick()
        sessions.delete(session.id)
        return store.create(session, options)
      },
    }),
  ),
  member(
    'locks ids within its process only when it creates',
    'creation/racing-instances',
    (store, { sessions }) => {
      const mine = new Set<string>()
      return {
        async create(session, options) {
          if (
            !mine.has(session.id) &&
            sessions.has(session.id) &&
            sessions.get(session.id)?.session.expiresAt === null
          )
            sessions.delete(session.id)
          mine.add(session.id)
          return store.create(session, options)
        },
        async delete(id, options) {
          mine.delete(id)
          return store.delete(id, options)
        },
      }
    },
  ),
  member('counts expired sessions', ['expiry/lists', 'sweep/not-found'], (store, { sessions }) => {
    const swept = new Map<string, number>()
    return {
      count: async (userId, options) => {
        await store.count(userId, options)
        return (
          [...sessions.values()].filter(({ session }) => session.userId === userId).length +
          (swept.get(userId) ?? 0)
        )
      },
      sweep(request, options) {
        swept.set('ann', 1)
        return store.sweep(request, options)
      },
    }
  }),
  member('lists expired sessions', ['expiry/lists', 'expiry/paging'], (store) => ({
    list: (query, options) => store.list({ ...query, includeExpired: true }, options),
  })),
  member('lists no expired sessions, though asked', 'expiry/lists', (store) => ({
    list: ({ includeExpired: _, ...query }, options) => store.list(query, options),
  })),

  living('takes lifetimes in whole seconds', 'lifetime/begins', ({ ttlMs }) => ({
    ttlMs: ttlMs !== null && ttlMs > 1000 ? Math.trunc(ttlMs / 1000) * 1000 : ttlMs,
  })),
  living('gives every session an end', ['lifetime/begins', 'lifetime/in-time'], ({ ttlMs }) => ({
    ttlMs: ttlMs ?? 1e10,
  })),
  living('knows no lifetime over 24 days', 'lifetime/begins', ({ ttlMs }) => ({
    ttlMs: ttlMs && ttlMs > 0 ? Math.min(ttlMs, 2 ** 31 - 1) : ttlMs,
  })),
  living('lets sessions live an hour longer', ['lifetime/begins', 'lifetime/in-time'], ({ ttlMs }) => ({
    ttlMs: ttlMs && ttlMs > 0 && Number.isInteger(ttlMs) ? ttlMs + 36e5 : ttlMs,
  })),
  ends(
    'begins a new lifetime at the end of the old',
    'lifetime/extended',
    (sound, before, { ttlMs }, anew) => (anew && before && ttlMs ? before + ttlMs : sound),
  ),
  ends('never shortens a lifetime', 'lifetime/extended', (sound, before) =>
    sound && before ? Math.max(sound, before) : sound,
  ),
  ends('does not make a session endless', 'lifetime/made-endless', (sound, before) => sound ?? before),
  ends('leaves an endless session endless', 'lifetime/made-endless', (sound, before) =>
    before === null ? null : sound,
  ),
  ends('slides always', ['lifetime/fixed', 'lifetime/starts-sliding'], (_, before, { ttlMs }, __, now) =>
    ttlMs === null ? null : Math.max(before ?? 0, now + ttlMs),
  ),
  ends(
    'never slides',
    ['lifetime/slides', 'lifetime/starts-sliding', 'lifetime/stays-alive'],
    (sound, before, _, anew) => (anew ? sound : before),
  ),
  ends(
    'brings the end of a sliding session nearer',
    'lifetime/never-shorter',
    (sound, _, { ttlMs, sliding }, __, now) => (sliding && ttlMs ? now + ttlMs : sound),
  ),
  rule(
    'slides from the commit after the one that lets it',
    'lifetime/starts-sliding',
    class extends TestedStore {
      protected override next(before: Session, change: Change, options: CommitOptions, what: What): Session {
        const next = super.next(before, change, options, what)
        return change.session?.sliding !== undefined && !('ttlMs' in change.session) && !options.stamp
          ? { ...next, expiresAt: before.expiresAt }
          : next
      }
    },
  ),
  member('slides with reads', ['lifetime/not-on-reads', 'versions/reads'], (store, server) => ({
    async load(id, ...rest) {
      const loaded = await store.load(id, ...rest)
      const entry = server.sessions.get(id)
      const { sliding, ttlMs } = loaded.session
      if (entry && sliding && ttlMs)
        server.sessions.set(id, { ...entry, session: { ...entry.session, expiresAt: server.now() + ttlMs } })
      return loaded
    },
  })),

  member('sweeps the living', ['sweep/expired-only', 'sweep/nothing'], (store, { sessions }) => ({
    async sweep(request, options) {
      const swept = await store.sweep(request, options)
      const [id] = sessions.keys()
      return swept + (id !== undefined && sessions.delete(id) ? 1 : 0)
    },
  })),
  member('does not sweep the sessions of nobody', 'sweep/expired-only', (store, server) => ({
    async sweep(request, options) {
      const nobody = [...server.sessions].filter(([, { session }]) => session.userId === null)
      for (const [id] of nobody) server.sessions.delete(id)
      const swept = await store.sweep(request, options)
      for (const [id, entry] of nobody) server.sessions.set(id, entry)
      return swept
    },
  })),
  member('sweeps more than it was asked to', 'sweep/limit', (store) => ({
    sweep: (request, options) => store.sweep({ limit: request.limit === 2 ? 1000 : request.limit }, options),
  })),
  member('sweeps fewer than its limit though more are left', 'sweep/limit', (store) => ({
    sweep: (request, options) => store.sweep({ limit: request.limit === 2 ? 1 : request.limit }, options),
  })),
  member('makes any limit of a sweep fit', 'sweep/refused', (store) => ({
    sweep: ({ limit }, options) =>
      store.sweep({ limit: Math.min(1000, Math.max(1, Math.trunc(limit))) }, options),
  })),
  member('answers that a swept session has expired', 'sweep/not-found', (store) => {
    let swept = 0
    return {
      sweep: async (...args) => {
        swept += await store.sweep(...args)
        return swept
      },
      async load(id, ...rest) {
        return store.load(id, ...rest).catch((error: unknown) => {
          throw swept > 0 ? new SessError('SESSION_EXPIRED', 'it has expired', { sessionId: id }) : error
        })
      },
    }
  }),
  member('sweeps by the lifetime at creation', ['sweep/moved', 'sweep/replaced'], (store, server) => {
    const ends = new Map<string, number>()
    return {
      async create(...args) {
        const made = await store.create(...args)
        if (made.expiresAt !== null && !ends.has(made.id)) ends.set(made.id, made.expiresAt)
        return made
      },
      async sweep(request, options) {
        const swept = await store.sweep(request, options)
        const due = [...ends].filter(([id, at]) => server.now() >= at && server.sessions.delete(id))
        return swept + due.length
      },
    }
  }),
  member('lets concurrent sweeps count the same sessions', 'sweep/concurrent', (store, server) => ({
    async sweep(request, options) {
      const due = [...server.sessions.values()].filter(
        ({ session }) => session.expiresAt !== null && server.now() >= session.expiresAt,
      )
      await tick()
      await store.sweep(request, options)
      return Math.min(request.limit, due.length)
    },
  })),
]
