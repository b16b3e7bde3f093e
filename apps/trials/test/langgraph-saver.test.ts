import { HumanMessage } from '@langchain/core/messages'
import type { RunnableConfig } from '@langchain/core/runnables'
import { FakeListChatModel } from '@langchain/core/utils/testing'
import { Annotation, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import {
  type BaseCheckpointSaver,
  ERROR,
  emptyCheckpoint,
  INTERRUPT,
  MemorySaver,
  uuid6,
} from '@langchain/langgraph-checkpoint'
import { validate } from '@langchain/langgraph-checkpoint-validation'
import { SessionManager, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import * as vitest from 'vitest'
import { SessSaver } from '../src/langgraph-saver.ts'
import { counting, interrupting, losing } from './support.ts'

const { describe, expect, test } = vitest

function open(store: SessionStore = createMemoryStore(), contextBytes = 16 * 1024 * 1024) {
  return new SessSaver(new SessionManager({ store, limits: { contextBytes } }))
}

// The suite of LangGraph itself takes these from the global scope.
Object.assign(globalThis, vitest)
validate({ checkpointerName: 'sess', createCheckpointer: () => open() })

const at = (thread_id: string, checkpoint_id?: string, checkpoint_ns = '') => ({
  configurable: { thread_id, checkpoint_ns, ...(checkpoint_id !== undefined && { checkpoint_id }) },
})
const metadata = { source: 'loop' as const, step: 1, parents: {} }
let versions = 0
async function put(saver: SessSaver | MemorySaver, config: RunnableConfig, id: string, value: unknown) {
  const channel_versions = { value: ++versions }
  const checkpoint = { ...emptyCheckpoint(), id, channel_values: { value }, channel_versions }
  // The memory saver takes three arguments.
  await (saver as BaseCheckpointSaver).put(config, checkpoint, metadata, channel_versions)
}
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('under a compiled graph', () => {
  const graphOn = (checkpointer: SessSaver | MemorySaver) => {
    const model = new FakeListChatModel({ responses: ['one', 'two', 'three'] })
    return new StateGraph(MessagesAnnotation)
      .addNode('answer', async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addEdge(START, 'answer')
      .compile({ checkpointer })
  }
  const ask = async (graph: ReturnType<typeof graphOn>, thread_id: string, text: string) => {
    const { messages } = await graph.invoke(
      { messages: [new HumanMessage(text)] },
      { configurable: { thread_id } },
    )
    return messages.map((message) => message.text)
  }

  test('two turns go on from each other, also in another process, and two threads do not', async () => {
    const store = createMemoryStore()
    const graph = graphOn(open(store))
    expect(await ask(graph, 'a', 'hi')).toEqual(['hi', 'one'])
    expect(await ask(graph, 'b', 'ho')).toEqual(['ho', 'two'])
    expect(await ask(graph, 'a', 'more')).toEqual(['hi', 'one', 'more', 'three'])
    const { values } = await graphOn(open(store)).getState({ configurable: { thread_id: 'a' } })
    expect(values.messages.map((message: HumanMessage) => message.text)).toEqual([
      'hi',
      'one',
      'more',
      'three',
    ])
    expect(values.messages[0]).toBeInstanceOf(HumanMessage)
  })

  test('the history is that of the memory saver', async () => {
    const histories = []
    for (const saver of [open(), new MemorySaver()]) {
      const graph = graphOn(saver)
      for (const text of ['hi', 'more']) await ask(graph, 'a', text)
      const states = await all(graph.getStateHistory({ configurable: { thread_id: 'a' } }))
      histories.push(
        states.map(({ values, next, metadata: m }) => [
          (values.messages ?? []).map((message: HumanMessage) => message.text),
          next,
          m?.step,
        ]),
      )
    }
    expect(histories[0]).toHaveLength(6)
    expect(histories[0]).toEqual(histories[1])
  })

  test('branches from one checkpoint keep their own values, and an unchanged channel is stored once', async () => {
    const big = 'x'.repeat(100_000)
    // Three times 133 kB in base64: the input, its write, and the channel. A fourth would not fit.
    for (const saver of [open(createMemoryStore(), 500_000), new MemorySaver()]) {
      const graph = new StateGraph(Annotation.Root({ big: Annotation<string>, text: Annotation<string> }))
        .addNode('say', ({ text }) => ({ text: `${text}!` }))
        .addEdge(START, 'say')
        .compile({ checkpointer: saver })
      const config = { configurable: { thread_id: 't' } }
      await graph.invoke({ big, text: 'a' }, config)
      const root = (await graph.getState(config)).config
      const branches = []
      for (const text of ['b', 'c']) branches.push(await graph.updateState(root, { text }))
      for (let i = 0; i < 5; i++) await graph.invoke({ text: 'd' }, config)
      for (const [i, text] of ['b', 'c'].entries())
        expect((await graph.getState(branches[i] as RunnableConfig)).values).toEqual({
          big,
          text,
        })
      expect((await graph.getState(root)).values).toEqual({ big, text: 'a!' })
      expect((await graph.getState(config)).values).toEqual({ big, text: 'd!' })
    }
  })

  test('a turn costs one read and one commit for each step written', async () => {
    const { store, take } = counting(createMemoryStore())
    const graph = graphOn(open(store))
    await ask(graph, 'a', 'hi')
    take()
    await ask(graph, 'a', 'more')
    expect(take()).toEqual({ load: 1, commit: 5 })
  })
})

describe('writes', () => {
  const config = at('t', '1')
  const pending = async (saver: SessSaver | MemorySaver) => {
    const tuple = await saver.getTuple(config)
    return tuple?.pendingWrites
  }

  test('that exist are kept, special ones replaced, and their order is that of their paths', async () => {
    const read = []
    for (const saver of [open(), new MemorySaver()]) {
      // Before their checkpoint, as after it.
      await saver.putWrites(config, [['x', 1]], 'task-2', 'b')
      await put(saver, at('t'), '1', 0)
      await saver.putWrites(
        config,
        [
          ['x', 2],
          ['y', 3],
        ],
        'task-2',
        'b',
      )
      await saver.putWrites(config, [[ERROR, 'first']], 'task-1', 'c')
      await saver.putWrites(
        config,
        [
          [ERROR, 'second'],
          [INTERRUPT, 'i'],
        ],
        'task-1',
        'c',
      )
      await saver.putWrites(
        config,
        [
          ['__proto__', 4],
          ['constructor', 5],
        ],
        'task/3|é',
        'a',
      )
      await saver.putWrites(config, [], 'task-4')
      read.push(await pending(saver))
    }
    // The memory saver keeps the last special write alone, and so do we.
    expect(read[0]).toEqual(read[1])
    expect(read[0]).toContainEqual(['task-2', 'x', 1])
    expect(read[0]).toContainEqual(['task-1', ERROR, 'second'])
  })

  test('of many at once, the first stands whole', async () => {
    const store = createMemoryStore()
    const savers = Array.from({ length: 10 }, () => open(store))
    await put(open(store), at('t'), '1', 0)
    await Promise.all(
      savers.map((saver, i) =>
        saver.putWrites(
          config,
          [
            ['x', i],
            ['y', i],
          ],
          'task',
        ),
      ),
    )
    const [x, y, ...rest] = (await pending(open(store))) ?? []
    expect(rest).toEqual([])
    expect(x?.[2]).toBe(y?.[2])
  })

  test('that arrive while others do add to them', async () => {
    const inner = createMemoryStore()
    const { store, before } = interrupting(inner)
    const saver = open(store)
    await put(saver, at('t'), '1', 0)
    before('commit', () => open(inner).putWrites(config, [['x', 'other']], 'task'))
    await saver.putWrites(
      config,
      [
        ['x', 'mine'],
        ['y', 'mine'],
        [ERROR, 'mine'],
      ],
      'task',
    )
    expect(await pending(saver)).toEqual([
      ['task', ERROR, 'mine'],
      ['task', 'x', 'other'],
      ['task', 'y', 'mine'],
    ])
  })

  test('of a checkpoint whose id begins as another are not its own', async () => {
    const saver = open()
    for (const id of ['1', '1/2', '1/2/3']) {
      await put(saver, at('t'), id, id)
      await saver.putWrites(at('t', id), [['x', id]], 'task')
    }
    for (const id of ['1', '1/2', '1/2/3'])
      expect((await saver.getTuple(at('t', id)))?.pendingWrites).toEqual([['task', 'x', id]])
  })
})

test('a lost answer to any write is repeated, to the same end', async () => {
  for (const calls of [['create'], ['commit'], ['commit', 'commit']] as const) {
    const { store, lose, lost } = losing(createMemoryStore())
    const saver = open(store)
    if (calls[0] === 'commit') await put(saver, at('t'), '0', 0)
    for (const name of calls) lose(name)
    await put(saver, at('t'), '1', 'kept')
    expect(lost).toEqual(calls)
    lose('commit')
    await saver.putWrites(
      at('t', '1'),
      [
        ['x', 1],
        [ERROR, 2],
      ],
      'task',
    )
    const tuple = await saver.getTuple(at('t'))
    expect(tuple?.checkpoint.channel_values).toEqual({ value: 'kept' })
    expect(tuple?.pendingWrites).toEqual([
      ['task', ERROR, 2],
      ['task', 'x', 1],
    ])
    lose('delete')
    await saver.deleteThread('t')
    expect(await saver.getTuple(at('t'))).toBeUndefined()
  }
})

test('odd threads, namespaces and ids are kept apart, and no object is changed by them', async () => {
  const saver = open()
  const odd = [
    '__proto__',
    'constructor',
    'a',
    'A',
    'a ',
    'á',
    'á',
    '',
    'sess:x',
    'x'.repeat(600),
    'a/b',
    '%',
    '\ud800',
  ]
  for (const ns of odd)
    for (const thread of odd.filter((name) => name !== ''))
      await put(saver, at(thread, undefined, ns), '__proto__', [thread, ns])
  for (const ns of odd)
    for (const thread of odd.filter((name) => name !== '')) {
      const tuple = await saver.getTuple(at(thread, undefined, ns))
      expect(tuple?.checkpoint.channel_values).toEqual({ value: [thread, ns] })
    }
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('bytes and class instances go through the serializer', async () => {
  const saver = open()
  const value = { bytes: new Uint8Array([0, 255]), set: new Set([1]), message: new HumanMessage('hi') }
  await put(saver, at('t'), '1', value)
  const read = (await saver.getTuple(at('t')))?.checkpoint.channel_values.value as typeof value
  expect(read.bytes).toEqual(value.bytes)
  expect(read.set).toEqual(value.set)
  expect(read.message).toBeInstanceOf(HumanMessage)
})

test('a missing thread id is named', async () => {
  const saver = open()
  const config = { configurable: {} }
  await expect(saver.put(config, emptyCheckpoint(), metadata, {})).rejects.toThrow('thread_id')
  await expect(saver.putWrites(config, [['x', 1]], 'task')).rejects.toThrow('thread_id')
})

test('a list is newest first over all namespaces, and longer than a page', async () => {
  const saver = open(createMemoryStore(), 64 * 1024 * 1024)
  const ids = Array.from({ length: 1010 }, (_, i) => uuid6(i))
  for (const [i, id] of ids.entries()) await put(saver, at('t', undefined, i % 2 ? 'child' : ''), id, i)
  const listed = async (config: RunnableConfig, options: { limit?: number; before?: RunnableConfig }) =>
    (await all(saver.list(config, options))).map(({ checkpoint }) => checkpoint.id)
  const thread = { configurable: { thread_id: 't' } }
  const down = [...ids].sort().reverse()
  const isRoot = (id: string) => ids.indexOf(id) % 2 === 0
  expect(await listed(thread, { limit: 5 })).toEqual(down.slice(0, 5))
  expect(await listed(thread, { before: at('t', down[1005]) })).toEqual(down.slice(1006))
  expect(await listed(at('t'), { before: at('t', down[1]), limit: 3 })).toEqual(
    down.slice(2).filter(isRoot).slice(0, 3),
  )
  expect(await listed(at('t'), { limit: 0 })).toEqual([])
})

test('what is larger than the limit on context is refused whole', async () => {
  const saver = open(createMemoryStore(), 2000)
  await put(saver, at('t'), '1', 'small')
  await expect(put(saver, at('t'), '2', 'x'.repeat(2000))).rejects.toThrow('context')
  expect((await saver.getTuple(at('t')))?.checkpoint.id).toBe('1')
})

test('each change is one commit', async () => {
  const { store, take } = counting(createMemoryStore())
  const saver = open(store)
  await put(saver, at('t'), '0', 0)
  take()
  const cost = async (work: Promise<unknown>) => {
    await work
    return take()
  }
  const writes: [string, unknown][] = [
    ['x', 1],
    ['y', 2],
    [ERROR, 3],
  ]
  expect(await cost(put(saver, at('t', '0'), '1', 1))).toEqual({ commit: 1 })
  expect(await cost(saver.putWrites(at('t', '1'), writes, 'task'))).toEqual({ commit: 1 })
  // Refused once for what is there, then what remains.
  expect(await cost(saver.putWrites(at('t', '1'), writes, 'task'))).toEqual({ commit: 2 })
  expect(await cost(saver.getTuple(at('t')))).toEqual({ load: 1 })
  expect(await cost(saver.deleteThread('t'))).toEqual({ delete: 1 })
})
