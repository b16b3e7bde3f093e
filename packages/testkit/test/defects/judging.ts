import type { CommitOptions, Committed, Conditions } from '@sess/core'
import { SessError } from '@sess/core'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { TestedStore } from '../tested-store.ts'
import { type Defect, member, rule } from './defect.ts'

/** A store that changes the conditions before it judges them. */
function conditions(
  name: string,
  caughtBy: string | string[],
  change: (given: Conditions, entry: ReferenceEntry) => Conditions,
): Defect {
  return rule(
    name,
    caughtBy,
    class extends TestedStore {
      protected override conditions(entry: ReferenceEntry, given: Conditions): void {
        super.conditions(entry, change(given, entry))
      }
    },
  )
}

const without = (given: Conditions, ...members: (keyof Conditions)[]): Conditions =>
  Object.fromEntries(Object.entries(given).filter(([key]) => !members.includes(key as keyof Conditions)))

/** Broken: conditional, owners. */
export const judging: readonly Defect[] = [
  conditions('accepts an older version', 'conditional/stale-version', (given, { session }) =>
    (given.version ?? 0) > session.version ? given : without(given, 'version'),
  ),
  conditions('accepts a version yet to come', 'conditional/later-version', (given, { session }) =>
    (given.version ?? 0) < session.version ? given : without(given, 'version'),
  ),
  conditions('accepts an older lastSeq', 'conditional/stale-seq', (given, { session }) =>
    (given.lastSeq ?? 0) > session.lastSeq ? given : without(given, 'lastSeq'),
  ),
  conditions('accepts a lastSeq yet to come', 'conditional/later-seq', (given, { session }) =>
    (given.lastSeq ?? 0) < session.lastSeq ? given : without(given, 'lastSeq'),
  ),
  conditions('judges the version only where no lastSeq is given', 'conditional/version-of-both', (given) =>
    given.lastSeq === undefined ? given : without(given, 'version'),
  ),
  conditions('judges the lastSeq only where no version is given', 'conditional/seq-of-both', (given) =>
    given.version === undefined ? given : without(given, 'lastSeq'),
  ),
  conditions('takes a later session under an id for the one before', 'incarnations/condition', (given) =>
    without(given, 'createdAt'),
  ),
  conditions('stops at the first condition that does not hold', 'incarnations/all-misses', (given) =>
    given.version === undefined ? given : without(given, 'absent'),
  ),
  conditions('takes 0 for no condition', 'conditional/zero', (given) =>
    given.version === 0 ? without(given, 'version') : given,
  ),
  conditions('takes a stored null for an absent key', 'conditional/absent', (given, { context }) => ({
    ...given,
    ...(given.absent && { absent: given.absent.filter((key) => context.get(key) !== null) }),
  })),
  conditions('does not judge `present`', 'conditional/present', (given) => without(given, 'present')),
  member('deletes whatever the condition', 'incarnations/delete', (store) => ({
    delete: (id, options) => {
      const userId = options?.if?.userId
      return store.delete(id, userId === undefined ? {} : { if: { userId } })
    },
  })),
  member('tells the time of the commit for that of creation', 'incarnations/told', (store) => ({
    async commit(...args) {
      const done = await store.commit(...args)
      return { ...done, createdAt: done.updatedAt }
    },
  })),
  conditions('does not judge `absent`', ['conditional/absent', 'conditional/racing-absent'], (given) =>
    without(given, 'absent'),
  ),
  conditions('takes the owner for another version', 'conditional/hit', (given) =>
    given.userId ? { ...given, version: -1 } : given,
  ),
  rule(
    'judges conditions when all else is written',
    ['conditional/stale-version', 'conditional/racing-versions'],
    class extends TestedStore {
      override async commit(...[id, change, options]: Parameters<TestedStore['commit']>): Promise<Committed> {
        const before = this.data.sessions.get(id)
        const { version, lastSeq, absent, ...rest } = options?.if ?? {}
        const done = await super.commit(id, change, { ...options, ...(options?.if && { if: rest }) })
        if (before && !done.replayed) super.conditions(before, options?.if ?? {})
        return done
      }
    },
  ),
  member('judges closed before conditions', 'conditional/before-closed', (store, { sessions }) => ({
    async commit(id, change, options) {
      const session = sessions.get(id)?.session
      if (session && !session.isActive && change.append && options?.if)
        throw new SessError('SESSION_CLOSED', 'closed', { sessionId: id })
      return store.commit(id, change, options)
    },
  })),
  member('appends before it cuts', 'conditional/replace-tail', (store) => ({
    async commit(id, { cut, ...change }, options) {
      if (!cut || !change.append) return store.commit(id, { ...change, ...(cut && { cut }) }, options)
      await store.commit(id, change, options)
      return store.commit(id, { cut })
    },
  })),
  member(
    'uses up no seq with a cut that it appends after',
    ['conditional/rewind', 'cuts/seq-of-a-tail-cut'],
    (store, { sessions }) => ({
      async commit(id, change, options) {
        const before = sessions.get(id)?.session.lastSeq
        const done = await store.commit(id, change, options)
        const entry = sessions.get(id)
        if (!entry || before === undefined || !change.cut || change.append || options?.stamp) return done
        sessions.set(id, { ...entry, session: { ...entry.session, lastSeq: before } })
        return { ...done, lastSeq: before }
      },
    }),
  ),

  guard('lets anybody load', 'owners/load', 'load'),
  guard('lets anybody commit', 'owners/commit', 'commit'),
  guard('lets anybody delete', 'owners/delete', 'delete'),
  rule(
    'takes a guard of null for none',
    'owners/nobody',
    class extends TestedStore {
      protected override owns(session: ReferenceEntry['session'], owner: CommitOptions['if']): boolean {
        return session.userId === null || super.owns(session, owner)
      }
    },
  ),
  member('judges repeats and conditions before the guard', 'owners/before-repeats', (store) => ({
    async commit(id, change, options) {
      try {
        return await store.commit(id, change, options)
      } catch (error) {
        const { userId, ...rest } = options?.if ?? {}
        if (userId === undefined || !(error instanceof SessError) || error.code !== 'SESSION_NOT_FOUND')
          throw error
        const absent = ['nowhere', ...(rest.absent ?? [])]
        const done = await store.commit(
          id,
          { append: change.append ?? [] },
          { if: { ...rest, version: rest.version ?? -1, absent } },
        )
        return done
      }
    },
  })),
  member('goes by the owner at creation', 'owners/as-it-is', (store) => {
    const owners = new Map<string, string | null>()
    return {
      create(session, options) {
        owners.set(session.id, session.userId)
        return store.create(session, options)
      },
      async commit(id, change, options) {
        const { userId, ...rest } = options?.if ?? {}
        if (userId !== undefined && userId === owners.get(id))
          return store.commit(id, change, { ...options, if: rest })
        return store.commit(id, change, options)
      },
    }
  }),
  member('gives a session to two at once', 'owners/as-it-is', (store) => ({
    commit(id, change, options) {
      const { userId, ...rest } = options?.if ?? {}
      return store.commit(id, change, userId && change.session?.userId ? { ...options, if: rest } : options)
    },
  })),
  member('tells a stranger that a session has expired', 'expiry/foreign', (store, one) => ({
    async load(id, want, options) {
      const session = one.sessions.get(id)?.session
      const hasExpired = session?.expiresAt && one.now() >= session.expiresAt
      return store.load(id, want, hasExpired ? {} : options)
    },
  })),
]

function guard(name: string, caughtBy: string, of: 'load' | 'commit' | 'delete'): Defect {
  const open = <O extends CommitOptions>(options: O | undefined): O | undefined => {
    if (!options?.if) return options
    const { userId: _, ...rest } = options.if
    return { ...options, if: rest }
  }
  return member(name, caughtBy, (store) => {
    if (of === 'load') return { load: (id, want, options) => store.load(id, want, open(options)) }
    if (of === 'commit') return { commit: (id, change, options) => store.commit(id, change, open(options)) }
    return { delete: (id, options) => store.delete(id, open(options)) }
  })
}
