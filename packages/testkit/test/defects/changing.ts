import type { Change, CommitOptions, Cut, Json, Message, NewMessage, Session } from '@sess/core'
import { SessError } from '@sess/core'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { type Server, TestedStore } from '../tested-store.ts'
import { type Defect, member, rule } from './defect.ts'

/** A store that makes something else of a change before it applies it. */
function changing(
  name: string,
  caughtBy: string | string[],
  change: (given: Change, entry: ReferenceEntry) => Change,
): Defect {
  return member(name, caughtBy, (store, { sessions }) => ({
    commit(id, given, options) {
      const entry = sessions.get(id)
      return store.commit(id, entry && !options?.signal?.aborted ? change(given, entry) : given, options)
    },
  }))
}

/** A store whose session is another after a commit. */
function next(
  name: string,
  caughtBy: string | string[],
  fields: (next: Session, before: Session, change: Change, options: CommitOptions) => Partial<Session>,
): Defect {
  return rule(
    name,
    caughtBy,
    class extends TestedStore {
      protected override next(
        before: Session,
        change: Change,
        options: CommitOptions,
        what: { lastSeq: number; moved: boolean; patched: boolean },
      ): Session {
        const next = super.next(before, change, options, what)
        return { ...next, ...fields(next, before, change, options) }
      }
    },
  )
}

/** A store that writes what others do not see: after the commit it changes what is stored. */
function afterwards(
  name: string,
  caughtBy: string | string[],
  change: (entry: ReferenceEntry, given: Change, before: ReferenceEntry, server: Server) => ReferenceEntry,
): Defect {
  return member(name, caughtBy, (store, server) => ({
    async commit(id, given, options) {
      const before = server.sessions.get(id)
      const done = await store.commit(id, given, options)
      const entry = server.sessions.get(id)
      if (before && entry && entry !== before) server.sessions.set(id, change(entry, given, before, server))
      return done
    },
  }))
}

const fold = (entries: readonly (readonly [string, Json])[]) => [
  ...new Map(entries.map(([key, value]) => [key.toLowerCase(), value] as const)),
]

/** Broken: changes, fields, versions. */
export const changing_: readonly Defect[] = [
  rule(
    'replaces the whole context with what is set',
    'changes/set',
    class extends TestedStore {
      protected override context(before: ReferenceEntry['context'], change: Change) {
        return super.context(change.set?.length ? new Map() : before, change)
      }
    },
  ),
  changing('takes a null for an unset', 'changes/null', ({ set, ...rest }) => ({
    ...rest,
    ...(set && { set: set.filter(([, value]) => value !== null) }),
  })),
  changing('unsets without regard to case', 'changes/unset', (given, { context }) =>
    Array.isArray(given.unset)
      ? {
          ...given,
          unset: [...context.keys()].filter((key) =>
            (given.unset as string[]).some((one) => one.toLowerCase() === key.toLowerCase()),
          ),
        }
      : given,
  ),
  changing('takes % in a prefix to unset for a wildcard', 'changes/unset-prefix', (given, { context }) => {
    const { unset } = given
    if (!unset || !('prefix' in unset) || !unset.prefix.endsWith('%')) return given
    return { ...given, unset: [...context.keys()].filter((key) => key.startsWith(unset.prefix.slice(0, -1))) }
  }),
  changing('unsets reserved keys by any prefix', 'changes/unset-reserved', (given, { context }) => {
    const { unset } = given
    if (!unset || !('prefix' in unset)) return given
    return { ...given, unset: [...context.keys()].filter((key) => key.startsWith(unset.prefix)) }
  }),
  changing('takes the last of two values for one key', 'changes/set-twice', (given) => ({
    ...given,
    ...(given.set && { set: [...new Map(given.set)] }),
  })),
  changing('folds the case of context keys', ['names/context-keys'], (given) => ({
    ...given,
    ...(given.set && { set: fold(given.set) }),
  })),
  next('replaces metadata instead of merging it', 'fields/metadata', (next, _, { session }) =>
    session?.metadata
      ? {
          metadata: Object.fromEntries(
            Object.entries(session.metadata).filter(([, value]) => value !== null),
          ) as Session['metadata'],
        }
      : next,
  ),
  next('sets fields back that a patch does not name', 'fields/fields', (next, _, { session }) =>
    session && !('ttlMs' in session) && !('metadata' in session) && !('userId' in session)
      ? { userId: 'user' }
      : next,
  ),
  next('ignores isActive', ['fields/closed', 'fields/fields'], () => ({ isActive: true })),
  changing('lets a commit open its own session', 'fields/closed', (given, { session }) =>
    given.session?.isActive && !session.isActive ? { ...given, append: [] } : given,
  ),
  member('lists a session under its first owner', 'fields/owner', (store, { sessions }) => {
    const owners = new Map<string, string | null>()
    return {
      create(session, options) {
        owners.set(session.id, session.userId)
        return store.create(session, options)
      },
      async count(userId, options) {
        const count = await store.count(userId, options)
        return [...sessions.values()].some(({ session }) => session.userId !== owners.get(session.id))
          ? 1
          : count
      },
    }
  }),

  next('raises the version by two', 'versions/one-each', (next, before, _, { stamp }) => ({
    version: next === before || stamp ? next.version : before.version + 2,
  })),
  next('does not raise the version when only context changes', 'versions/one-each', (next, before, change) =>
    Object.keys(change).every((part) => part === 'set') ? { version: before.version } : next,
  ),
  member('says of every commit that it changed something', 'versions/nothing', (store) => ({
    commit: async (...args) => ({ ...(await store.commit(...args)), changed: true }),
  })),
  next('makes a version of nothing', 'versions/nothing', (next, before) =>
    next === before ? { version: before.version + 1 } : next,
  ),
  changing('slides a session with a commit that changes nothing', 'versions/nothing', (given, { session }) =>
    Object.keys(given).length === 0 ? { session: { sliding: session.sliding } } : given,
  ),
  member('counts a read as an update', 'versions/reads', (store, server) => ({
    async load(id, ...rest) {
      const loaded = await store.load(id, ...rest)
      const entry = server.sessions.get(id)
      if (entry) server.sessions.set(id, { ...entry, session: { ...entry.session, updatedAt: server.now() } })
      return loaded
    },
  })),
  ...(['append', 'amend', 'cut', 'set', 'unset'] as const).map((part) =>
    next(
      `leaves updatedAt with a commit of ${part}`,
      `versions/updated-by-${part}`,
      (next, before, change) =>
        Object.keys(change).every((one) => one === part) ? { updatedAt: before.updatedAt } : next,
    ),
  ),
  next('leaves updatedAt with a session patch', 'versions/updated-by-session', (next, before, change) =>
    Object.keys(change).every((one) => one === 'session') ? { updatedAt: before.updatedAt } : next,
  ),
  next(
    'leaves updatedAt when the lifetime changes with other things',
    'versions/updated-by-mixed',
    (next, before, { session }) => (session?.ttlMs ? { updatedAt: before.updatedAt } : next),
  ),
  rule(
    'moves updatedAt with the lifetime',
    ['versions/lifetime-only', 'lists/moves'],
    class extends TestedStore {
      protected override next(
        before: Session,
        change: Change,
        options: CommitOptions,
        what: { lastSeq: number; moved: boolean; patched: boolean },
      ): Session {
        const next = super.next(before, change, options, what)
        return what.patched && !options.stamp
          ? { ...next, updatedAt: Math.max(this.now, before.updatedAt) }
          : next
      }
    },
  ),
  rule(
    'lets updatedAt go back',
    'versions/never-back',
    class extends TestedStore {
      protected override next(
        before: Session,
        change: Change,
        options: CommitOptions,
        what: { lastSeq: number; moved: boolean; patched: boolean },
      ): Session {
        const next = super.next(before, change, options, what)
        return what.moved && !options.stamp ? { ...next, updatedAt: this.now } : next
      }
    },
  ),
  member('gives all sessions one time of creation', 'versions/created', (store, { sessions }) => {
    let first: number | undefined
    return {
      async create(session, options) {
        const made = await store.create(session, options)
        first ??= made.createdAt
        const entry = sessions.get(made.id)
        if (entry) sessions.set(made.id, { ...entry, session: { ...entry.session, createdAt: first } })
        return { ...made, createdAt: first }
      },
    }
  }),
  afterwards(
    'stores a context without its newest key',
    ['changes/set', 'names/context-keys'],
    (entry, { set }) => {
      const context = new Map(entry.context)
      if (set && set.length > 1) context.delete(set[0]?.[0] ?? '')
      return { ...entry, context }
    },
  ),
]

/** A store that cuts in its own way. */
function cutting(
  name: string,
  caughtBy: string | string[],
  take: (all: readonly Message[], cut: Cut, sound: (cut: Cut) => readonly Message[]) => readonly Message[],
): Defect {
  return rule(
    name,
    caughtBy,
    class extends TestedStore {
      protected override cut(all: readonly Message[], cut: Cut): readonly Message[] {
        return take(all, cut, (other) => super.cut(all, other))
      }
    },
  )
}

/** Broken: cuts, caps, amend. */
export const cutting_: readonly Defect[] = [
  cutting('cuts the message at afterSeq too', 'cuts/after-seq', (_, cut, sound) =>
    sound('afterSeq' in cut ? { afterSeq: cut.afterSeq - 1 } : cut),
  ),
  cutting('cuts the message at beforeSeq too', 'cuts/before-seq', (_, cut, sound) =>
    sound('beforeSeq' in cut ? { beforeSeq: cut.beforeSeq + 1 } : cut),
  ),
  cutting('cuts one more than newest', 'cuts/newest', (_, cut, sound) =>
    sound('newest' in cut ? { newest: cut.newest + 1 } : cut),
  ),
  cutting('cuts one less than oldest', 'cuts/oldest', (all, cut, sound) =>
    'oldest' in cut ? all.slice(0, cut.oldest - 1) : sound(cut),
  ),
  cutting('answers what it cut newest first', ['cuts/after-seq', 'faithful/amend'], (_, cut, sound) =>
    [...sound(cut)].reverse(),
  ),
  cutting('takes newest and oldest for seqs', 'cuts/gaps', (all, cut, sound) => {
    const last = all.at(-1)?.seq ?? 0
    return 'newest' in cut
      ? sound({ afterSeq: last - cut.newest })
      : 'oldest' in cut
        ? sound({ beforeSeq: cut.oldest + 1 })
        : sound(cut)
  }),
  rule(
    'uses up no seq with a cut of the tail',
    ['cuts/seq-of-a-tail-cut', 'conditional/rewind', 'stamps/cut'],
    class extends TestedStore {
      protected override usesSeq(): boolean {
        return false
      }
    },
  ),
  rule(
    'uses up a seq with a cut of the head',
    'cuts/seq-of-a-tail-cut',
    class extends TestedStore {
      protected override usesSeq(_: Change, removed: readonly Message[]): boolean {
        return removed.length > 0
      }
    },
  ),
  next(
    'lets lastSeq go back with a cut',
    ['cuts/never-reused', 'cuts/seq-of-a-tail-cut'],
    (next, before, { cut, append = [] }, { stamp }) =>
      cut && 'afterSeq' in cut && !stamp
        ? { lastSeq: Math.min(cut.afterSeq, before.lastSeq) + append.length }
        : next,
  ),
  member('lists what a cut of all took', ['cuts/all', 'bounded/cut'], (store, { sessions }) => ({
    async commit(id, change, options) {
      const before = sessions.get(id)?.messages ?? []
      const done = await store.commit(id, change, options)
      return change.cut && 'afterSeq' in change.cut && change.cut.afterSeq === 0
        ? { ...done, removed: before }
        : done
    },
  })),
  changing('takes a cut of 0 for none', 'cuts/refused', ({ cut, ...given }) =>
    cut && (Object.values(cut)[0] ?? 0) <= 0 && !('afterSeq' in cut)
      ? given
      : { ...given, ...(cut && { cut }) },
  ),

  rule(
    'ignores the cap',
    ['caps/reject', 'caps/large-batch', 'caps/concurrent', 'leaks/refused'],
    class extends TestedStore {
      protected override drop(): number {
        return 0
      }
    },
  ),
  afterwards(
    'drops the newest to make room',
    ['caps/drop-oldest', 'caps/concurrent-drop'],
    (entry, _, before) => {
      const { maxMessages, overflow } = entry.session
      const all = [
        ...before.messages,
        ...entry.messages.filter((message) => !before.messages.includes(message)),
      ]
      return maxMessages !== null && overflow === 'drop-oldest'
        ? { ...entry, messages: all.slice(0, maxMessages) }
        : entry
    },
  ),
  member('lists what made room among the removed', 'caps/dropped-count', (store, { sessions }) => ({
    async commit(id, change, options) {
      const before = sessions.get(id)?.messages ?? []
      const done = await store.commit(id, change, options)
      return change.append && done.removedCount > 0
        ? { ...done, removed: before.slice(0, done.removedCount) }
        : done
    },
  })),
  member('counts only what a cut took', ['caps/dropped-count', 'bounded/drop'], (store) => ({
    async commit(...args) {
      const done = await store.commit(...args)
      return args[1].append ? { ...done, removedCount: done.removed.length } : done
    },
  })),
  rule(
    'takes of a batch over the cap what has room',
    'caps/large-batch',
    class extends TestedStore {
      protected override drop(session: Session, count: number, added: number): number {
        const isOver = session.overflow === 'drop-oldest' && added > (session.maxMessages ?? added)
        return isOver ? count + added - (session.maxMessages ?? 0) : super.drop(session, count, added)
      }
    },
  ),
  member('creates a session over its cap', 'caps/create', (store) => ({
    async create(session, options) {
      const { id } = await store.create({ ...session, maxMessages: null }, options)
      if (session.maxMessages !== null && session.maxMessages > 0)
        await store.commit(id, { session: { maxMessages: session.maxMessages } })
      return (await store.load(id)).session
    },
  })),
  member('judges the cap after the session part', 'caps/as-it-was', (store) => ({
    async commit(id, change, options) {
      const { maxMessages, overflow } = change.session ?? {}
      if (!change.append || (maxMessages === undefined && overflow === undefined))
        return store.commit(id, change, options)
      await store.commit(id, {
        session: { ...(maxMessages !== undefined && { maxMessages }), ...(overflow && { overflow }) },
      })
      return store.commit(id, change, options)
    },
  })),
  afterwards('drops at once what a lowered cap leaves no room for', 'caps/lowered', (entry, { append }) => {
    const cap = entry.session.maxMessages
    const messages = cap !== null && !append ? entry.messages.slice(-cap) : entry.messages
    return { ...entry, messages, session: { ...entry.session, messageCount: messages.length } }
  }),
  rule(
    'judges the cap before the cut',
    ['caps/cut-first', 'caps/dropped-count'],
    class extends TestedStore {
      protected override drop(session: Session, _: number, added: number): number {
        return super.drop(session, session.messageCount, added)
      }
    },
  ),
  rule(
    'has a cap of its own',
    ['caps/none', 'ordered/concurrent'],
    class extends TestedStore {
      protected override drop(session: Session, count: number, added: number): number {
        return super.drop({ ...session, maxMessages: session.maxMessages ?? 150 }, count, added)
      }
    },
  ),
  rule(
    'makes room for one message less than it needs',
    ['caps/drop-oldest', 'caps/concurrent-drop'],
    class extends TestedStore {
      protected override drop(session: Session, count: number, added: number): number {
        return Math.max(0, super.drop(session, count, added) - 1)
      }
    },
  ),

  rule(
    'appends an amended message anew',
    'amend/in-place',
    class extends TestedStore {
      protected override amend(
        ...args: [ReferenceEntry, readonly Message[], Change, CommitOptions]
      ): readonly Message[] {
        return super
          .amend(...args)
          .map((message) => ({ ...message, createdAt: this.now + 1, seq: args[0].session.lastSeq }))
      }
    },
  ),
  member('does not answer what it amended', ['amend/answer', 'bounded/old-id'], (store) => ({
    commit: async (...args) => ({ ...(await store.commit(...args)), amended: [] }),
  })),
  changing('replaces content and metadata of an amended message together', 'amend/parts', (given) => ({
    ...given,
    ...(given.amend && { amend: given.amend.map((one) => ({ metadata: {}, ...one })) }),
  })),
  changing(
    'ignores amendments of what is not there',
    ['amend/unknown', 'amend/own-append', 'errors/codes'],
    (given, { messages }) => ({
      ...given,
      ...(given.amend && {
        amend: given.amend.filter(({ id }) => messages.some((message) => message.id === id)),
      }),
    }),
  ),
  rule(
    'amends what it cuts',
    'amend/cut-away',
    class extends TestedStore {
      protected override amend(
        entry: ReferenceEntry,
        _: readonly Message[],
        change: Change,
        options: CommitOptions,
      ): readonly Message[] {
        return super.amend(entry, entry.messages, change, options)
      }
    },
  ),
  member('amends what the same commit appends', 'amend/own-append', (store) => ({
    async commit(id, { amend, ...change }, options) {
      const isOwn =
        amend &&
        change.append &&
        amend.every((one) => change.append?.some((message) => message.id === one.id))
      const done = await store.commit(id, { ...change, ...(amend && !isOwn && { amend }) }, options)
      return isOwn ? store.commit(id, { amend }) : done
    },
  })),
  member('refuses every commit to a closed session', 'amend/closed', (store, { sessions }) => ({
    async commit(id, change, options) {
      if (sessions.get(id)?.session.isActive === false && !change.session)
        throw new SessError('SESSION_CLOSED', 'closed', { sessionId: id })
      return store.commit(id, change, options)
    },
  })),
  rule(
    'takes every message for amended',
    ['amend/never', 'ordered/message-version'],
    class extends TestedStore {
      protected override stored(message: NewMessage, seq: number, version: number): Message {
        return { amendedAt: this.now, ...super.stored(message, seq, Math.max(1, version - 1)) }
      }
    },
  ),
  changing('takes the last of two amendments of one message', 'amend/twice', (given) => ({
    ...given,
    ...(given.amend && { amend: [...new Map(given.amend.map((one) => [one.id, one])).values()] }),
  })),
  rule(
    'keeps the digest of an amended message',
    ['amend/digest', 'repeats/amended'],
    class extends TestedStore {
      protected override amend(
        ...args: [ReferenceEntry, readonly Message[], Change, CommitOptions]
      ): readonly Message[] {
        const digests = new Map(args[0].messages.map(({ id, digest }) => [id, digest]))
        return super.amend(...args).map((message) => {
          const digest = message.digest ?? digests.get(message.id)
          return { ...message, ...(digest !== undefined && { digest }) }
        })
      }
    },
  ),
]
