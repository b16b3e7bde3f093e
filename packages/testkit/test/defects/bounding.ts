import type { CommitOptions, CreateOptions, Message, NewMessage, Stamp } from '@sess/core'
import { SessError } from '@sess/core'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { TestedStore } from '../tested-store.ts'
import { type Defect, member, rule, tick } from './defect.ts'

type Bytes = (text: string) => number
const utf8: Bytes = (text) => new TextEncoder().encode(text).length

/** A store with its own idea of what the limits are. */
function limits(
  name: string,
  caughtBy: string | string[],
  refuses: (
    before: ReferenceEntry | undefined,
    after: ReferenceEntry,
    options: CreateOptions,
    size: typeof sizes,
  ) => boolean,
): Defect {
  return rule(
    name,
    caughtBy,
    class extends TestedStore {
      protected override limits(
        before: ReferenceEntry | undefined,
        after: ReferenceEntry,
        options: CreateOptions,
      ): void {
        if (refuses(before, after, options, sizes))
          throw new SessError('LIMIT_EXCEEDED', 'too much', { sessionId: after.session.id })
      }
    },
  )
}

function sizes(entry: ReferenceEntry | undefined, bytes: Bytes = utf8) {
  const sum = (entries: Iterable<readonly [string, unknown]>) =>
    [...entries].reduce((total, [key, value]) => total + bytes(key) + bytes(JSON.stringify(value)), 0)
  return { context: sum(entry?.context ?? []), metadata: sum(Object.entries(entry?.session.metadata ?? {})) }
}

const contextLimit = ({ limits }: CreateOptions) => limits?.contextBytes ?? 2 ** 20
const metadataLimit = ({ limits }: CreateOptions) => limits?.metadataBytes ?? 2 ** 16

/** A store that loses part of a stamp or of what stands beside it. */
function stamp(
  name: string,
  caughtBy: string | string[],
  change: (options: CommitOptions, of: 'create' | 'commit') => CommitOptions,
): Defect {
  const strip = ({ seq: _s, version: _v, amendedAt: _a, ...message }: NewMessage): NewMessage => message
  return member(name, caughtBy, (store) => ({
    create(session, options) {
      const changed = options?.stamp ? (change(options, 'create') as CreateOptions) : options
      return store.create(
        changed?.stamp
          ? session
          : { ...session, messages: options?.stamp ? session.messages.map(strip) : session.messages },
        changed,
      )
    },
    commit(id, given, options) {
      const changed = options?.stamp ? change(options, 'commit') : options
      const append = options?.stamp && !changed?.stamp ? given.append?.map(strip) : given.append
      return store.commit(id, { ...given, ...(append && { append }) }, changed)
    },
  }))
}

type LimitsArgs = [before: ReferenceEntry | undefined, after: ReferenceEntry, options: CreateOptions]

/** Broken: bounded, limits, stamps. */
export const bounding: readonly Defect[] = [
  member('refuses a batch of 1,000', 'bounded/batch', (store) => ({
    async commit(id, change, options) {
      if ((change.append?.length ?? 0) > 999)
        throw new SessError('LIMIT_EXCEEDED', 'too many', { sessionId: id })
      return store.commit(id, change, options)
    },
  })),
  member('takes a batch of any size', 'bounded/batch', (store) => ({
    async commit(id, change, options) {
      const { append } = change
      if (!append || append.length <= 1000) return store.commit(id, change, options)
      await store.commit(id, { append: append.slice(0, 1000) })
      return store.commit(id, { append: append.slice(1000) })
    },
  })),
  member('sets, unsets and amends any number', 'bounded/parts', (store) => ({
    async create(session, options) {
      const made = await store.create({ ...session, context: session.context.slice(0, 1000) }, options)
      for (const entry of session.context.slice(1000)) await store.commit(session.id, { set: [entry] })
      return made
    },
    async commit(id, { set, ...change }, options) {
      const done = await store.commit(id, { ...change, ...(set && { set: set.slice(0, 1000) }) }, options)
      for (const entry of set?.slice(1000) ?? []) await store.commit(id, { set: [entry] })
      return done
    },
  })),
  member('cuts any number of messages', ['bounded/cut', 'bounded/drop'], (store) => ({
    async commit(id, change, options) {
      try {
        return await store.commit(id, change, options)
      } catch (error) {
        if (
          !(error instanceof SessError) ||
          error.code !== 'LIMIT_EXCEEDED' ||
          !(change.cut || change.append)
        )
          throw error
        await store.commit(id, { cut: { oldest: 1000 } })
        return store.commit(id, change, options).catch(() => store.commit(id, {}))
      }
    },
  })),
  member('holds at most 500 context keys on a page', 'bounded/wide-context', (store) => ({
    async load(...args) {
      const loaded = await store.load(...args)
      const context = loaded.context?.slice(0, 500).filter((_, i, all) => all.length < 500 || i !== 250)
      return { ...loaded, ...(context && { context }) }
    },
  })),

  limits(
    'knows no limits',
    [
      'limits/context',
      'limits/metadata',
      'limits/context-default',
      'limits/metadata-default',
      'limits/utf-8',
      'limits/context-growth',
      'limits/metadata-growth',
      'limits/context-room',
    ],
    () => false,
  ),
  limits(
    'refuses what fills a limit exactly',
    ['limits/context', 'limits/metadata'],
    (_, after, options, size) =>
      size(after).context >= contextLimit(options) || size(after).metadata >= metadataLimit(options),
  ),
  limits('counts characters instead of bytes', 'limits/utf-8', (before, after, options, size) => {
    const characters: Bytes = (text) => [...text].length
    const [now, then] = [size(after, characters), size(before, characters)]
    return (
      (now.context > contextLimit(options) && now.context > then.context) ||
      (now.metadata > metadataLimit(options) && now.metadata > then.metadata)
    )
  }),
  limits(
    'has no limits by default',
    ['limits/context-default', 'limits/metadata-default'],
    (before, after, { limits }, size) => {
      const [now, then] = [size(after), size(before)]
      return (
        (now.context > (limits?.contextBytes ?? 1e9) && now.context > then.context) ||
        (now.metadata > (limits?.metadataBytes ?? 1e9) && now.metadata > then.metadata)
      )
    },
  ),
  limits(
    'refuses a context above its limit though it shrinks',
    'limits/context-growth',
    (_, after, options, size) =>
      size(after).context > contextLimit(options) || size(after).metadata > metadataLimit(options),
  ),
  limits(
    'lets a context grow that is above its limit already',
    'limits/context-growth',
    (before, after, options, size) =>
      size(after).context > contextLimit(options) && size(before).context <= contextLimit(options),
  ),
  limits(
    'refuses metadata above its limit though it shrinks',
    'limits/metadata-growth',
    (_, after, options, size) => size(after).metadata > metadataLimit(options),
  ),
  limits(
    'counts each commit by itself',
    ['limits/context', 'limits/metadata'],
    (before, after, options, size) =>
      size(after).context - size(before).context > contextLimit(options) ||
      size(after).metadata - size(before).metadata > metadataLimit(options),
  ),
  rule(
    'never gives back what context took',
    'limits/context-room',
    class extends TestedStore {
      readonly #most = new Map<string, number>()
      protected override limits(
        before: ReferenceEntry | undefined,
        after: ReferenceEntry,
        options: CreateOptions,
      ): void {
        super.limits(before, after, options)
        const { id } = after.session
        const most = Math.max(this.#most.get(id) ?? 0, sizes(before).context)
        const grown =
          after.context.size > 0 && [...after.context.keys()].some((key) => !before?.context.has(key))
        const taken = most + (grown ? 8 : 0)
        if (before && grown && taken > contextLimit(options))
          throw new SessError('LIMIT_EXCEEDED', 'too much', { sessionId: id })
        this.#most.set(id, Math.max(most, sizes(after).context))
      }
    },
  ),

  stamp(
    'ignores the stamp of a create',
    ['stamps/create', 'stamps/goes-on', 'lists/order'],
    ({ stamp: _, ...rest }, of) => (of === 'create' ? rest : { ...rest, ...(_ && { stamp: _ }) }),
  ),
  stamp(
    'ignores the stamp of a commit',
    ['stamps/commit', 'stamps/amend', 'stamps/cut'],
    ({ stamp: _, ...rest }, of) => (of === 'commit' ? rest : { ...rest, ...(_ && { stamp: _ }) }),
  ),
  rule(
    'judges the limits of a copy',
    'stamps/judged-elsewhere',
    class extends TestedStore {
      protected override limits(...[before, after, { stamp: _, ...options }]: LimitsArgs): void {
        super.limits(before, after, options)
      }
    },
  ),
  member('drops nothing for a stamp', 'stamps/dropped', (store) => ({
    commit: (id, change, { stamp, ...options } = {}) => {
      const { dropped: _, ...rest } = stamp ?? {}
      return store.commit(id, change, { ...options, ...(stamp && { stamp: rest as Stamp }) })
    },
  })),
  member('takes any time for one', 'stamps/times', (store) => ({
    async commit(id, change, options) {
      const late = (change.session?.ttlMs ?? 0) > 3_153_600_000_000
      return store.commit(id, late ? { session: { ttlMs: 3_153_600_000_000 } } : change, options)
    },
  })),
  member('takes a stamp that stands alone for nothing', 'stamps/alone', (store) => ({
    commit: (id, change, { stamp, ...options } = {}) =>
      store.commit(id, change, { ...options, ...(stamp && Object.keys(change).length > 0 && { stamp }) }),
  })),
  stamp('takes its own time beside a stamp', ['stamps/create', 'stamps/commit'], (options) => ({
    ...options,
    stamp: { ...(options.stamp as Stamp), updatedAt: Date.now() },
  })),
  rule(
    'takes the version of the stamp for every message',
    ['stamps/create', 'stamps/commit'],
    class extends TestedStore {
      protected override stored(
        { version: _, ...message }: NewMessage,
        seq: number,
        version: number,
      ): Message {
        return super.stored(message, seq, version)
      }
    },
  ),
  rule(
    'takes its own time for a stamped amendment',
    'stamps/amend',
    class extends TestedStore {
      protected override amend(
        entry: ReferenceEntry,
        kept: readonly Message[],
        change: object,
        _: CommitOptions,
      ): readonly Message[] {
        return super.amend(entry, kept, change, {})
      }
    },
  ),
  member(
    'numbers on from the last message, not from the lastSeq of the stamp',
    'stamps/goes-on',
    (store, { sessions }) => ({
      async create(session, options) {
        const made = await store.create(session, options)
        const entry = sessions.get(made.id)
        const last = entry?.messages.at(-1)?.seq
        if (entry && last) sessions.set(made.id, { ...entry, session: { ...entry.session, lastSeq: last } })
        return made
      },
    }),
  ),
  rule(
    'takes a stamp older than the session',
    ['stamps/older', 'stamps/cut', 'stamps/seqs'],
    class extends TestedStore {
      protected override stampIsNewer(): void {}
    },
  ),
  member('gives a seq to a message without one beside a stamp', 'stamps/seqs', (store) => ({
    commit(id, change, options) {
      const last = options?.stamp?.lastSeq ?? 0
      const append =
        options?.stamp &&
        change.append?.map((message, i, all) => ({ seq: last - all.length + i + 1, ...message }))
      return store.commit(id, { ...change, ...(append && { append }) }, options)
    },
  })),
  member('ignores a seq without a stamp', 'stamps/needed', (store) => ({
    commit(id, change, options) {
      const append =
        !options?.stamp &&
        change.append?.map(({ seq: _s, version: _v, amendedAt: _a, ...message }) => message)
      return store.commit(id, { ...change, ...(append && { append }) }, options)
    },
  })),
  member('lets others go on between two parts of a page', 'atomic/snapshot', (store) => ({
    async load(id, want, options) {
      if (!want?.messages || !want.context) return store.load(id, want, options)
      const { session, messages } = await store.load(id, { messages: want.messages }, options)
      await tick()
      const { context } = await store.load(id, { context: want.context }, options)
      return { session, ...(messages && { messages }), ...(context && { context }) }
    },
  })),
]
