import { withCompression, withEncryption } from '@sess/codec'
import { type NewMessage, newMessageId, type SessionStore } from '@sess/core'
import { orSkip, startRedis } from '@sess/servers'
import { createMemoryStore } from '@sess/store-memory'
import { createRedisStore } from '@sess/store-redis'
import { type Input, ring, text, textMessage, toolMessage } from '../../inputs.ts'
import { atOnce, type Contender, measure, type Rounds } from '../../measure.ts'
import type { Plan, Row, Section } from '../../suite.ts'

const KEYS = [{ id: 'bench', key: new Uint8Array(32).fill(1) }]
const ID = 'session'
const PAGE = 50

const WAYS: { readonly [name: string]: (store: SessionStore) => SessionStore } = {
  plain: (store) => store,
  compression: (store) => withCompression(store),
  encryption: (store) => withEncryption(store, { keys: KEYS }),
  both: (store) => withCompression(withEncryption(store, { keys: KEYS })),
}

const MESSAGES: { readonly [what: string]: (i: number) => Input } = {
  '290 B of text': ring(textMessage),
  'parts with a tool call': ring(toolMessage),
  '4 kB of text': ring((seed) => textMessage(seed, 4096)),
  '32 kB, a tool’s result': ring((seed) => ({ role: 'tool', content: { rows: rows(seed, 250) } }), 16),
}

function rows(seed: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    id: seed * 1000 + i,
    name: text(seed + i, 60),
    price: (i * 37) % 1000,
  }))
}

/** On a store that costs next to nothing: all of the difference is the wrapper's. */
export async function* onMemory(plan: Plan): AsyncGenerator<Section> {
  const calls = Math.max(100, plan.calls / 10)
  for (const [what, input] of Object.entries(MESSAGES)) {
    const count = what.startsWith('32') ? Math.max(20, calls / 10) : calls
    const stores = new Map(Object.entries(WAYS).map(([name, wrap]) => [name, () => wrap(newMemory())]))
    yield section(
      `On memory: ${what}`,
      await compare(stores, input, { calls: count, inFlight: 1 }, plan.long),
    )
  }
}

/** What is left of it beside a round trip. */
export async function onRedis(plan: Plan): Promise<Section | undefined> {
  const server = await orSkip(() => startRedis())
  if (server === undefined) return undefined
  const inner = createRedisStore({ url: server.url })
  try {
    const stores = new Map(Object.entries(WAYS).map(([name, wrap]) => [name, () => wrap(inner)]))
    const compared: Row[] = []
    for (const inFlight of [1, 16]) {
      const way = { calls: Math.max(100, plan.calls / 10), inFlight }
      const found = await compare(stores, MESSAGES['290 B of text'] as (i: number) => Input, way, plan.long)
      compared.push(...found.rows.map((row) => ({ ...row, what: `${row.what}, ${inFlight} at once` })))
    }
    return { title: `On Redis ${server.version}: 290 B of text`, rows: compared }
  } finally {
    await inner.close()
    await server.stop()
  }
}

interface Way {
  readonly calls: number
  readonly inFlight: number
}

interface Compared {
  readonly rows: readonly Row[]
  /** Milliseconds of a plain append and a plain page, by name. */
  readonly plain: { readonly append: number; readonly page: number }
}

async function compare(
  stores: ReadonlyMap<string, () => SessionStore>,
  input: (i: number) => Input,
  way: Way,
  rounds: Rounds,
): Promise<Compared> {
  const names = [...stores.keys()]
  const appends = await measure(
    [...stores].map(([name, open]) => appender(name, open(), input, way)),
    rounds,
  )
  const readers = await Promise.all([...stores].map(([name, open]) => reader(name, open(), input, way)))
  const pages = await measure(readers, rounds)
  const others = names.filter((name) => name !== 'plain')
  return {
    rows: [
      ...others.map((name) => ({
        what: `append, ${name}`,
        to: 'plain',
        ratio: appends.ratio(name, 'plain'),
      })),
      ...others.map((name) => ({
        what: `last ${PAGE}, ${name}`,
        to: 'plain',
        ratio: pages.ratio(name, 'plain'),
      })),
    ],
    plain: {
      append: appends.ms('plain').median / way.calls,
      page: pages.ms('plain').median / pageCalls(way),
    },
  }
}

function section(title: string, { rows, plain }: Compared): Section {
  const added = rows.map(({ what, ratio }) => {
    const isAppend = what.startsWith('append')
    const ms = (isAppend ? plain.append : plain.page / PAGE) * (1 / ratio.median - 1)
    return `${what}: ${(ms * 1000).toFixed(1)} µs more a message`
  })
  return { title, rows, notes: [`${added.join('; ')}.`] }
}

function newMemory(): SessionStore {
  return createMemoryStore({ cleanupInterval: 'never' })
}

function appender(name: string, store: SessionStore, input: (i: number) => Input, way: Way): Contender {
  return {
    name,
    prepare: () => renew(store, name, []),
    run: () =>
      atOnce(way.calls, way.inFlight, (i) => store.commit(idOf(name), { append: [message(input(i))] })),
  }
}

async function reader(
  name: string,
  store: SessionStore,
  input: (i: number) => Input,
  way: Way,
): Promise<Contender> {
  await renew(
    store,
    name,
    Array.from({ length: PAGE }, (_, i) => message(input(i))),
  )
  const want = { messages: { last: PAGE } }
  return { name, run: () => atOnce(pageCalls(way), way.inFlight, () => store.load(idOf(name), want)) }
}

function pageCalls({ calls }: Way): number {
  return Math.max(5, calls / 20)
}

function idOf(name: string): string {
  return `${ID} ${name}`
}

function message(input: Input): NewMessage {
  return { metadata: {}, ...input, id: newMessageId() }
}

async function renew(store: SessionStore, name: string, messages: readonly NewMessage[]): Promise<void> {
  await store.delete(idOf(name))
  const rest = { ttlMs: null, sliding: false, maxMessages: null, overflow: 'reject', isActive: true } as const
  await store.create({ id: idOf(name), userId: 'user', metadata: {}, ...rest, context: [], messages })
}
