import { SessionManager } from '@sess/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

let sessions: SessionManager
const message = { role: 'user', content: 'Hello' }

beforeEach(() => {
  sessions = new SessionManager({ store: createMemoryStore() })
})

describe('forUser(null)', () => {
  it('reaches what belongs to nobody, and nothing that belongs to a user', async () => {
    const nobody = sessions.forUser(null)
    const { id, userId } = await nobody.createSession()
    expect(userId).toBeNull()
    await nobody.addMessage(id, message)
    const bobs = await sessions.createSession('bob')
    await expect(nobody.addMessage(bobs.id, message)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    expect(await nobody.deleteSession(bobs.id)).toBe(false)
    expect((await sessions.getSession(bobs.id)).messageCount).toBe(0)
    await expect(sessions.forUser('bob').getSession(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
  })

  it.each(['listSessions', 'countUserSessions', 'deleteUser'] as const)(
    'has no %s: what belongs to nobody is in no list or count',
    async (call) => {
      await expect(sessions.forUser(null)[call]()).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(call),
      })
    },
  )
})

describe('listAllSessions', () => {
  it("walks over everybody's and nobody's sessions, each once", async () => {
    const ids = new Set<string>()
    for (const userId of ['a', null, 'b', 'a', null]) ids.add((await sessions.createSession(userId)).id)
    const seen: string[] = []
    let cursor: string | null | undefined
    while (cursor !== null) {
      const page = await sessions.listAllSessions({ limit: 2, ...(cursor !== undefined && { cursor }) })
      for (const { id } of page.sessions) {
        seen.push(id)
        await sessions.addMessage(id, message)
      }
      cursor = page.nextCursor
    }
    expect(seen).toHaveLength(5)
    expect(new Set(seen)).toEqual(ids)
  })
})

describe('a condition on createdAt', () => {
  it('keeps a commit from another session under the same id', async () => {
    let now = 1000
    const own = new SessionManager({ store: createMemoryStore({ now: () => now }) })
    const first = await own.createSession('u', { id: 's', messages: [message] })
    await own.deleteSession('s')
    now = 2000
    await own.createSession('u', { id: 's', messages: [message] })
    const seen = { lastSeq: first.lastSeq, createdAt: first.createdAt }
    await expect(own.commit('s', { cut: { newest: 1 } }, { if: seen })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(await own.getMessages('s')).toHaveLength(1)
  })
})

describe('reserved keys', () => {
  it('cannot be asked for in a condition either', async () => {
    const { id } = await sessions.createSession('u')
    const asked = sessions.commit(id, { set: [['k', 1]] }, { if: { absent: ['sess:lease'] } })
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
