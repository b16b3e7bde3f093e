import type { Change, Json, Loaded, Message, SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import type { StoreKind } from '../src/store-kind.ts'
import { stores } from '../src/stores.ts'
import { withMembers } from '../src/tour/lost-replies.ts'

type Fault = (store: SessionStore) => SessionStore

/** A store of the playground with a fault planted in it. */
export function storeWith(fault: Fault): StoreKind {
  const sound = stores[0] as StoreKind
  const open = async () => {
    const opened = await sound.open()
    return { ...opened, store: fault(opened.store) }
  }
  const evicts = {
    policy: 'lru' as const,
    open: (maxSessions: number) => fault(createMemoryStore({ maxSessions })),
  }
  return { ...sound, name: 'faulty', open, evicts }
}

/** Stores that break one promise each. */
export const faults = {
  losesOne: commits((change) => {
    const { append } = change
    return append && append.length > 3 ? { ...change, append: append.slice(0, -1) } : change
  }),
  reordersKeys: messages((message) => ({ ...message, content: reversed(message.content) })),
  turnsPagesAround: (store) =>
    withMembers(store, {
      // Only where nothing else is read, so that the turns, which read context too, go on.
      load: async (id, want, options) => {
        const loaded = await store.load(id, want, options)
        if (loaded.messages === undefined || loaded.context !== undefined) return loaded
        return { ...loaded, messages: loaded.messages.toReversed() }
      },
    }),
  forgetsContext: commits(({ set, ...change }) => ({ ...change, ...(set && { set: set.slice(0, 1) }) })),
  skipsKeys: (store) =>
    withMembers(store, {
      load: async (id, want, options) => {
        const loaded = await store.load(id, want, options)
        if (loaded.context === undefined || want?.context === true) return loaded
        return { ...loaded, context: loaded.context.slice(1) }
      },
    }),
  answersShortPages: (store) =>
    withMembers(store, {
      load: (id, want, options) => {
        const window = want?.messages
        if (window?.beforeSeq === undefined) return store.load(id, want, options)
        return store.load(id, { ...want, messages: { ...window, beforeSeq: window.beforeSeq + 1 } }, options)
      },
    }),
  amendsNothing: commits(({ amend: _amend, ...change }) => change),
  cutsNothing: commits(({ cut: _cut, ...change }) => change),
  ignoresConditions: (store) =>
    withMembers(store, {
      commit: (id, change, options) => {
        const { if: { lastSeq: _lastSeq, ...others } = {}, ...rest } = options ?? {}
        return store.commit(id, change, { ...rest, if: others })
      },
    }),
  doublesRepeats,
  ignoresCaps: (store) =>
    withMembers(store, { create: (session, o) => store.create({ ...session, maxMessages: null }, o) }),
  neverExpires: (store) =>
    withMembers(store, { create: (session, o) => store.create({ ...session, ttlMs: null }, o) }),
  evictsNothing: (store) => {
    const large = createMemoryStore()
    return store.info.name === 'memory' ? large : store
  },
  ignoresOwners: (store) =>
    withMembers(store, {
      load: (id, want) => store.load(id, want),
      delete: (id) => store.delete(id),
      commit: (id, change, options) => {
        const { if: { userId: _userId, ...others } = {}, ...rest } = options ?? {}
        return store.commit(id, change, { ...rest, if: others })
      },
    }),
  listsBackwards: (store) =>
    withMembers(store, {
      list: async (query, options) => {
        const page = await store.list(query, options)
        return { ...page, sessions: page.sessions.toReversed() }
      },
    }),
  writesAnew: (store) =>
    withMembers(store, {
      create: (session, { stamp: _stamp, ...options } = {}) => store.create(session, options),
    }),
  deletesNothing: (store) => withMembers(store, { delete: async () => true, deleteUser: async () => 0 }),
} satisfies { readonly [name: string]: Fault }

function commits(edit: (change: Change) => Change): Fault {
  return (store) =>
    withMembers(store, { commit: (id, change, options) => store.commit(id, edit(change), options) })
}

function loads(edit: (loaded: Loaded) => Loaded): Fault {
  return (store) =>
    withMembers(store, { load: async (id, want, options) => edit(await store.load(id, want, options)) })
}

function messages(edit: (message: Message) => Message): Fault {
  return loads((loaded) => ({ ...loaded, ...(loaded.messages && { messages: loaded.messages.map(edit) }) }))
}

function reversed(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).reverse())
}

/** Appends again what is repeated, under ids that only it knows. */
function doublesRepeats(store: SessionStore): SessionStore {
  const seen = new Set<string>()
  let copies = 0
  const faulty = withMembers(store, {
    commit: (id, change, options) => {
      const key = `${id} ${change.append?.[0]?.id}`
      if (change.append === undefined || !seen.has(key)) {
        seen.add(key)
        return store.commit(id, change, options)
      }
      const append = change.append.map((message) => ({ ...message, id: `${message.id}#${++copies}` }))
      return store.commit(id, { ...change, append })
    },
  })
  return messages((message) => ({ ...message, id: message.id.replace(/#.*/, '') }))(faulty)
}
