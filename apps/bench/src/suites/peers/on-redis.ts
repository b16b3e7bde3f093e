import { createRedisStore } from '@sess/store-redis'
import { Redis } from 'ioredis'
import type { Installed } from './installed.ts'
import { LIST, PAGE, type Peer, type Said } from './peer.ts'
import { Sess } from './sess.ts'
import { type Values, whole } from './whole.ts'

const DAY_S = 86_400

export async function onRedis(installed: Installed, url: string): Promise<readonly Peer[]> {
  return [
    new Sess(createRedisStore({ url })),
    whole(byHand(url)),
    await langChain(installed, url),
    whole(await connectRedis(installed, url)),
    whole(await keyv(installed, url)),
    whole(await unstorage(installed, url)),
  ]
}

/** As the seed meant it: one JSON value a session, and a set of them for each user. */
function byHand(url: string): Values {
  const client = new Redis(url)
  const userOf = (id: string) => id.slice(0, id.indexOf('.'))
  const known = new Set<string>()
  return {
    name: 'the seed’s way, by hand',
    get: async (id) => parsed(await client.get(`seed:${id}`)),
    set: async (id, session) => {
      const text = JSON.stringify({ ...session, updatedAt: Date.now() })
      await client.set(`seed:${id}`, text, 'EX', DAY_S)
      if (known.has(id)) return
      await client.sadd(`seed:user:${userOf(id)}`, id)
      known.add(id)
    },
    list: async (user) => {
      const ids = await client.smembers(`seed:user:${user}`)
      const texts = await client.mget(ids.map((id) => `seed:${id}`))
      const sessions = texts.flatMap((text) => (text === null ? [] : [JSON.parse(text)]))
      return sessions.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, LIST)
    },
    close: async () => client.disconnect(),
  }
}

interface NodeRedis {
  connect(): Promise<unknown>
  quit(): Promise<unknown>
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<unknown>
}

interface History {
  addMessages(messages: readonly unknown[]): Promise<void>
  addMessage(message: unknown): Promise<void>
  getMessages(): Promise<readonly unknown[]>
}

/** Appends to a list, and reads all of it: there is no call for a part. Context is a key beside it, by hand. */
async function langChain(installed: Installed, url: string): Promise<Peer> {
  const { RedisChatMessageHistory } = await installed.module<{
    RedisChatMessageHistory: new (of: object) => History
  }>('@langchain/redis')
  const { HumanMessage, AIMessage } =
    await installed.module<{
      [K in 'HumanMessage' | 'AIMessage']: new (
        text: string,
      ) => unknown
    }>('@langchain/core/messages')
  const toMessage = ({ role, text }: Said) => (role === 'user' ? new HumanMessage(text) : new AIMessage(text))
  const client = await nodeRedis(installed, url)
  const of = (id: string) =>
    new RedisChatMessageHistory({ sessionId: `langchain:${id}`, sessionTTL: DAY_S, client })
  return {
    name: installed.title('@langchain/redis', 'LangChain RedisChatMessageHistory'),
    appends: 'the message',
    create: async (_, messages) => {
      const id = crypto.randomUUID()
      await of(id).addMessages(messages.map(toMessage))
      return id
    },
    append: (id, message) => of(id).addMessage(toMessage(message)),
    load: async (id) => (await of(id).getMessages()).slice(-PAGE),
    turn: async (id, messages, value) => {
      const history = of(id)
      await history.getMessages()
      await client.get(`langchain:context:${id}`)
      await history.addMessages(messages.map(toMessage))
      await client.set(`langchain:context:${id}`, JSON.stringify(value))
    },
    count: async (id) => (await of(id).getMessages()).length,
    close: () => client.quit(),
  }
}

async function nodeRedis(installed: Installed, url: string): Promise<NodeRedis> {
  const { createClient } = await installed.module<{ createClient: (of: object) => NodeRedis }>('redis')
  const client = createClient({ url })
  await client.connect()
  return client
}

interface ExpressStore {
  get(id: string): Promise<{ readonly kept: object } | null>
  set(id: string, session: object): Promise<void>
}

async function connectRedis(installed: Installed, url: string): Promise<Values> {
  const { RedisStore } = await installed.module<{ RedisStore: new (of: object) => ExpressStore }>(
    'connect-redis',
  )
  const client = await nodeRedis(installed, url)
  const store = new RedisStore({ client })
  const cookie = { originalMaxAge: DAY_S * 1000, expires: new Date(Date.now() + DAY_S * 1000) }
  return {
    name: installed.title('connect-redis'),
    get: async (id) => (await store.get(id))?.kept as never,
    set: (id, kept) => store.set(id, { cookie, kept }),
    close: () => client.quit(),
  }
}

interface KeyValues {
  get(key: string): Promise<unknown>
  set(key: string, value: object, ttlMs: number): Promise<unknown>
  disconnect(): Promise<void>
}

async function keyv(installed: Installed, url: string): Promise<Values> {
  const { default: Keyv } = await installed.module<{ default: new (of: object) => KeyValues }>('keyv')
  const { default: KeyvRedis } = await installed.module<{ default: new (url: string) => unknown }>(
    '@keyv/redis',
  )
  const store = new Keyv({ store: new KeyvRedis(url), namespace: 'keyv' })
  return {
    name: `${installed.title('keyv')}, ${installed.title('@keyv/redis')}`,
    get: async (id) => (await store.get(id)) as never,
    set: (id, kept) => store.set(id, kept, DAY_S * 1000),
    close: () => store.disconnect(),
  }
}

interface Unstorage {
  getItem(key: string): Promise<unknown>
  setItem(key: string, value: object): Promise<void>
  dispose(): Promise<void>
}

async function unstorage(installed: Installed, url: string): Promise<Values> {
  const { createStorage } = await installed.module<{ createStorage: (of: object) => Unstorage }>('unstorage')
  const { default: driver } = await installed.module<{ default: (of: object) => unknown }>(
    'unstorage/drivers/redis',
  )
  const store = createStorage({ driver: driver({ url, base: 'unstorage', ttl: DAY_S }) })
  return {
    name: installed.title('unstorage'),
    get: async (id) => (await store.getItem(id)) as never,
    set: (id, kept) => store.setItem(id, kept),
    close: () => store.dispose(),
  }
}

function parsed(text: string | null): never | undefined {
  return text === null ? undefined : (JSON.parse(text) as never)
}
