import { createMemoryStore } from '@sess/store-memory'
import type { Installed } from './installed.ts'
import { LIST, PAGE, type Peer, type Said } from './peer.ts'
import { Sess } from './sess.ts'

export async function inProcess(installed: Installed): Promise<readonly Peer[]> {
  return [
    new Sess(createMemoryStore({ maxSessions: 1_000_000 })),
    await openAi(installed),
    await langGraph(installed),
    await adk(installed),
    await genkit(installed),
  ]
}

interface OpenAiSession {
  getItems(limit?: number): Promise<readonly unknown[]>
  addItems(items: readonly unknown[]): Promise<void>
}

/** One object is one conversation. It has no context. */
async function openAi(installed: Installed): Promise<Peer> {
  const { MemorySession } = await installed.module<{
    MemorySession: new (options: { sessionId: string; initialItems: readonly unknown[] }) => OpenAiSession
  }>('@openai/agents-core')
  const sessions = new Map<string, OpenAiSession>()
  const of = (id: string) => sessions.get(id) as OpenAiSession
  const item = ({ role, text }: Said) =>
    role === 'user'
      ? { type: 'message', role, content: text }
      : { type: 'message', role, status: 'completed', content: [{ type: 'output_text', text }] }
  return {
    name: installed.title('@openai/agents-core', 'OpenAI Agents MemorySession'),
    appends: 'the history',
    create: async (_, messages) => {
      const sessionId = newId()
      sessions.set(sessionId, new MemorySession({ sessionId, initialItems: messages.map(item) }))
      return sessionId
    },
    append: (id, message) => of(id).addItems([item(message)]),
    load: (id) => of(id).getItems(PAGE),
    turn: async (id, messages) => {
      await of(id).getItems(PAGE)
      await of(id).addItems(messages.map(item))
    },
    count: async (id) => (await of(id).getItems()).length,
  }
}

interface Checkpoint {
  readonly channel_values: { readonly messages?: readonly unknown[] }
}

interface Saver {
  getTuple(config: object): Promise<{ readonly checkpoint: Checkpoint; readonly config: object } | undefined>
  put(config: object, checkpoint: Checkpoint, metadata: object): Promise<object>
}

/** A checkpoint holds the whole state of its thread, and so do all before it. */
async function langGraph(installed: Installed): Promise<Peer> {
  const { MemorySaver, emptyCheckpoint, uuid6 } = await installed.module<{
    MemorySaver: new () => Saver
    emptyCheckpoint: () => Checkpoint
    uuid6: (clock: number) => string
  }>('@langchain/langgraph-checkpoint')
  const saver = new MemorySaver()
  const thread = (id: string) => ({ configurable: { thread_id: id, checkpoint_ns: '' } })
  const metadata = { source: 'loop', step: 1, parents: {} }
  const save = (config: object, before: Checkpoint, values: object) =>
    saver.put(config, { ...before, ...{ id: uuid6(0), channel_values: values } }, metadata)
  const add = async (id: string, messages: readonly Said[], values: object = {}) => {
    const found = await saver.getTuple(thread(id))
    if (found === undefined) throw new Error('the thread is gone')
    const { checkpoint, config } = found
    const { messages: before = [], ...others } = checkpoint.channel_values
    await save(config, checkpoint, { ...others, ...values, messages: [...before, ...messages] })
  }
  return {
    name: installed.title('@langchain/langgraph-checkpoint', 'LangGraph MemorySaver'),
    appends: 'the history',
    create: async (_, messages) => {
      const id = newId()
      await save(thread(id), emptyCheckpoint(), { messages })
      return id
    },
    append: (id, message) => add(id, [message]),
    load: (id) => saver.getTuple(thread(id)),
    turn: (id, messages, value) => add(id, messages, { state: value }),
    count: async (id) => (await saver.getTuple(thread(id)))?.checkpoint.channel_values.messages?.length ?? 0,
  }
}

interface AdkSession {
  readonly id: string
  readonly events: readonly object[]
}

interface AdkService {
  createSession(of: object): Promise<AdkSession>
  getSession(of: object): Promise<AdkSession | undefined>
  listSessions(of: object): Promise<{ readonly sessions: readonly unknown[] }>
  appendEvent(of: { readonly session: AdkSession; readonly event: unknown }): Promise<unknown>
}

/** An append takes the session as an object, so that a request that only appends reads it first, as its runner does. */
async function adk(installed: Installed): Promise<Peer> {
  const { InMemorySessionService, createEvent, createEventActions } = await installed.module<{
    InMemorySessionService: new () => AdkService
    createEvent: (of: object) => unknown
    createEventActions: (of: object) => unknown
  }>('@google/adk')
  const service = new InMemorySessionService()
  const key = (id: string) => {
    const [userId, sessionId] = id.split('/')
    return { appName: 'bench', userId, sessionId }
  }
  const eventOf = ({ role, text }: Said, stateDelta: object = {}) =>
    createEvent({
      ...{ invocationId: 'bench', author: role, content: { role, parts: [{ text }] } },
      actions: createEventActions({ stateDelta }),
    })
  const open = async (id: string, config?: object) => {
    const session = await service.getSession({ ...key(id), ...(config && { config }) })
    if (session === undefined) throw new Error('the session is gone')
    return session
  }
  return {
    name: installed.title('@google/adk', 'ADK InMemorySessionService'),
    appends: 'the history',
    create: async (userId, messages) => {
      const session = await service.createSession({ appName: 'bench', userId })
      for (const message of messages) await service.appendEvent({ session, event: eventOf(message) })
      return `${userId}/${session.id}`
    },
    append: async (id, message) => service.appendEvent({ session: await open(id), event: eventOf(message) }),
    load: (id) => open(id, { numRecentEvents: PAGE }),
    turn: async (id, messages, value) => {
      const session = await open(id, { numRecentEvents: PAGE })
      for (const [i, message] of messages.entries())
        await service.appendEvent({ session, event: eventOf(message, i === 0 ? { state: value } : {}) })
    },
    list: async (userId) =>
      (await service.listSessions({ appName: 'bench', userId, limit: LIST, order: 'desc' })).sessions,
    count: async (id) => (await open(id)).events.length,
  }
}

interface Snapshot {
  readonly snapshotId: string
  readonly state?: { readonly messages?: readonly object[]; readonly custom?: unknown }
}

interface SnapshotStore {
  getSnapshot(of: object): Promise<Snapshot | undefined>
  saveSnapshot(id: string | undefined, mutate: () => object): Promise<string | null>
}

/** Each turn makes a snapshot with the whole history. Its newest is known here: by its session’s id, the store would look at all. */
async function genkit(installed: Installed): Promise<Peer> {
  const { InMemorySessionStore } = await installed.module<{ InMemorySessionStore: new () => SnapshotStore }>(
    'genkit/beta',
  )
  const store = new InMemorySessionStore()
  const newest = new Map<string, string>()
  const read = async (sessionId: string) =>
    (await store.getSnapshot({ snapshotId: newest.get(sessionId) })) as Snapshot
  const messageOf = ({ role, text }: Said) => ({
    role: role === 'user' ? 'user' : 'model',
    content: [{ text }],
  })
  const save = async (sessionId: string, state: object, parentId?: string) => {
    const about = { sessionId, parentId, createdAt: new Date().toISOString(), status: 'completed' }
    const id = await store.saveSnapshot(undefined, () => ({ ...about, state: { sessionId, ...state } }))
    newest.set(sessionId, id as string)
  }
  const add = async (id: string, messages: readonly Said[], custom?: unknown) => {
    const { snapshotId, state = {} } = await read(id)
    const all = [...(state.messages ?? []), ...messages.map(messageOf)]
    await save(id, { messages: all, custom: custom ?? state.custom }, snapshotId)
  }
  return {
    name: installed.title('genkit', 'Genkit InMemorySessionStore'),
    appends: 'the history',
    create: async (_, messages) => {
      const id = newId()
      await save(id, { messages: messages.map(messageOf) })
      return id
    },
    append: (id, message) => add(id, [message]),
    load: read,
    turn: (id, messages, value) => add(id, messages, value),
    count: async (id) => (await read(id)).state?.messages?.length ?? 0,
  }
}

function newId(): string {
  return crypto.randomUUID()
}
