import type {
  Change,
  CommitOptions,
  Committed,
  ListQuery,
  Loaded,
  NewMessage,
  NewSession,
  SessErrorCode,
  SessionStore,
} from '@sess/core'
import { isSessError, type SessError } from '@sess/core'
import { equal, holds, rejects } from './check.ts'
import type { Kit } from './law.ts'
import { newSession } from './new-session.ts'

// What several groups of laws do alike.

/** Waits until a session of this lifetime has expired; a server's clock that lags behind ours is waited for. */
export async function expire(kit: Kit, id: string, ttlMs: number): Promise<void> {
  await kit.pass(ttlMs)
  if (kit.harness.advance) return
  await until(`session ${id} to expire`, async () => {
    try {
      await kit.store.load(id)
      return false
    } catch (error) {
      if (isSessError(error)) return true
      throw error
    }
  })
}

/** Creates a session and lets its lifetime pass. */
export async function expired(kit: Kit, fields: Parameters<Kit['create']>[0] = {}) {
  const ttlMs = kit.lifetimeMs
  const session = await kit.create({ ttlMs, ...fields })
  await expire(kit, session.id, ttlMs)
  return session
}

/** Polls for up to five seconds. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000
  while (!(await isSo())) {
    holds(Date.now() < end, `waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Messages with the given texts, or that many. */
export function messages(kit: Kit, what: number | readonly string[]): NewMessage[] {
  const texts = typeof what === 'number' ? Array.from({ length: what }, (_, i) => `text ${i + 1}`) : what
  return texts.map((content) => kit.message({ content }))
}

/** Appends messages with new ids; answers what was committed. */
export async function append(kit: Kit, id: string, what: number | readonly string[]): Promise<Committed> {
  return kit.store.commit(id, { append: messages(kit, what) })
}

/** Everything of a session with up to 1,000 messages. */
export async function everything(kit: Kit, id: string): Promise<Loaded> {
  return kit.store.load(id, { messages: { last: 1000 }, context: true })
}

/** That a commit fails with this code and leaves the session as it was. */
export async function refuses(
  kit: Kit,
  code: SessErrorCode,
  id: string,
  change: Change,
  options?: CommitOptions,
): Promise<SessError> {
  const before = await everything(kit, id)
  const what = `commit of ${Object.keys(change).join(', ') || 'nothing'}`
  const error = await rejects(code, what, () => kit.store.commit(id, change, options))
  equal(await everything(kit, id), before, `the session after a refused ${what}`)
  return error
}

/** The seqs of messages. */
export function seqs(list: readonly { readonly seq: number }[] | undefined): number[] {
  return (list ?? []).map(({ seq }) => seq)
}

/** The ids of messages or sessions. */
export function ids(list: readonly { readonly id: string }[] | undefined): string[] {
  return (list ?? []).map(({ id }) => id)
}

/** 1, 2, … n, or from another start. */
export function range(n: number, from = 1): number[] {
  return Array.from({ length: n }, (_, i) => from + i)
}

/** A session for `create` called directly. */
export const NEW_SESSION: NewSession = newSession('new', { userId: 'user' })

/** Creates a session of 'ann' that was last updated at this time. */
export async function listed(kit: Kit, id: string, updatedAt: number): Promise<void> {
  const stamp = { version: 1, lastSeq: 0, updatedAt, createdAt: 500, expiresAt: null }
  await kit.store.create({ ...NEW_SESSION, id, userId: 'ann' }, { stamp })
}

/** The ids on each page of a list, to its end; `between` is called after each page but the last. */
export async function pages(
  store: SessionStore,
  query: ListQuery,
  between?: (page: number) => Promise<unknown>,
): Promise<string[][]> {
  const found: string[][] = []
  for (let cursor: string | undefined; ; ) {
    const page = await store.list(cursor === undefined ? query : { ...query, cursor })
    found.push(ids(page.sessions))
    if (page.nextCursor === null) return found
    holds(found.length < 100, 'the list does not end')
    cursor = page.nextCursor
    await between?.(found.length - 1)
  }
}
