import type { Change, CommitOptions, Committed, Message, NewMessage } from '@sess/core'
import { SessError } from '@sess/core'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { TestedStore } from '../tested-store.ts'
import { type Defect, member, rule, server, tick } from './defect.ts'

/** Broken: atomic, ordered, durable. */
export const writing: readonly Defect[] = [
  rule(
    'loses one of two concurrent appends',
    ['ordered/concurrent', 'ordered/concurrent-instances', 'ordered/batch-together'],
    class extends TestedStore {
      override async commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
        const before = this.data.sessions.get(id)
        await tick()
        if (before) this.data.sessions.set(id, before)
        return super.commit(id, change, options)
      }
    },
  ),
  rule(
    'goes by what its own instance saw last',
    'ordered/concurrent-instances',
    class extends TestedStore {
      readonly #seen = new Map<string, ReferenceEntry>()
      override commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
        const mine = this.#seen.get(id)
        if (mine) this.data.sessions.set(id, mine)
        const done = super.commit(id, change, options)
        const now = this.data.sessions.get(id)
        if (now) this.#seen.set(id, now)
        return done
      }
    },
  ),
  member('stores the first message before it judges the batch', 'atomic/batch-whole', (store) => ({
    async commit(id, change, options) {
      try {
        return await store.commit(id, change, options)
      } catch (error) {
        const append = (change.append ?? []).slice(0, 1)
        if ((change.append?.length ?? 0) > 1) await store.commit(id, { append }).catch(() => undefined)
        throw error
      }
    },
  })),
  member('applies the context of a commit that it refuses', 'atomic/commit-whole', (store) => ({
    async commit(id, change, options) {
      const done = store.commit(id, change, options)
      if (change.set)
        await done.catch(() => store.commit(id, { set: change.set ?? [] }).catch(() => undefined))
      return done
    },
  })),
  member(
    'applies a commit part by part, for all to see',
    ['atomic/snapshot', 'versions/one-each'],
    (store) => ({
      async commit(id, { append, set, ...rest }, options) {
        if (!append || !set)
          return store.commit(id, { ...rest, ...(append && { append }), ...(set && { set }) }, options)
        const done = await store.commit(id, { ...rest, append }, options)
        await tick()
        if (done.replayed) return done
        const { version } = await store.commit(id, { set })
        return { ...done, version }
      },
    }),
  ),
  rule(
    'unsets after it has set',
    'atomic/commit-in-order',
    class extends TestedStore {
      protected override context(before: ReferenceEntry['context'], { unset = [], set = [] }: Change) {
        return super.context(super.context(before, { set }), { unset })
      }
    },
  ),
  member('creates the session before it judges its context', 'atomic/create-whole', (store) => ({
    async create(session, options) {
      try {
        return await store.create(session, options)
      } catch (error) {
        if (options?.limits) await store.create({ ...session, context: [] })
        throw error
      }
    },
  })),
  member('forgets the messages that come with a session', 'atomic/create-all', (store) => ({
    create: (session, options) => store.create({ ...session, messages: [] }, options),
  })),
  rule(
    'reads session and messages one after the other',
    ['ordered/last-seq', 'atomic/snapshot'],
    class extends TestedStore {
      override async load(...args: Parameters<TestedStore['load']>) {
        const loaded = await super.load(...args)
        if (!args[1]?.messages) return loaded
        await tick()
        return { ...loaded, session: (await super.load(args[0])).session }
      }
    },
  ),
  member(
    'keeps the messages of a deleted session for the next one',
    ['atomic/delete-whole', 'creation/again'],
    (store, { sessions }) => {
      const graves = new Map<string, ReferenceEntry | undefined>()
      return {
        delete(id, options) {
          graves.set(id, sessions.get(id))
          return store.delete(id, options)
        },
        async create(session, options) {
          const made = await store.create(session, options)
          const [grave, entry] = [graves.get(session.id), sessions.get(session.id)]
          if (grave && entry)
            sessions.set(session.id, { ...entry, messages: grave.messages, context: grave.context })
          return made
        },
      }
    },
  ),
  rule(
    'numbers messages from 0',
    'ordered/consecutive',
    class extends TestedStore {
      protected override stored(message: NewMessage, seq: number, version: number): Message {
        return super.stored(message, seq - 1, version)
      }
    },
  ),
  member('stores the messages of a batch one by one', 'ordered/batch-together', (store) => ({
    async commit(id, change, options) {
      const [first, ...rest] = change.append ?? []
      if (!first || rest.length === 0 || Object.keys(change).length > 1 || options)
        return store.commit(id, change, options)
      const parts = [await store.commit(id, { append: [first] })]
      for (const message of rest) {
        await tick()
        parts.push(await store.commit(id, { append: [message] }))
      }
      return { ...(parts.at(-1) as Committed), messages: parts.flatMap(({ messages }) => messages) }
    },
  })),
  rule(
    'numbers the messages of all sessions together',
    'ordered/own-seqs',
    class extends TestedStore {
      #last = 0
      protected override stored(message: NewMessage, seq: number, version: number): Message {
        this.#last = Math.max(this.#last + 1, seq)
        return super.stored(message, this.#last, version)
      }
    },
  ),
  rule(
    'writes the version before the commit on its messages',
    'ordered/message-version',
    class extends TestedStore {
      protected override stored(message: NewMessage, seq: number, version: number): Message {
        return super.stored(message, seq, Math.max(1, version - 1))
      }
    },
  ),
  member('orders messages by createdAt', 'ordered/by-seq', (store) => ({
    async load(...args) {
      const loaded = await store.load(...args)
      const messages = loaded.messages && [...loaded.messages].sort((a, b) => a.createdAt - b.createdAt)
      return { ...loaded, ...(messages && { messages }) }
    },
  })),
  rule(
    "stamps messages with its own clock, whatever the caller's",
    'ordered/created-at',
    class extends TestedStore {
      protected override stored(
        { createdAt: _, ...message }: NewMessage,
        seq: number,
        version: number,
      ): Message {
        return super.stored(message, seq, version)
      }
    },
  ),
  member('acknowledges before it writes', 'durable/next-call', (store, { sessions }) => ({
    async commit(id, change, options) {
      const before = sessions.get(id)
      const done = await store.commit(id, change, options)
      const after = sessions.get(id)
      if (!before || !after) return done
      sessions.set(id, before)
      setTimeout(() => sessions.set(id, after), 3)
      return done
    },
  })),
  member('answers a create with fields that it does not store', 'durable/create-answer', (store) => ({
    create: async (session, options) => ({ ...(await store.create(session, options)), maxMessages: null }),
  })),
  member('answers the session with every commit', 'durable/session-part', (store) => ({
    async commit(id, change, options) {
      const done = await store.commit(id, change, options)
      return { ...done, session: (await store.load(id)).session }
    },
  })),
  server(
    'says that its data is shared, which it is not',
    ['durable/other-instance', 'durable/reopen', 'features/shared'],
    ({ neighbour }) => ({
      open: () => (neighbour as () => TestedStore)(),
    }),
  ),
  member('still lists what was deleted', 'durable/delete', (store) => {
    const gone: Awaited<ReturnType<typeof store.list>>['sessions'][number][] = []
    return {
      async delete(id, options) {
        const { session } = await store.load(id).catch(() => ({ session: undefined }))
        const deleted = await store.delete(id, options)
        if (session && deleted) gone.push(session)
        return deleted
      },
      async list(query, options) {
        const page = await store.list(query, options)
        return { ...page, sessions: [...page.sessions, ...gone] }
      },
    }
  }),
  member('throws at a delete of what is not there', 'durable/delete-again', (store) => ({
    async delete(id, options) {
      if (await store.delete(id, options)) return true
      throw new SessError('SESSION_NOT_FOUND', 'no such session', { sessionId: id })
    },
  })),
  member(
    'answers true to a delete of what is not there',
    ['durable/delete-again', 'expiry/delete'],
    (store) => ({
      async delete(id, options) {
        await store.delete(id, options)
        return true
      },
    }),
  ),
]
