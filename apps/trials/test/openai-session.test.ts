import {
  Agent,
  type AgentInputItem,
  MemorySession,
  Runner,
  setTracingDisabled,
  tool,
  UserError,
} from '@openai/agents'
import {
  assistantMessage,
  functionCall,
  modelResponder,
  modelResponse,
  ScriptedModel,
} from '@openai/agents/testing'
import { isSessError, SessionManager, type SessionStore } from '@sess/core'
import { createMemoryStore } from '@sess/store-memory'
import { beforeAll, describe, expect, test } from 'vitest'
import { SessSession } from '../src/openai-session.ts'
import { counting, interrupting, losing } from './support.ts'

const user = (content: string): AgentInputItem => ({ role: 'user', content })
const said = (text: string): AgentInputItem => assistantMessage(text)
const call = (callId: string, args = '{}'): Extract<AgentInputItem, { type: 'function_call' }> =>
  functionCall('look', args, { callId })

function open(store: SessionStore = createMemoryStore(), sessionId = 'c1', userId = 'u1') {
  return new SessSession(new SessionManager({ store }), userId, sessionId)
}

beforeAll(() => setTracingDisabled(true))

describe('beside the memory session of the framework', () => {
  const append = (operationId: string, ...items: AgentInputItem[]) => ({
    operationId,
    transaction: { type: 'append_items' as const, items },
  })
  const replace = (operationId: string, expectedSuffix: AgentInputItem[], replacement: AgentInputItem[]) => ({
    operationId,
    transaction: { type: 'replace_suffix' as const, expectedSuffix, replacement },
  })
  type Step = (s: MemorySession | SessSession) => unknown
  const image = { type: 'image', data: new Uint8Array([0, 127, 255]) }
  const steps: Record<string, Step> = {
    'reads an empty one': (s) => s.getItems(),
    'pops from an empty one': (s) => s.popItem(),
    'clears an empty one': (s) => s.clearSession(),
    'expects a suffix of an empty one': (s) => s.applyHistoryTransaction(replace('o0', [user('x')], [])),
    'adds nothing': (s) => s.addItems([]),
    'adds a turn': (s) => s.addItems([user('a'), said('b'), call('k1'), call('k2'), user('c')]),
    'reads the newest two': (s) => s.getItems(2),
    'reads none': (s) => s.getItems(0),
    'reads fewer than none': (s) => s.getItems(-1),
    'reads more than there are': (s) => s.getItems(5000),
    'pops the newest': (s) => s.popItem(),
    'appends once': (s) => s.applyHistoryTransaction(append('o1', user('d'), said('e'))),
    'appends the same again': (s) =>
      s.applyHistoryTransaction(append('o1', { content: 'd', role: 'user' } as AgentInputItem, said('e'))),
    'appends other content under the same id': (s) => s.applyHistoryTransaction(append('o1', user('D'))),
    'appends another type under the same id': (s) =>
      s.applyHistoryTransaction(replace('o1', [], [user('d'), said('e')])),
    'replaces the suffix': (s) =>
      s.applyHistoryTransaction(replace('o2', [said('e')], [said('E'), user('f')])),
    'replaces the same again': (s) =>
      s.applyHistoryTransaction(replace('o2', [said('e')], [said('E'), user('f')])),
    'replaces a suffix that is not there': (s) => s.applyHistoryTransaction(replace('o3', [said('z')], [])),
    'replaces more than there is': (s) =>
      s.applyHistoryTransaction(replace('o4', Array(50).fill(said('z')), [])),
    'replaces nothing by something': (s) => s.applyHistoryTransaction(replace('o5', [], [user('g')])),
    'replaces something by nothing': (s) => s.applyHistoryTransaction(replace('o6', [user('g')], [])),
    'refuses a blank id': (s) => s.applyHistoryTransaction(append('  ', user('h'))),
    'refuses an unknown type': (s) =>
      s.applyHistoryTransaction({ operationId: 'o7', transaction: { type: 'drop' } as never }),
    'refuses a date': (s) =>
      s.applyHistoryTransaction(append('o8', { ...user('h'), providerData: { at: new Date(0) } })),
    'takes odd operation ids': async (s) => {
      for (const id of ['__proto__', 'sess:x', '\ud800', '\ufffd', 'é/%'.repeat(200), 'a', 'A', 'a '])
        await s.applyHistoryTransaction(append(id, user(id.slice(0, 3))))
    },
    'keeps bytes': (s) =>
      s.addItems([
        {
          type: 'function_call_result',
          name: 'look',
          callId: 'k1',
          status: 'completed',
          output: image,
        } as never,
      ]),
    'keeps what looks like marked bytes': (s) =>
      s.addItems([{ ...user('h'), providerData: { $bytes: 'AA==', $$bytes: [{ $bytes: 1 }] } }]),
    'keeps __proto__': (s) =>
      s.addItems([{ ...user('h'), providerData: JSON.parse('{"__proto__":{"a":1}}') }]),
    clears: (s) => s.clearSession(),
    'has forgotten its operations': (s) => s.applyHistoryTransaction(append('o1', user('new'))),
  }

  test('each step of a script answers the same and leaves the same history', async () => {
    const ours = open()
    const theirs = new MemorySession()
    const outcome = async (step: Step, on: MemorySession | SessSession) => {
      const answer = await Promise.resolve(step(on)).catch((error: Error) =>
        error instanceof UserError || isSessError(error, 'INVALID_ARGUMENT') ? 'refused' : error,
      )
      return { answer, items: await on.getItems() }
    }
    for (const [name, step] of Object.entries(steps))
      expect(await outcome(async (s) => step(s), ours), name).toEqual(
        await outcome(async (s) => step(s), theirs),
      )
  })

  test('a history of 1,000 items, and of more than a page, is the same and in order', async () => {
    const ours = open()
    const theirs = new MemorySession()
    for (const size of [1000, 1, 1499]) {
      const items = Array.from({ length: size }, (_, i) => user(`${size}/${i}`))
      await ours.addItems(items)
      await theirs.addItems(items)
      expect(await ours.getItems()).toEqual(await theirs.getItems())
    }
    expect(await ours.getItems(1800)).toEqual(await theirs.getItems(1800))
  })
})

test('what JSON would bend is refused, and nothing is changed', async () => {
  const session = open()
  await session.addItems([user('a')])
  for (const bad of [new Date(), Number.NaN, 1n, new Map(), Symbol('s'), () => 1, new Float32Array(1)]) {
    const items = [user('b'), { ...user('c'), providerData: { deep: { bad } } }]
    await expect(session.addItems(items)).rejects.toThrow()
    const transaction = { type: 'append_items' as const, items }
    await expect(session.applyHistoryTransaction({ operationId: 'o', transaction })).rejects.toThrow()
  }
  expect(await session.getItems()).toEqual([user('a')])
  await session.applyHistoryTransaction({
    operationId: 'o',
    transaction: { type: 'append_items', items: [user('d')] },
  })
  expect(await session.getItems()).toEqual([user('a'), user('d')])
})

test('a member that is undefined is left out, as the items of the framework have some; in a list it is refused', async () => {
  const session = open()
  await session.addItems([{ ...user('a'), id: undefined, providerData: { x: undefined, y: 1 } }])
  expect(await session.getItems()).toStrictEqual([{ ...user('a'), providerData: { y: 1 } }])
  await expect(session.addItems([{ ...user('b'), providerData: { list: [undefined] } }])).rejects.toThrow()
  await expect(session.addItems([undefined as never])).rejects.toThrow()
  expect(await session.getItems()).toHaveLength(1)
})

test('nothing is shared with the caller', async () => {
  const session = open()
  const item = { ...user('a'), providerData: { list: [1], bytes: new Uint8Array([1]) } }
  await session.addItems([item])
  item.providerData.list.push(2)
  item.providerData.bytes[0] = 9
  const read = (await session.getItems())[0] as typeof item
  read.providerData.list.push(3)
  read.providerData.bytes[0] = 8
  expect(await session.getItems()).toEqual([
    { ...user('a'), providerData: { list: [1], bytes: new Uint8Array([1]) } },
  ])
})

describe('with a runner', () => {
  const look = tool({
    name: 'look',
    description: 'looks',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    execute: async () => 'seen',
  })
  const agentWith = (model: ScriptedModel) => new Agent({ name: 'a', model, tools: [look] })
  const script = () =>
    new ScriptedModel([
      modelResponse([functionCall('look', {}, { callId: 'k1' })]),
      modelResponse([assistantMessage('one')]),
      modelResponse([assistantMessage('two')]),
    ])

  test('two turns leave what the memory session has, and the second sees the first', async () => {
    const histories = []
    for (const session of [open(), new MemorySession()]) {
      const model = script()
      const agent = agentWith(model)
      const runner = new Runner()
      expect((await runner.run(agent, 'hi', { session })).finalOutput).toBe('one')
      const streamed = await runner.run(agent, 'more', { session, stream: true })
      await streamed.completed
      expect(streamed.finalOutput).toBe('two')
      expect(model.lastCall?.request.input).toHaveLength(5)
      histories.push(await session.getItems())
    }
    expect(histories[0]).toHaveLength(6)
    expect(histories[0]).toEqual(histories[1])
  })

  test('a run costs one load at its start and one commit at its end', async () => {
    const { store, take } = counting(createMemoryStore())
    const session = open(store)
    const agent = agentWith(script())
    await new Runner().run(agent, 'hi', { session })
    // The session is made by the first.
    expect(take()).toEqual({ load: 2, commit: 2, create: 1 })
    await new Runner().run(agent, 'more', { session })
    expect(take()).toEqual({ load: 1, commit: 1 })
  })

  test('two runs at once on one session lose nothing', async () => {
    const store = createMemoryStore()
    let arrived = 0
    let release = () => {}
    const both = new Promise<void>((resolve) => {
      release = resolve
    })
    const run = async (name: string) => {
      const respond = async () => {
        if (++arrived === 2) release()
        await both
        return [assistantMessage(`to ${name}`)]
      }
      await new Runner().run(agentWith(new ScriptedModel([modelResponder(respond)])), name, {
        session: open(store),
      })
    }
    await Promise.all([run('x'), run('y')])
    const texts = (await open(store).getItems()).map((item) =>
      JSON.stringify((item as { content: unknown }).content),
    )
    expect(texts).toHaveLength(4)
    for (const name of ['x', 'y']) {
      const at = texts.indexOf(`"${name}"`)
      // A turn stays together.
      expect(texts[at + 1]).toContain(`to ${name}`)
    }
  })

  test('a lost answer to the one commit of a run loses and doubles nothing', async () => {
    for (const calls of [['create'], ['commit'], ['commit', 'commit']] as const) {
      const { store, lose, lost } = losing(createMemoryStore())
      const session = open(store)
      if (calls[0] === 'commit') await session.addItems([user('old')])
      for (const name of calls) lose(name)
      await new Runner().run(agentWith(new ScriptedModel([[assistantMessage('hi')]])), 'new', { session })
      expect(lost).toEqual(calls)
      expect(await session.getItems()).toHaveLength(calls[0] === 'commit' ? 3 : 2)
    }
  })
})

describe('a lost answer', () => {
  const four = [user('1'), user('2'), user('3'), user('4')]
  const operation = {
    operationId: 'o',
    transaction: { type: 'replace_suffix' as const, expectedSuffix: [user('4')], replacement: [user('5')] },
  }
  async function losingOpen() {
    const { store, lose, lost } = losing(createMemoryStore())
    const session = open(store)
    await session.addItems(four)
    return { session, lose, lost, store }
  }

  test('pops one and no more', async () => {
    const { session, lose, lost } = await losingOpen()
    lose('commit')
    expect(await session.popItem()).toEqual(user('4'))
    expect(lost).toEqual(['commit'])
    expect(await session.getItems()).toEqual(four.slice(0, 3))
  })

  test('replaces a suffix once, and the caller may repeat it as well', async () => {
    const { session, lose, lost } = await losingOpen()
    lose('commit')
    await session.applyHistoryTransaction(operation)
    await session.applyHistoryTransaction(operation)
    expect(lost).toEqual(['commit'])
    expect(await session.getItems()).toEqual([...four.slice(0, 3), user('5')])
  })

  test('that does not come at all is told, and a later repeat is the same operation', async () => {
    const { session, lose } = await losingOpen()
    lose('commit')
    lose('load', 3)
    await expect(session.applyHistoryTransaction(operation)).rejects.toSatisfy((error) =>
      isSessError(error, 'STORE_UNAVAILABLE'),
    )
    await session.applyHistoryTransaction(operation)
    expect(await session.getItems()).toEqual([...four.slice(0, 3), user('5')])
  })

  test('clears once', async () => {
    const { session, lose } = await losingOpen()
    lose('commit')
    await session.clearSession()
    expect(await session.getItems()).toEqual([])
  })
})

describe('races', () => {
  const operation = (operationId: string, text: string) => ({
    operationId,
    transaction: { type: 'append_items' as const, items: [user(text)] },
  })

  test('of one operation from many processes, it is applied once', async () => {
    const store = createMemoryStore()
    await Promise.all(
      Array.from({ length: 20 }, () => open(store).applyHistoryTransaction(operation('o', 'a'))),
    )
    expect(await open(store).getItems()).toEqual([user('a')])
  })

  test('of one id with two contents, one is refused', async () => {
    const store = createMemoryStore()
    const results = await Promise.allSettled(
      ['a', 'b'].map((text) => open(store).applyHistoryTransaction(operation('o', text))),
    )
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await open(store).getItems()).toHaveLength(1)
  })

  test('with the same operation applied between read and write, it is applied once, and other content is refused', async () => {
    for (const text of ['a', 'b']) {
      const inner = createMemoryStore()
      const { store, before } = interrupting(inner)
      const session = open(store)
      await session.addItems([user('old')])
      before('commit', () => open(inner).applyHistoryTransaction(operation('o', 'a')))
      const result = session.applyHistoryTransaction(operation('o', text))
      if (text === 'a') await result
      else await expect(result).rejects.toThrow('another transaction')
      expect(await session.getItems()).toEqual([user('old'), user('a')])
    }
  })

  test('with an append in between, a suffix no longer matches and nothing is changed', async () => {
    const inner = createMemoryStore()
    const { store, before } = interrupting(inner)
    const session = open(store)
    await session.addItems([user('a')])
    before('commit', () => open(inner).addItems([user('b')]))
    const transaction = {
      type: 'replace_suffix' as const,
      expectedSuffix: [user('a')],
      replacement: [user('A')],
    }
    await expect(session.applyHistoryTransaction({ operationId: 'o', transaction })).rejects.toThrow('suffix')
    expect(await session.getItems()).toEqual([user('a'), user('b')])
  })

  test('of poppers, each item goes to one', async () => {
    const store = createMemoryStore()
    const items = Array.from({ length: 10 }, (_, i) => user(`${i}`))
    await open(store).addItems(items)
    const popped = await Promise.all(items.map(() => open(store).popItem()))
    expect(new Set(popped.map((item) => JSON.stringify(item))).size).toBe(10)
    expect(await open(store).getItems()).toEqual([])
  })

  test('of a rewind with a long read, the pages fit together', async () => {
    const inner = createMemoryStore()
    const { store, before } = interrupting(inner)
    const session = open(store)
    const items = Array.from({ length: 1500 }, (_, i) => user(`${i}`))
    await session.addItems(items)
    // The first page is read, then all is written anew before the second.
    before('load', async () => {
      before('load', async () => {
        await open(inner).clearSession()
        await open(inner).addItems([user('new')])
      })
    })
    expect(await session.getItems()).toEqual([user('new')])
  })
})

test('another user sees nothing of it and changes nothing in it, not even by its id', async () => {
  const store = createMemoryStore()
  const mine = open(store)
  await mine.addItems([user('a')])
  expect(await open(store, 'c1', 'u2').getItems()).toEqual([])
  const theirs = open(store, await mine.getSessionId(), 'u2')
  expect(await theirs.getItems()).toEqual([])
  expect(await theirs.popItem()).toBeUndefined()
  await theirs.clearSession()
  await expect(theirs.addItems([user('b')])).rejects.toThrow('no session')
  const transaction = { type: 'append_items' as const, items: [user('b')] }
  await expect(theirs.applyHistoryTransaction({ operationId: 'o', transaction })).rejects.toThrow(
    'no session',
  )
  expect(await mine.getItems()).toEqual([user('a')])
})

test('an expired conversation starts anew', async () => {
  let now = 1_000_000
  const session = open(createMemoryStore({ now: () => now }))
  await session.addItems([user('a')])
  now += 25 * 3_600_000
  expect(await session.getItems()).toEqual([])
  expect(await session.popItem()).toBeUndefined()
  await session.addItems([user('b')])
  expect(await session.getItems()).toEqual([user('b')])
})

test('each change is one commit', async () => {
  const { store, take } = counting(createMemoryStore())
  const session = open(store)
  const items = [user('a'), user('b'), call('k')]
  await session.addItems(items)
  take()
  const cost = async (work: Promise<unknown>) => {
    await work
    return take()
  }
  expect(await cost(session.getItems())).toEqual({ load: 1 })
  expect(await cost(session.addItems(items))).toEqual({ commit: 1 })
  expect(await cost(session.popItem())).toEqual({ load: 1, commit: 1 })
  expect(
    await cost(
      session.applyHistoryTransaction({ operationId: 'o1', transaction: { type: 'append_items', items } }),
    ),
  ).toEqual({ load: 1, commit: 1 })
  expect(
    await cost(
      session.applyHistoryTransaction({
        operationId: 'o2',
        transaction: { type: 'replace_suffix', expectedSuffix: items, replacement: items.slice(1) },
      }),
    ),
  ).toEqual({ load: 1, commit: 1 })
  expect(await cost(session.clearSession())).toEqual({ commit: 1 })
})
