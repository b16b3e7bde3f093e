import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type ContextEntry,
  isSessError,
  type Message,
  type NewSession,
  type Session,
  type SessionStore,
  type Stamp,
} from '@sess/core'
import { isGone, jsonBytes, MAX_PAGE, PAGE_BYTES } from '@sess/core/store'
import { sameRecord } from './digest.ts'
import { readWhole, recordOf, unlessGone, type Whole } from './pages.ts'
import { pause } from './pause.ts'

// Verbatim copies by `stamp`: seqs, versions and times stay as they are.

/** What writes a commit of one store to another that is at the version before it. */
export interface Mirrored {
  readonly change: Change
  readonly options: CommitOptions & {
    readonly if: { readonly version: number; readonly createdAt: number }
    readonly stamp: Stamp
  }
}

/** A commit as its answer says that it was applied. */
export function mirrored(change: Change, answer: Committed): Mirrored {
  const { version, lastSeq, updatedAt, expiresAt, createdAt, droppedCount } = answer
  return {
    change: change.append === undefined ? change : { ...change, append: answer.messages },
    options: {
      if: { version: version - 1, createdAt },
      stamp: { version, lastSeq, updatedAt, expiresAt, ...(droppedCount > 0 && { dropped: droppedCount }) },
    },
  }
}

/** How often a copy is given a moment to get what comes before a commit. */
const MOST_WAITS = 4

/** Writes a commit to a copy. `absent`: there is none; `behind`: it lacks what came before, or is of another session. */
export async function follow(
  to: SessionStore,
  id: string,
  { change, options }: Mirrored,
): Promise<'done' | 'absent' | 'behind'> {
  for (let wait = 1; ; wait++) {
    try {
      await to.commit(id, change, options)
      return 'done'
    } catch (error) {
      if (isGone(error)) return 'absent'
      if (!isSessError(error, 'CONFLICT') || error.current === undefined) throw error
      const { version, createdAt } = error.current
      const isOther = createdAt !== options.if?.createdAt
      // Whoever copied the session brought this commit along.
      if (!isOther && version >= options.stamp.version) return 'done'
      if (isOther || wait > MOST_WAITS) return 'behind'
      await pause(wait * 2)
    }
  }
}

/** A session as a new one, whose messages bring what the stamp needs. */
export function asNew(
  session: Session,
  context: readonly ContextEntry[],
  messages: readonly Message[],
): NewSession {
  const { id, userId, metadata, ttlMs, sliding, maxMessages, overflow, isActive } = session
  return { id, userId, metadata, ttlMs, sliding, maxMessages, overflow, isActive, context, messages }
}

export function stampOf({ version, lastSeq, updatedAt, expiresAt }: Session): Stamp {
  return { version, lastSeq, updatedAt, expiresAt }
}

/**
 * Writes a whole session where there is none. Of more than 1,000 messages (or 8 MiB) it takes several commits, whose
 * versions lead up to the session's: a copy is complete when its version is.
 */
export async function writeWhole(store: SessionStore, whole: Whole, options?: CallOptions): Promise<void> {
  const { session, context, messages } = whole
  const slices = slicesOf(messages, session.version)
  const parts = Math.max(slices.length, Math.ceil(context.length / MAX_PAGE), 1)
  for (let part = 0; part < parts; part++) {
    const append = slices[part] ?? []
    const set = context.slice(part * MAX_PAGE, (part + 1) * MAX_PAGE)
    const isLast = part === parts - 1
    const lastSeq = isLast ? session.lastSeq : (append.at(-1)?.seq ?? slices.at(-1)?.at(-1)?.seq ?? 0)
    const stamp = { ...stampOf(session), version: session.version - parts + 1 + part, lastSeq }
    const { createdAt } = session
    if (part === 0)
      await store.create(asNew(session, set, append), { ...options, stamp: { ...stamp, createdAt } })
    else {
      const before = { version: stamp.version - 1, createdAt }
      await store.commit(session.id, { append, set }, { ...options, if: before, stamp })
    }
  }
}

/** At most 1,000 messages and about 8 MiB each, and no more slices than there are versions to give them. */
function slicesOf(messages: readonly Message[], most: number): Message[][] {
  const slices = slicesUpTo(messages, PAGE_BYTES)
  return slices.length <= most ? slices : slicesUpTo(messages, Number.POSITIVE_INFINITY)
}

function slicesUpTo(messages: readonly Message[], mostBytes: number): Message[][] {
  const slices: Message[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const message of messages) {
    const more = mostBytes === Number.POSITIVE_INFINITY ? 0 : bytesOf(message)
    let slice = slices.at(-1)
    if (slice === undefined || slice.length === MAX_PAGE || bytes + more > mostBytes) {
      slice = []
      slices.push(slice)
      bytes = 0
    }
    slice.push(message)
    bytes += more
  }
  return slices
}

function bytesOf({ content, metadata }: Message): number {
  return jsonBytes(content) + jsonBytes(metadata)
}

/** What bringing a copy up to date came to. */
export type Sync = 'same' | 'copied' | 'removed'

/** How often a copy is begun anew because others wrote it, or its original, meanwhile. */
const MOST_ATTEMPTS = 50

/**
 * Brings the copy of a session up to date: makes, replaces or removes it, until it shows the version of the original.
 * Several may do so at once, and be killed at any point: each step is conditional, and what is left behind shows
 * another version than the original.
 * @param force replaces a copy also where its record says that it is up to date
 */
export async function syncSession(
  from: SessionStore,
  to: SessionStore,
  id: string,
  options?: CallOptions,
  force = false,
): Promise<Sync> {
  let done: Sync = 'same'
  for (let attempt = 1; ; attempt++) {
    options?.signal?.throwIfAborted()
    const [source, copy] = [await recordOf(from, id, options), await recordOf(to, id, options)]
    const isForced = force && done === 'same'
    if (source === undefined ? copy === undefined : copy && !isForced && sameRecord(source, copy)) return done
    try {
      if (copy !== undefined && (await removed(to, copy, options))) done = 'removed'
      const whole = source && (await unlessGone(() => readWhole(from, id, options)))
      if (whole !== undefined) {
        await writeWhole(to, whole, options)
        done = 'copied'
      }
    } catch (error) {
      const isRaced = isSessError(error, 'CONFLICT') || isSessError(error, 'SESSION_EXISTS') || isGone(error)
      if (!isRaced || attempt === MOST_ATTEMPTS) throw error
      // Whoever copies it as well is let to finish.
      await pause(Math.random() * 10 * Math.min(attempt, 10), options?.signal)
    }
  }
}

async function removed(
  store: SessionStore,
  { id, version, createdAt }: Session,
  options: CallOptions | undefined,
) {
  return store.delete(id, { ...options, if: { version, createdAt } })
}
