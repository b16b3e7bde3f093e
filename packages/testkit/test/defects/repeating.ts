import type { Change, CommitOptions, Committed, Conditions, Message, NewMessage } from '@sess/core'
import { SessError } from '@sess/core'
import { sameJson } from '@sess/core/store'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { TestedStore } from '../tested-store.ts'
import { type Defect, member, rule, tick } from './defect.ts'

type Same = (stored: Message, repeated: NewMessage, sound: (a: Message, b: NewMessage) => boolean) => boolean

/** A store with its own idea of which messages are equal. */
function equality(name: string, caughtBy: string | string[], same: Same): Defect {
  return rule(
    name,
    caughtBy,
    class extends TestedStore {
      protected override same(stored: Message, repeated: NewMessage): boolean {
        return same(stored, repeated, (a, b) => super.same(a, b))
      }
    },
  )
}

/** A store that holds a change against what it sees before it judges repeats. */
function judgingFirst(
  name: string,
  caughtBy: string,
  judge: (entry: ReferenceEntry, change: Change, options: CommitOptions) => void,
): Defect {
  return member(name, caughtBy, (store, { sessions }) => ({
    async commit(id, change, options = {}) {
      const entry = sessions.get(id)
      if (entry) judge(entry, change, options)
      return store.commit(id, change, options)
    },
  }))
}

/** A store that judges, lets others go on, and then writes. */
class Racing extends TestedStore {
  #isJudged = false
  override async commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    const entry = this.data.sessions.get(id)
    if (!entry || this.closed || this.data.isDown) return super.commit(id, change, options)
    const replayed = super.repeats(entry, change.append ?? [])
    if (!replayed) super.conditions(entry, options?.if ?? {})
    if (!replayed) super.drop(entry.session, entry.messages.length, change.append?.length ?? 0)
    await tick()
    this.#isJudged = replayed === undefined
    const done = super.commit(id, change, options)
    this.#isJudged = false
    return done
  }
  protected override repeats(entry: ReferenceEntry, append: readonly NewMessage[]) {
    return this.#isJudged ? undefined : super.repeats(entry, append)
  }
  protected override conditions(entry: ReferenceEntry, conditions: Conditions): void {
    if (!this.#isJudged) super.conditions(entry, conditions)
  }
  protected override drop(session: ReferenceEntry['session'], count: number, added: number): number {
    return this.#isJudged && session.overflow === 'reject' ? 0 : super.drop(session, count, added)
  }
}

/** As {@link Racing}, but one call after the other within an instance. */
class LockedInProcess extends Racing {
  #last: Promise<unknown> = Promise.resolve()
  override commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    const call = this.#last.then(() => super.commit(id, change, options))
    this.#last = call.catch(() => undefined)
    return call
  }
}

/** A store that remembers the ids of messages that are gone. */
function remembering(name: string, caughtBy: string, remembers: (change: Change) => boolean): Defect {
  return member(name, caughtBy, (store, { sessions }) => {
    const gone = new Set<string>()
    return {
      async commit(id, change, options) {
        const before = sessions.get(id)?.messages ?? []
        if (change.append?.some((message) => gone.has(message.id)))
          throw new SessError('CONFLICT', 'the id is taken', { sessionId: id })
        const done = await store.commit(id, change, options)
        const after = new Set(sessions.get(id)?.messages.map((message) => message.id))
        if (remembers(change)) for (const message of before) if (!after.has(message.id)) gone.add(message.id)
        return done
      },
    }
  })
}

/** Broken: idempotent, repeats. */
export const repeating: readonly Defect[] = [
  rule(
    'stores a repeated message again',
    [
      'idempotent/replayed',
      'repeats/same-digest',
      'idempotent/racing',
      'deadlines/repeat',
      'faithful/repeated',
    ],
    class extends TestedStore {
      protected override repeats() {
        return undefined
      }
    },
  ),
  member('applies the context of a replayed commit again', 'idempotent/nothing-applied', (store) => ({
    async commit(id, change, options) {
      const done = await store.commit(id, change, options)
      if (done.replayed && change.set) await store.commit(id, { set: change.set })
      return done
    },
  })),
  member(
    'raises the version and slides with a replay',
    ['idempotent/replayed', 'lifetime/not-on-reads'],
    (store) => ({
      async commit(id, change, options) {
        const done = await store.commit(id, change, options)
        if (!done.replayed) return done
        const { version, expiresAt } = await store.commit(id, { session: { isActive: true } })
        return { ...done, version, expiresAt }
      },
    }),
  ),
  judgingFirst(
    'judges conditions before repeats',
    'idempotent/before-conditions',
    ({ session }, _, options) => {
      const { version, lastSeq } = options.if ?? {}
      if (
        (version ?? session.version) !== session.version ||
        (lastSeq ?? session.lastSeq) !== session.lastSeq
      )
        throw new SessError('CONFLICT', 'another version', { sessionId: session.id, current: session })
    },
  ),
  judgingFirst(
    'judges closed and cap before repeats',
    'idempotent/before-cap',
    ({ session }, { append = [] }) => {
      const cap = session.maxMessages ?? Number.MAX_SAFE_INTEGER
      if (append.length > 0 && !session.isActive)
        throw new SessError('SESSION_CLOSED', 'closed', { sessionId: session.id })
      if (append.length > 0 && session.overflow === 'reject' && session.messageCount + append.length > cap)
        throw new SessError('MESSAGE_LIMIT', 'full', { sessionId: session.id })
    },
  ),
  member(
    'appends what is missing of a batch that is partly there',
    'idempotent/partly',
    (store, { sessions }) => ({
      commit(id, change, options) {
        const there = new Set(sessions.get(id)?.messages.map((message) => message.id))
        const missing = change.append?.filter((message) => !there.has(message.id)) ?? []
        const isPartly = missing.length > 0 && missing.length < (change.append?.length ?? 0)
        return store.commit(id, isPartly ? { ...change, append: missing } : change, options)
      },
    }),
  ),
  rule(
    'tells nothing of what a conflict found',
    ['idempotent/partly', 'conditional/stale-version', 'conditional/absent', 'repeats/amended'],
    class extends TestedStore {
      protected override conflict({ session }: ReferenceEntry): never {
        throw new SessError('CONFLICT', 'it is not as expected', { sessionId: session.id })
      }
    },
  ),
  equality(
    'compares only the ids of messages',
    ['idempotent/other-content', 'repeats/racing-contents'],
    () => true,
  ),
  equality(
    'does not compare roles',
    ['idempotent/other-role', 'repeats/other-digest'],
    (stored, repeated, sound) => sound(stored, { ...repeated, role: stored.role }),
  ),
  equality('does not compare metadata', 'idempotent/other-metadata', (stored, repeated, sound) =>
    sound(stored, { ...repeated, metadata: stored.metadata }),
  ),
  equality(
    'compares content without the order of its keys',
    'idempotent/other-key-order',
    (stored, repeated, sound) => {
      const sorted = (value: unknown) => JSON.stringify(Object.entries(value ?? {}).sort())
      return (
        sorted(stored.content) === sorted(repeated.content) &&
        sound(stored, { ...repeated, content: stored.content })
      )
    },
  ),
  equality('takes null for no content to compare', 'idempotent/other-emptiness', (stored, repeated, sound) =>
    sound(stored, { ...repeated, content: repeated.content ?? stored.content }),
  ),
  equality(
    'compares the time of creation',
    'idempotent/other-time',
    (stored, repeated, sound) =>
      sound(stored, repeated) && stored.createdAt === (repeated.createdAt ?? stored.createdAt),
  ),
  equality('knows no digest', 'repeats/same-digest', ({ digest: _, ...stored }, repeated, sound) =>
    sound(stored, repeated),
  ),
  equality(
    'takes one digest without the other for a difference',
    'repeats/one-digest',
    (stored, repeated, sound) => stored.digest === repeated.digest && sound(stored, repeated),
  ),
  equality(
    'compares content where digests are equal, too',
    'repeats/same-digest',
    (stored, repeated, sound) => sound(stored, repeated) && sameJson(stored.content, repeated.content),
  ),
  equality(
    'does not compare digests that differ',
    'repeats/other-digest',
    (stored, repeated, sound) =>
      stored.role === repeated.role && (stored.digest !== undefined || sound(stored, repeated)),
  ),
  rule(
    'loses digests',
    ['repeats/digest-stored', 'repeats/same-digest'],
    class extends TestedStore {
      protected override stored(
        { digest: _, ...message }: NewMessage,
        seq: number,
        version: number,
      ): Message {
        return super.stored(message, seq, version)
      }
    },
  ),
  equality(
    'takes the original of an amended message for a repeat',
    'repeats/amended',
    (stored, repeated, sound) => stored.amendedAt !== undefined || sound(stored, repeated),
  ),
  member('takes the last of two messages with one id in a batch', 'idempotent/twice-in-batch', (store) => ({
    commit(id, change, options) {
      const append = change.append && [
        ...new Map(change.append.map((message) => [message.id, message])).values(),
      ]
      return store.commit(id, { ...change, ...(append && { append }) }, options)
    },
  })),
  rule(
    'knows a message id from any session',
    'idempotent/per-session',
    class extends TestedStore {
      protected override repeats(entry: ReferenceEntry, append: readonly NewMessage[]) {
        const messages = [...this.data.sessions.values()].flatMap((one) => one.messages)
        return super.repeats({ ...entry, messages }, append)
      }
    },
  ),
  rule(
    'looks for ids, lets others go on, and writes',
    [
      'idempotent/racing',
      'repeats/racing-contents',
      'repeats/racing-instances',
      'conditional/racing-versions',
      'conditional/racing-seqs',
      'conditional/racing-absent',
      'caps/concurrent',
    ],
    Racing,
  ),
  rule(
    'locks a session within its process only',
    ['repeats/racing-instances', 'conditional/racing-instances'],
    LockedInProcess,
  ),
  remembering(
    'keeps the ids of messages that were cut',
    'repeats/free-after-cut',
    ({ cut }) => cut !== undefined,
  ),
  remembering(
    'keeps the ids of messages that made room',
    'repeats/free-after-drop',
    ({ cut }) => cut === undefined,
  ),
  rule(
    'does not index the messages that come with a session',
    'repeats/at-creation',
    class extends TestedStore {
      protected override repeats(entry: ReferenceEntry, append: readonly NewMessage[]) {
        return super.repeats(
          { ...entry, messages: entry.messages.filter(({ version }) => version > 1) },
          append,
        )
      }
    },
  ),
  rule(
    'forgets an id after 1,000 messages',
    'bounded/old-id',
    class extends TestedStore {
      protected override repeats(entry: ReferenceEntry, append: readonly NewMessage[]) {
        return super.repeats({ ...entry, messages: entry.messages.slice(-1000) }, append)
      }
    },
  ),
]
