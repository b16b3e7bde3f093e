import { inspect } from 'node:util'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Change, type NewSession, SessError, SessionManager, type StandardSchema } from '../src/index.ts'
import { FakeStore, sessionOf } from './fake-store.ts'

const changeOf = (store: FakeStore) => store.only.args[1] as Change
const createdOf = (store: FakeStore) => store.only.args[0] as NewSession

describe.each([
  [
    'zod',
    {
      content: z.object({
        text: z.string().transform((text) => text.length),
        tag: z.string().default('none'),
      }),
      messageMetadata: z.object({ at: z.iso.date().transform((date) => Date.parse(date)) }),
      context: { count: z.coerce.number(), note: z.string().refine(async (note) => note !== 'taken') },
      metadata: z.object({ title: z.string().trim() }),
    },
  ],
  [
    'valibot',
    {
      content: v.object({
        text: v.pipe(
          v.string(),
          v.transform((text) => text.length),
        ),
        tag: v.optional(v.string(), 'none'),
      }),
      messageMetadata: v.object({
        at: v.pipe(
          v.string(),
          v.isoDate(),
          v.transform((date) => Date.parse(date)),
        ),
      }),
      context: {
        count: v.pipe(v.unknown(), v.transform(Number), v.number()),
        note: v.pipeAsync(
          v.string(),
          v.checkAsync(async (note) => note !== 'taken'),
        ),
      },
      metadata: v.object({ title: v.pipe(v.string(), v.trim()) }),
    },
  ],
])('schemas of %s', (_, schemas) => {
  const open = () => {
    const store = new FakeStore()
    // The two libraries' types are tried in schema.test-d.ts; here their values.
    return { store, sessions: new SessionManager({ store, schemas: schemas as { content: StandardSchema } }) }
  }
  type Any = Parameters<ReturnType<typeof open>['sessions']['commit']>[1]

  it('write what the schema makes of each part of a commit', async () => {
    const { store, sessions } = open()
    await sessions.commit('s', {
      amend: [{ id: 'm0', content: { text: 'ab', tag: 'x' } }],
      append: [{ role: 'user', content: { text: 'abc' }, metadata: { at: '1970-01-02' } }],
      set: [
        ['count', '7'],
        ['note', 'free'],
        ['no schema', [1]],
      ],
    } as Any)
    const { amend, append, set } = changeOf(store)
    expect(amend).toEqual([{ id: 'm0', content: { text: 2, tag: 'x' } }])
    expect(append?.[0]).toMatchObject({ content: { text: 3, tag: 'none' }, metadata: { at: 86_400_000 } })
    expect(set).toEqual([
      ['count', 7],
      ['note', 'free'],
      ['no schema', [1]],
    ])
  })

  it('write what the schema makes of each part of a new session', async () => {
    const { store, sessions } = open()
    await sessions.createSession('u', {
      metadata: { title: ' Hello ' },
      context: { count: '3' },
      messages: [{ role: 'user', content: { text: '' }, metadata: { at: '1970-01-02' } }],
    } as never)
    const created = createdOf(store)
    expect(created.metadata).toEqual({ title: 'Hello' })
    expect(created.context).toEqual([['count', 3]])
    expect(created.messages[0]?.content).toEqual({ text: 0, tag: 'none' })
  })

  it.each([
    ['content.text', { append: [{ role: 'user', content: { text: 5_318_008 } }] }],
    ['content', { append: [{ role: 'user', content: 'hunter2 5318008' }] }],
    ['metadata.at', { append: [{ role: 'r', content: { text: '' }, metadata: { at: '5318008' } }] }],
    ['content.tag', { amend: [{ id: 'm', content: { text: '', tag: 5_318_008 } }] }],
    ['context.count', { set: [['count', '5318008x']] }],
    ['context.note', { set: [['note', 'taken']] }],
  ])('refuse by the path %s, and write nothing', async (path, change) => {
    const { store, sessions } = open()
    const error = await sessions.commit('s', change as Any).catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `commit: refused by its schema: ${path}`,
    })
    expect((error as SessError).issues).toBeInstanceOf(Array)
    expect(store.calls).toEqual([])
  })

  it('refuse metadata at creation, naming the call', async () => {
    const { store, sessions } = open()
    await expect(sessions.createSession('u', { metadata: { title: 5 } } as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'createSession: refused by its schema: metadata.title',
    })
    expect(store.calls).toEqual([])
  })

  it('name the call that was made', async () => {
    const { store, sessions } = open()
    store.answers.load = [
      () => {
        throw new SessError('SESSION_NOT_FOUND', 'load: nobody has it yet')
      },
    ]
    for (const [call, make] of [
      ['addMessage', () => sessions.addMessage('s', { role: 'r', content: 1 })],
      ['addMessages', () => sessions.addMessages('s', [{ role: 'r', content: 1 }])],
      ['amendMessage', () => sessions.amendMessage('s', 'm', { content: 1 })],
      ['setContext', () => sessions.setContext('s', 'count', 'x')],
      ['openSession', () => sessions.openSession('u', 's', { messages: [{ role: 'r', content: 1 }] })],
    ] as const)
      await expect(make(), call).rejects.toThrow(`${call}: refused by its schema`)
  })

  it('never touch what is read', async () => {
    const { store, sessions } = open()
    const message = {
      id: 'm',
      seq: 1,
      role: 'r',
      content: 'old form',
      metadata: {},
      createdAt: 1,
      version: 1,
    }
    store.answers.load = [
      () => ({
        session: sessionOf({ metadata: { other: 'x' } }),
        messages: [message],
        context: [['count', 'old']],
      }),
    ]
    expect(await sessions.getSession('s', { context: true, messages: true })).toMatchObject({
      metadata: { other: 'x' },
      messages: [message],
      context: { count: 'old' },
    })
  })
})

describe('a schema', () => {
  const failing = (result: () => unknown): StandardSchema => ({
    '~standard': { version: 1, vendor: 'test', validate: result as never },
  })
  const write = (content: StandardSchema, value: unknown = 1) => {
    const store = new FakeStore()
    const sessions = new SessionManager({ store, schemas: { content } })
    return { store, result: sessions.addMessage('s', { role: 'r', content: value }) }
  }

  it('may give the steps of a path as objects, numbers and symbols', async () => {
    const path = [{ key: 'parts' }, 0, Symbol('s'), 'x']
    const { result } = write(failing(() => ({ issues: [{ message: 'bad', path }] })))
    await expect(result).rejects.toThrow('addMessage: refused by its schema: content.parts.0.Symbol(s).x')
  })

  it('has at most ten paths named', async () => {
    const issues = Array.from({ length: 30 }, (_, i) => ({ message: 'bad', path: [i] }))
    const { result } = write(failing(() => ({ issues })))
    await expect(result).rejects.toThrow(/content\.9$/)
  })

  it('may not give what JSON cannot carry', async () => {
    const { result, store } = write(failing(() => ({ value: new Date(0) })))
    await expect(result).rejects.toThrow('addMessage: content is a Date')
    expect(store.calls).toEqual([])
  })

  it('is not taken from the prototype of the object that holds it', async () => {
    const store = new FakeStore()
    const sessions = new SessionManager({ store, schemas: { context: {} } as never })
    await sessions.setContext('s', 'toString' as never, 1 as never)
    expect(changeOf(store).set).toEqual([['toString', 1]])
  })

  it('of the content shows none of it in a log of the error', async () => {
    const secret = 'hunter2'
    for (const schema of [z.number(), v.number()]) {
      const error = await write(schema as StandardSchema, secret).result.catch((e: unknown) => e)
      expect((error as Error).message).not.toContain(secret)
      expect(inspect(error, { depth: 9 })).not.toContain(secret)
    }
  })

  it('is asked also about what was left out', async () => {
    const store = new FakeStore()
    const sessions = new SessionManager({
      store,
      schemas: {
        messageMetadata: z.object({ model: z.string() }),
        metadata: z.object({ title: z.string() }),
      },
    })
    // Else `message.metadata.model` is typed as text and is not there.
    const refused = { code: 'INVALID_ARGUMENT' }
    await expect(sessions.addMessage('s', { role: 'r', content: 1 })).rejects.toMatchObject(refused)
    await expect(sessions.createSession('u')).rejects.toMatchObject(refused)
  })

  it('may fill in what was left out', async () => {
    const store = new FakeStore()
    const sessions = new SessionManager({
      store,
      schemas: {
        messageMetadata: z.object({ model: z.string().default('none') }),
        metadata: z.object({ title: z.string().default('untitled') }),
      },
    })
    await sessions.addMessage('s', { role: 'r', content: 1 })
    await sessions.createSession('u', { messages: [{ role: 'r', content: 1 }] })
    const [commit, create] = store.calls
    expect(commit?.args[1]).toMatchObject({ append: [{ metadata: { model: 'none' } }] })
    expect(create?.args[0]).toMatchObject({
      metadata: { title: 'untitled' },
      messages: [{ metadata: { model: 'none' } }],
    })
  })

  it('that throws is told as an error of ours', async () => {
    const { result } = write(
      failing(() => {
        throw new TypeError('in a transform')
      }),
    )
    await expect(result).rejects.toMatchObject({ name: 'SessError', code: 'INVALID_ARGUMENT' })
  })
})
