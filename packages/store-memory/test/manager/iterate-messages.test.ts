import { SessionManager } from '@sess/core'
import { beforeEach, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'

let sessions: SessionManager
const id = 's'
const append = (count: number) =>
  sessions.addMessages(
    id,
    Array.from({ length: count }, () => ({ role: 'r', content: 1 })),
  )
const seqs = async (options?: Parameters<SessionManager['iterateMessages']>[1]) => {
  const seen: number[] = []
  for await (const message of sessions.iterateMessages(id, options)) seen.push(message.seq)
  return seen
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

beforeEach(async () => {
  sessions = new SessionManager({ store: createMemoryStore() })
  await sessions.createSession('u', { id, maxMessages: null })
})

it('iterateMessages gives all, whatever the size of a page', async () => {
  expect(await seqs()).toEqual([])
  await append(250)
  for (const pageSize of [1, 99, 125, 249, 250, 251, 1000])
    expect(await seqs({ pageSize })).toEqual(range(1, 250))
  expect(await seqs()).toEqual(range(1, 250))
  expect(await seqs({ afterSeq: 248 })).toEqual([249, 250])
  expect(await seqs({ afterSeq: 250 })).toEqual([])
  expect(await seqs({ afterSeq: 900 })).toEqual([])
})

it('iterateMessages gives what is appended meanwhile, each once and in order', async () => {
  await append(10)
  const seen: number[] = []
  for await (const { seq } of sessions.iterateMessages(id, { pageSize: 3 })) {
    seen.push(seq)
    if (seq <= 20) await append(1)
  }
  expect(seen).toEqual(range(1, 30))
})

it('iterateMessages goes on where messages were cut off before it, behind it and around it', async () => {
  await append(30)
  const seen: number[] = []
  for await (const { seq } of sessions.iterateMessages(id, { pageSize: 5 })) {
    seen.push(seq)
    if (seq === 5) await sessions.cutMessages(id, { beforeSeq: 9 })
    if (seq === 13) {
      await sessions.cutMessages(id, { afterSeq: 20 })
      await append(2)
    }
  }
  expect(seen).toEqual([...range(1, 5), ...range(9, 20), 32, 33])
})

it('iterateMessages ends where the newest messages were cut off, without looking for ever', async () => {
  await append(5)
  await sessions.popMessages(id, 2)
  expect(await seqs({ pageSize: 3 })).toEqual([1, 2, 3])
})

it('iterateMessages fails when the session goes, and when it is aborted', async () => {
  await append(10)
  const deleted = sessions.iterateMessages(id, { pageSize: 1 })
  await deleted.next()
  const abort = new AbortController()
  const aborted = sessions.iterateMessages(id, { pageSize: 1, signal: abort.signal })
  await aborted.next()
  abort.abort('enough')
  await expect(aborted.next()).rejects.toBe('enough')
  await sessions.deleteSession(id)
  await expect(deleted.next()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
})

it.each([0, -1, 1001, 1.5])('iterateMessages refuses a page of %d', async (pageSize) => {
  await expect(seqs({ pageSize })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
