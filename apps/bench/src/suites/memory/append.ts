import { newMessageId, type SessionManager } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { BODY_BYTES, type Input, ring, textMessage, toolMessage } from '../../inputs.ts'
import { type Contender, measure, oneByOne } from '../../measure.ts'
import type { Plan, Section } from '../../suite.ts'
import { Floor } from './floor.ts'
import { newManager } from './sess.ts'

const ID = 'session'

/** Appends one by one to a new session. */
export async function append({ long, calls }: Plan): Promise<Section> {
  const texts = ring(textMessage)
  const tools = ring(toolMessage)
  const times = await measure(
    [
      floor('floor text', calls, texts),
      floor('floor tools', calls, tools),
      manager('text', calls, texts),
      manager('tools', calls, tools),
      storeAlone('store', calls, texts),
    ],
    long,
  )
  const micros = ((times.ms('floor text').median * 1000) / calls).toFixed(2)
  return {
    title: 'Append, one by one',
    rows: [
      {
        what: `manager, ${BODY_BYTES} B of text`,
        to: 'floor',
        ratio: times.ratio('text', 'floor text'),
        goal: { of: 'ratio', atLeast: 0.8 },
      },
      {
        what: 'manager, parts with a tool call',
        to: 'floor, the same parts',
        ratio: times.ratio('tools', 'floor tools'),
      },
      {
        what: `store.commit, ${BODY_BYTES} B of text`,
        to: 'floor',
        ratio: times.ratio('store', 'floor text'),
      },
      { what: 'manager', to: 'store.commit', ratio: times.ratio('text', 'store') },
    ],
    notes: [`An append to the floor took ${micros} µs here.`],
  }
}

function floor(name: string, calls: number, input: (i: number) => Input): Contender {
  let floor: Floor
  return {
    name,
    prepare: () => {
      floor = new Floor()
      floor.create(ID)
    },
    run: () => oneByOne(calls, (i) => floor.addMessage(ID, input(i))),
  }
}

function manager(name: string, calls: number, input: (i: number) => Input): Contender {
  let manager: SessionManager
  return {
    name,
    prepare: async () => {
      manager = newManager()
      await manager.createSession('user', { id: ID })
    },
    run: () => oneByOne(calls, (i) => manager.addMessage(ID, input(i))),
  }
}

/** What the manager hands down, ready: frozen values and ids. */
function storeAlone(name: string, calls: number, input: (i: number) => Input): Contender {
  let store = createMemoryStore()
  const metadata = Object.freeze({})
  return {
    name,
    prepare: async () => {
      store = createMemoryStore({ cleanupInterval: 'never' })
      await store.create({
        id: ID,
        userId: 'user',
        metadata: {},
        ttlMs: null,
        sliding: false,
        maxMessages: null,
        overflow: 'reject',
        isActive: true,
        messages: [],
        context: [],
      })
    },
    run: () =>
      oneByOne(calls, (i) => store.commit(ID, { append: [{ metadata, ...input(i), id: newMessageId() }] })),
  }
}
