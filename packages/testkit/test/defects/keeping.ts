import type { Json, JsonObject, NewMessage } from '@sess/core'
import type { ReferenceEntry } from '../../src/reference-rules.ts'
import { Server, TestedStore } from '../tested-store.ts'
import { type Defect, member, rule, server, tick } from './defect.ts'

type Where = 'content' | 'metadata' | 'context' | 'create' | 'amend'
const EVERYWHERE: readonly Where[] = ['content', 'metadata', 'context', 'create', 'amend']

/** A store that stores something else than it was given, everywhere or in one place. */
function storing(
  name: string,
  caughtBy: string | string[],
  change: (value: Json) => Json,
  where = EVERYWHERE,
): Defect {
  const message = (one: NewMessage): NewMessage => ({
    ...one,
    ...(where.includes('content') && { content: change(one.content) }),
    ...(where.includes('metadata') && { metadata: change(one.metadata) as JsonObject }),
  })
  const entries = (given: readonly (readonly [string, Json])[]) =>
    given.map(([key, value]) => [key, change(value)] as const)
  return member(name, caughtBy, (store) => ({
    create: (session, options) =>
      store.create(
        where.includes('create')
          ? {
              ...session,
              context: entries(session.context),
              messages: session.messages.map((one) => ({ ...one, content: change(one.content) })),
            }
          : session,
        options,
      ),
    commit(id, given, options) {
      const append = given.append?.map(message)
      const set = where.includes('context') ? given.set && entries(given.set) : given.set
      const amend = where.includes('amend')
        ? given.amend?.map((one) => ({
            ...one,
            ...(one.content !== undefined && { content: change(one.content) }),
          }))
        : given.amend
      return store.commit(
        id,
        { ...given, ...(append && { append }), ...(set && { set }), ...(amend && { amend }) },
        options,
      )
    },
  }))
}

/** Every value within a value, from the inside out. */
function deep(value: Json, change: (one: Json) => Json): Json {
  if (Array.isArray(value)) return change(value.map((one) => deep(one, change)))
  if (typeof value !== 'object' || value === null) return change(value)
  return change(
    Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deep(one as Json, change)])),
  )
}

const texts = (change: (text: string) => string) => (value: Json) =>
  deep(value, (one) => (typeof one === 'string' ? change(one) : one))
const objects = (change: (object: JsonObject) => JsonObject) => (value: Json) =>
  deep(value, (one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? change(one as JsonObject) : one,
  )

const ALL = ['faithful/content', 'faithful/context', 'faithful/create', 'faithful/amend']

/** Broken: faithful, isolated. */
export const keeping: readonly Defect[] = [
  storing(
    'trims text',
    ALL,
    texts((text) => text.trim()),
  ),
  storing(
    'normalises text',
    ALL,
    texts((text) => text.normalize()),
  ),
  storing(
    'replaces lone surrogates',
    ALL,
    texts((text) => text.toWellFormed()),
  ),
  storing(
    'cuts text at NUL',
    ALL,
    texts((text) => text.split('\0')[0] ?? ''),
  ),
  storing('turns an empty array into an empty object', ALL, (value) =>
    deep(value, (one) => (Array.isArray(one) && one.length === 0 ? {} : one)),
  ),
  storing(
    'drops members that are null',
    ALL,
    objects((object) => Object.fromEntries(Object.entries(object).filter(([, one]) => one !== null))),
  ),
  storing('rounds numbers to 14 digits', ALL, (value) =>
    deep(value, (one) => (typeof one === 'number' ? Number(one.toPrecision(14)) : one)),
  ),
  storing(
    'sorts the keys of objects',
    ['faithful/content', 'faithful/message-metadata'],
    objects((object) => Object.fromEntries(Object.entries(object).sort())),
  ),
  storing(
    'loses __proto__',
    ALL,
    objects((object) => {
      const copy: { [key: string]: Json } = {}
      for (const [key, one] of Object.entries(object)) copy[key] = one as Json
      return copy
    }),
  ),
  storing('parses text that looks like JSON', ALL, (value) =>
    deep(value, (one) => {
      try {
        return typeof one === 'string' ? JSON.parse(one) : one
      } catch {
        return one
      }
    }),
  ),
  storing(
    'spoils only metadata of messages',
    'faithful/message-metadata',
    texts((text) => text.trim()),
    ['metadata'],
  ),
  storing(
    'spoils only what is amended',
    'faithful/amend',
    texts((text) => text.trim()),
    ['amend'],
  ),
  storing(
    'spoils only what comes with a session',
    'faithful/create',
    texts((text) => text.trim()),
    ['create'],
  ),
  storing(
    'spoils only context',
    'faithful/context',
    texts((text) => text.trim()),
    ['context'],
  ),
  rule(
    'compares a repeated message after it has rounded its numbers',
    'faithful/repeated',
    class extends TestedStore {
      protected override same(stored: ReferenceEntry['messages'][number], repeated: NewMessage): boolean {
        return super.same(stored, { ...repeated, content: texts((text) => text.trim())(repeated.content) })
      }
    },
  ),
  member("trims a session's metadata", 'faithful/session-metadata', (store) => ({
    create: (session, options) =>
      store.create(
        {
          ...session,
          metadata: Object.fromEntries(
            Object.entries(session.metadata).map(([key, one]) => [key, one.trim()]),
          ),
        },
        options,
      ),
  })),
  rule(
    'keeps times as unsigned numbers',
    'faithful/times',
    class extends TestedStore {
      protected override stored(message: NewMessage, seq: number, version: number) {
        const stored = super.stored(message, seq, version)
        return { ...stored, createdAt: Math.abs(stored.createdAt) }
      }
    },
  ),

  rule(
    'keeps what it was given, uncopied',
    'isolated/input',
    class extends TestedStore {
      override async create(...args: Parameters<TestedStore['create']>) {
        const made = await super.create(...args)
        const entry = this.data.sessions.get(made.id)
        if (entry) this.data.sessions.set(made.id, { ...entry, context: new Map(args[0].context) })
        return made
      }
    },
  ),
  rule(
    'copies what it was given when its turn comes',
    'isolated/input-under-way',
    class extends TestedStore {
      override async commit(...args: Parameters<TestedStore['commit']>) {
        await tick()
        return super.commit(...args)
      }
    },
  ),
  member('answers what it keeps, uncopied', 'isolated/result', (store, { sessions }) => ({
    async load(id, want, options) {
      const loaded = await store.load(id, want, options)
      const entry = sessions.get(id)
      return {
        ...loaded,
        ...(want?.messages &&
          'last' in want.messages &&
          want.messages.last === 1000 &&
          entry && { messages: entry.messages }),
      }
    },
  })),
  member('answers the same empty list to all', 'isolated/result', (store) => {
    const none: never[] = []
    return {
      async commit(...args) {
        const done = await store.commit(...args)
        return { ...done, ...(done.removed.length === 0 && { removed: none }) }
      },
    }
  }),
  member('deletes sessions whose ids begin so', ['isolated/sessions'], (store, { sessions }) => ({
    async delete(id, options) {
      const deleted = await store.delete(id, options)
      for (const other of [...sessions.keys()]) if (other.startsWith(id)) sessions.delete(other)
      return deleted
    },
  })),
  member('counts users without regard to case', 'isolated/users', (store) => ({
    async count(userId, options) {
      const count = await store.count(userId, options)
      const [a, b] = [userId.toLowerCase(), userId.toUpperCase()]
      return a === b || userId === a
        ? count + (await store.count(`${a.slice(0, 1).toUpperCase()}${a.slice(1)}`, options))
        : count
    },
  })),
  member("takes nobody for a user called 'null'", 'isolated/users', (store, { sessions }) => ({
    count: async (userId, options) =>
      userId === 'null'
        ? [...sessions.values()].filter(({ session }) => session.userId === null).length
        : store.count(userId, options),
  })),
  server('has the same data under every prefix', 'isolated/neighbours', ({ open }) => ({
    neighbour: () => open(),
  })),
  server('has the same data in every store', ['isolated/neighbours', 'expiry/lists'], () => {
    const one = new Server()
    one.sessions.set('old', STRAY)
    return { open: () => new TestedStore(one), neighbour: () => new TestedStore(one) }
  }),
]

const STRAY: ReferenceEntry = {
  session: {
    id: 'old',
    userId: 'ann',
    metadata: {},
    createdAt: 1,
    updatedAt: 1,
    expiresAt: null,
    ttlMs: null,
    sliding: false,
    version: 1,
    messageCount: 0,
    lastSeq: 0,
    maxMessages: null,
    overflow: 'reject',
    isActive: true,
  },
  messages: [],
  context: new Map(),
}
