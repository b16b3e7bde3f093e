import { SessionManager as Manager, type SessionManager, type UserSessions } from '@sess/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

let now: number
let sessions: SessionManager
let mine: UserSessions

beforeEach(async () => {
  now = 1000
  sessions = new Manager({ store: createMemoryStore({ now: () => now }) })
  mine = sessions.forUser('me')
  await mine.createSession({ id: 'mine' })
  // With ids and keys that a guess would hit.
  await sessions.createSession('other', {
    id: 'theirs',
    ttl: 100,
    messages: [{ id: 'm1', role: 'r', content: 'secret' }],
    context: { k: 'secret' },
  })
  await sessions.createSession(null, { id: 'nobodys' })
})

const first = async (pulses: AsyncIterable<unknown>) => {
  for await (const pulse of pulses) return pulse
}

type Call = readonly [name: keyof UserSessions, call: (s: UserSessions, id: string) => Promise<unknown>]
const message = { id: 'm1', role: 'r', content: 'secret' }
const calls: readonly Call[] = [
  ['addMessage', (s, id) => s.addMessage(id, { role: 'r', content: 1 })],
  // A repeat of what is there would otherwise be answered with it.
  ['addMessage', (s, id) => s.addMessage(id, message)],
  // And other content under its id with a CONFLICT that holds it.
  ['addMessages', (s, id) => s.addMessages(id, [{ ...message, content: 'guess' }])],
  ['amendMessage', (s, id) => s.amendMessage(id, 'm1', { content: 'defaced' })],
  ['commit', (s, id) => s.commit(id, { append: [message], set: [['k', 'defaced']] })],
  ['commit', (s, id) => s.commit(id, { unset: ['k'] }, { if: { version: 99 } })],
  ['commit', (s, id) => s.commit(id, {})],
  ['cutMessages', (s, id) => s.cutMessages(id, { afterSeq: 0 })],
  ['popMessages', (s, id) => s.popMessages(id)],
  ['getMessages', (s, id) => s.getMessages(id)],
  ['iterateMessages', (s, id) => s.iterateMessages(id).next()],
  ['getSession', (s, id) => s.getSession(id, { context: true, messages: true })],
  ['updateSession', (s, id) => s.updateSession(id, { userId: 'me' })],
  ['extendTTL', (s, id) => s.extendTTL(id, 'never')],
  ['setContext', (s, id) => s.setContext(id, 'k', 'defaced')],
  ['getContext', (s, id) => s.getContext(id, 'k')],
  ['listContext', (s, id) => s.listContext(id)],
  ['deleteContext', (s, id) => s.deleteContext(id, { prefix: '' })],
  ['watchSession', (s, id) => first(s.watchSession(id))],
  ['leaseSession', (s, id) => s.leaseSession(id, '1m')],
  ['openSession', (s, id) => s.openSession(id)],
]

describe.each(['theirs', 'nobodys', 'never-was'])("another's session '%s'", (id) => {
  it.each(calls.filter(([name]) => id !== 'never-was' || name !== 'openSession'))(
    'is SESSION_NOT_FOUND to %s',
    async (_, call) => {
      const untouched =
        id === 'never-was' ? undefined : await sessions.getSession(id, { context: true, messages: true })
      const error = await call(mine, id).catch((e: unknown) => e)
      expect(error).toMatchObject({ name: 'SessError', code: 'SESSION_NOT_FOUND', sessionId: id })
      expect(error).not.toHaveProperty('current')
      if (untouched)
        expect(await sessions.getSession(id, { context: true, messages: true })).toEqual(untouched)
    },
  )

  it('is not there for sessionExists and deleteSession', async () => {
    expect(await mine.sessionExists(id)).toBe(false)
    expect(await mine.deleteSession(id)).toBe(false)
    if (id !== 'never-was') expect(await sessions.sessionExists(id)).toBe(true)
  })
})

describe("another's session that has expired", () => {
  it('is not there either: whether it expired is nobody else’s business', async () => {
    now += 100
    for (const [name, call] of calls)
      if (name !== 'openSession')
        await expect(call(mine, 'theirs'), name).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    expect(await mine.deleteSession('theirs')).toBe(false)
    await expect(sessions.getSession('theirs')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' })
  })
})

describe('my own session', () => {
  it('is open to every call', async () => {
    await mine.addMessage('mine', message)
    // Each may fail for reasons of its own, but is let through.
    for (const [name, call] of calls)
      await call(mine, 'mine').catch((error) =>
        expect(error, name).not.toMatchObject({ code: 'SESSION_NOT_FOUND' }),
      )
    expect(await mine.sessionExists('mine')).toBe(true)
    expect(await mine.deleteSession('mine')).toBe(true)
    expect(await sessions.sessionExists('mine')).toBe(false)
  })

  it('that was handed over is mine no longer', async () => {
    await mine.updateSession('mine', { userId: 'other' })
    await expect(mine.getSession('mine')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  it('can be leased, and the lease extended and given back', async () => {
    const lease = await mine.leaseSession('mine', '1m')
    expect(await mine.leaseSession('mine', '1m')).toBeNull()
    const longer = await lease?.extend('2m')
    expect(longer?.token).toBe(lease?.token)
    expect(await longer?.release()).toBe(true)
    expect(await longer?.release()).toBe(false)
    const { context } = await mine.getSession('mine', { context: true })
    expect(context).toEqual({})
    expect(await mine.leaseSession('mine', '1m')).not.toBeNull()
  })
})

describe('my lists and counts', () => {
  it('are mine', async () => {
    expect(mine.userId).toBe('me')
    expect((await mine.listSessions()).sessions.map((session) => session.id)).toEqual(['mine'])
    expect(await mine.countUserSessions()).toBe(1)
    expect((await mine.createSession()).userId).toBe('me')
    expect((await mine.openSession('opened')).userId).toBe('me')
    expect(await mine.deleteUser()).toBe(3)
    expect(await sessions.sessionExists('theirs')).toBe(true)
    expect(await sessions.sessionExists('nobodys')).toBe(true)
  })
})

describe('users whose names look alike', () => {
  it.each(['Me', 'me ', ' me', 'ME', 'mé', 'me\u0301', 'me\u0000', 'm\u0435'])(
    '%j is not me',
    async (user) => {
      const theirs = sessions.forUser(user)
      await expect(theirs.getSession('mine')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
      expect(await theirs.countUserSessions()).toBe(0)
    },
  )
})
