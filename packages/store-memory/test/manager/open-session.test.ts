import { deriveSessionId, SessionManager } from '@sess/core'
import { expect, it } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

it('openSession of a hundred at once makes one session', async () => {
  const store = createMemoryStore()
  let created = 0
  const create: typeof store.create = async (...args) => {
    const session = await store.create(...args)
    created++
    return session
  }
  // Each call waits a while, so that all look before the first has made it.
  const slow = new Proxy(store, {
    get: (target, name) => {
      const member = name === 'create' ? create : Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        await new Promise((resolve) => setImmediate(resolve))
        return Reflect.apply(member, target, args)
      }
    },
  })
  const sessions = new SessionManager({ store: slow })
  const id = await deriveSessionId('u', 'thread-1')
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, i) => sessions.openSession('u', id, { metadata: { by: `${i}` } })),
  )
  expect(created).toBe(1)
  for (const session of all) expect(session).toEqual(all[0])
  expect(await sessions.countUserSessions('u')).toBe(1)
})

it('openSession of two users at once is for one of them', async () => {
  const sessions = new SessionManager({ store: createMemoryStore() })
  const results = await Promise.allSettled(['u', 'v'].map((user) => sessions.openSession(user, 's')))
  const [won, lost] = [...results].sort((a) => (a.status === 'fulfilled' ? -1 : 1))
  expect(won).toMatchObject({ status: 'fulfilled', value: { id: 's' } })
  expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_NOT_FOUND' } })
})

it('openSession leaves a session that is there as it is', async () => {
  const sessions = new SessionManager({ store: createMemoryStore() })
  const made = await sessions.openSession('u', 's', { metadata: { a: '1' } })
  expect(await sessions.openSession('u', 's', { metadata: { a: '2' }, ttl: 5 })).toEqual(made)
  expect(await sessions.openSession(null, 'of nobody')).toMatchObject({ userId: null })
  expect(await sessions.openSession(null, 'of nobody')).toMatchObject({ version: 1 })
})

it('openSession over an expired one begins anew', async () => {
  let now = 1000
  const sessions = new SessionManager({ store: createMemoryStore({ now: () => now }) })
  await sessions.openSession('u', 's', { ttl: 5, messages: [{ role: 'r', content: 1 }] })
  now += 5
  expect(await sessions.openSession('u', 's')).toMatchObject({ messageCount: 0, createdAt: 1005 })
  // Also over that of another user, of which it may not even tell that it was there.
  await sessions.updateSession('s', { ttl: 5 })
  now += 5
  expect(await sessions.openSession('v', 's')).toMatchObject({ userId: 'v' })
  expect(await sessions.countUserSessions('u')).toBe(0)
})
