import type { CallOptions, SessionStore } from '@sess/core'
import { type Digest, digestOf, sameRecord } from './digest.ts'
import { checkStores } from './invalid.ts'
import { recordOf, unlessGone } from './pages.ts'
import { pages } from './walk.ts'

/** A session that is not the same in two stores. */
export interface Difference {
  readonly sessionId: string
  /** `missing` in the second store, `extra` there, or `different`. */
  readonly kind: 'missing' | 'extra' | 'different'
  /** What differs: the session's fields, its messages, its context. Empty unless `different`. */
  readonly parts: readonly ('session' | 'messages' | 'context')[]
}

/**
 * Lists what is not the same in two stores: every living session of every user and of nobody, with all messages and
 * context, reserved keys too. Expired sessions count as gone. Works while both are written to: what differs is looked
 * at again until it stands still.
 * @example `for await (const { sessionId, kind, parts } of compare(a, b)) console.log(sessionId, kind, parts)`
 */
export async function* compare(
  a: SessionStore,
  b: SessionStore,
  options?: CallOptions,
): AsyncGenerator<Difference, void, undefined> {
  checkStores('compare', { a, b })
  for await (const ids of pages(a, options)) {
    const found = await Promise.all(ids.map((id) => difference(a, b, id, options)))
    yield* found.filter((one) => one !== undefined)
  }
  for await (const ids of pages(b, options)) {
    const found = await Promise.all(ids.map((id) => extra(a, b, id, options)))
    yield* found.filter((one) => one !== undefined)
  }
}

async function extra(a: SessionStore, b: SessionStore, id: string, options: CallOptions | undefined) {
  if ((await recordOf(a, id, options)) !== undefined) return undefined
  const found = await difference(a, b, id, options)
  return found?.kind === 'extra' ? found : undefined
}

/** How a session differs in two stores, if it does while nobody changes it. */
export async function difference(
  a: SessionStore,
  b: SessionStore,
  id: string,
  options: CallOptions | undefined,
): Promise<Difference | undefined> {
  for (;;) {
    options?.signal?.throwIfAborted()
    const [ours, theirs] = await Promise.all([digest(a, id, options), digest(b, id, options)])
    const found = judge(id, ours, theirs)
    if (found === undefined) return undefined
    // A write that reached one of them in between is no difference.
    const [nowOurs, nowTheirs] = [await digest(a, id, options), await digest(b, id, options)]
    const still = judge(id, nowOurs, nowTheirs)
    if (still === undefined) return undefined
    if (isSame(ours, nowOurs) && isSame(theirs, nowTheirs)) return still
  }
}

function digest(
  store: SessionStore,
  id: string,
  options: CallOptions | undefined,
): Promise<Digest | undefined> {
  return unlessGone(() => digestOf(store, id, options))
}

function isSame(a: Digest | undefined, b: Digest | undefined): boolean {
  return a === undefined || b === undefined ? a === b : partsOf(a, b).length === 0
}

function judge(sessionId: string, a: Digest | undefined, b: Digest | undefined): Difference | undefined {
  if (a === undefined || b === undefined)
    return a === b ? undefined : { sessionId, kind: b === undefined ? 'missing' : 'extra', parts: [] }
  const parts = partsOf(a, b)
  return parts.length === 0 ? undefined : { sessionId, kind: 'different', parts }
}

function partsOf(a: Digest, b: Digest): Difference['parts'] {
  return [
    ...(sameRecord(a.session, b.session) ? [] : ['session' as const]),
    ...(a.messages === b.messages ? [] : ['messages' as const]),
    ...(a.context === b.context ? [] : ['context' as const]),
  ]
}
