import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type Json, type JsonObject, type Message, SessionManager, type SessionStore } from '../src/index.ts'

declare const store: SessionStore
const id = 's'

describe('a schema of metadata', () => {
  it('must give text', () => {
    // @ts-expect-error
    new SessionManager({ store, schemas: { metadata: z.object({ n: z.number() }) } })
    new SessionManager({ store, schemas: { metadata: z.object({ n: z.string().optional() }) } })
  })
})

describe('types inferred from schemas of zod', () => {
  const sessions = new SessionManager({
    store,
    schemas: {
      content: z.object({
        text: z.string().transform((text) => text.length),
        tag: z.string().default('none'),
      }),
      messageMetadata: z.object({ model: z.string() }),
      context: { count: z.coerce.number<string>(), prefs: z.object({ theme: z.enum(['dark', 'light']) }) },
      metadata: z.object({ title: z.string(), channel: z.string().optional() }),
    },
  })

  it('are the input on the way in', () => {
    sessions.addMessage(id, { role: 'r', content: { text: 'x' } })
    sessions.setContext(id, 'count', '5')
    sessions.createSession('u', { metadata: { title: 'x' }, context: { count: '5' } })
    sessions.commit(id, { set: [['prefs', { theme: 'dark' }]] })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: { text: 5 } })
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: {} })
    // @ts-expect-error
    sessions.setContext(id, 'count', 5)
    // @ts-expect-error
    sessions.setContext(id, 'other', 5)
    // @ts-expect-error
    sessions.commit(id, { set: [['prefs', { theme: 'blue' }]] })
    // @ts-expect-error
    sessions.createSession('u', { metadata: { channel: 'x' } })
    // @ts-expect-error
    sessions.updateSession(id, { metadata: { title: 5 } })
  })

  it('are the output on the way out', async () => {
    const session = await sessions.getSession(id, { context: true, messages: true })
    const [message] = session.messages
    expectTypeOf(message).toEqualTypeOf<
      Message<{ text: number; tag: string }, { model: string }> | undefined
    >()
    expectTypeOf(session.context.count).toEqualTypeOf<number | undefined>()
    expectTypeOf(session.context.prefs).toEqualTypeOf<{ theme: 'dark' | 'light' } | undefined>()
    expectTypeOf(session.metadata).toEqualTypeOf<{ title: string; channel?: string | undefined }>()
    expectTypeOf(sessions.getContext(id, 'count')).resolves.toEqualTypeOf<number | undefined>()
    expectTypeOf(sessions.addMessage(id, { role: 'r', content: { text: '' } }))
      .resolves.toHaveProperty('content')
      .toEqualTypeOf<{ text: number; tag: string }>()
  })

  it('are the same for one user', async () => {
    const mine = sessions.forUser('u')
    expectTypeOf(mine.getContext(id, 'count')).resolves.toEqualTypeOf<number | undefined>()
    // @ts-expect-error
    mine.setContext(id, 'count', 5)
  })
})

describe('types inferred from schemas of valibot', () => {
  const sessions = new SessionManager({
    store,
    schemas: {
      content: v.union([v.string(), v.array(v.object({ type: v.literal('text'), text: v.string() }))]),
      context: {
        count: v.pipe(
          v.string(),
          v.transform((text) => Number(text)),
        ),
      },
    },
  })

  it('are input and output, and JSON where there is no schema', () => {
    expectTypeOf(sessions.getMessages(id)).resolves.toEqualTypeOf<
      readonly Message<string | { type: 'text'; text: string }[], JsonObject>[]
    >()
    expectTypeOf(sessions.getContext(id, 'count')).resolves.toEqualTypeOf<number | undefined>()
    sessions.setContext(id, 'count', '5')
    // @ts-expect-error
    sessions.setContext(id, 'count', 5)
    // @ts-expect-error
    sessions.addMessage(id, { role: 'r', content: [{ type: 'image' }] })
  })
})

describe('a manager with one schema', () => {
  it('leaves the other parts JSON', () => {
    const sessions = new SessionManager({ store, schemas: { content: z.string() } })
    expectTypeOf(sessions.getContext(id, 'any')).resolves.toEqualTypeOf<Json | undefined>()
    expectTypeOf(sessions.getMessages(id)).resolves.toEqualTypeOf<readonly Message<string, JsonObject>[]>()
  })

  it('takes no schema for a part that there is not', () => {
    // @ts-expect-error
    new SessionManager({ store, schemas: { contents: z.string() } })
    // @ts-expect-error
    new SessionManager({ store, schemas: { content: 'string' } })
  })
})
