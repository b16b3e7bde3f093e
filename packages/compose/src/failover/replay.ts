import {
  type CallOptions,
  type Change,
  isSessError,
  type NewMessage,
  type Session,
  type SessionStore,
} from '@sess/core'
import { isGone, sameJson } from '@sess/core/store'
import { writeWhole } from '../copy.ts'
import { recordOf } from '../pages.ts'
import type { Entry } from './journal.ts'
import { Patience } from './patience.ts'

/** What became of a session's accepted writes. */
export type Replayed =
  | { readonly kind: 'returned' }
  /** The primary lacks what another process accepted before. */
  | { readonly kind: 'behind' }
  | { readonly kind: 'moved'; readonly reason: string }

type Commit = Extract<Entry, { kind: 'commit' }>
type Create = Extract<Entry, { kind: 'create' }>

const RETURNED: Replayed = { kind: 'returned' }
const BEHIND: Replayed = { kind: 'behind' }
/** How often one entry is tried anew because the primary changed meanwhile. */
const MOST_ATTEMPTS = 10

/**
 * Writes a session's accepted writes to the primary, in order, each only on top of what it was accepted on. What is
 * there already is not written again, so a replay may end anywhere and begin anew: what proves it is the version that
 * the write was acknowledged with, and what it wrote.
 */
export async function replay(
  primary: SessionStore,
  id: string,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<Replayed> {
  const patience = new Patience()
  for (let i = 0, attempt = 1; i < entries.length; attempt++) {
    signal.throwIfAborted()
    const there = await recordOf(primary, id, { signal })
    const step = await take(primary, entries, i, there, { signal }).catch((error: unknown) => {
      if (isRaced(error)) return 'again' as const
      throw error
    })
    if (typeof step === 'number') {
      i = step
      attempt = 0
    } else if (step === 'behind') {
      if (!(await patience.waits(there?.version, signal))) return BEHIND
      attempt = 0
    } else if (step !== 'again') return moved(step)
    else if (attempt === MOST_ATTEMPTS) return moved('it is being written to')
  }
  return RETURNED
}

/** With which entry to go on; `again` after a change in between; else why not. */
type Step = number | 'again' | 'behind' | (string & {})

function moved(reason: string): Replayed {
  return { kind: 'moved', reason }
}

function isRaced(error: unknown): boolean {
  return isGone(error) || isSessError(error, 'CONFLICT') || isSessError(error, 'SESSION_EXISTS')
}

async function take(
  primary: SessionStore,
  entries: readonly Entry[],
  i: number,
  there: Session | undefined,
  options: CallOptions,
): Promise<Step> {
  const entry = entries[i] as Entry
  const next = i + 1
  if (there === undefined) return takeAbsent(primary, entries, i, options)
  if (entry.kind === 'create') return takeCreate(primary, entry, there, options, next)
  const { base } = entry
  if (there.createdAt !== base.createdAt) {
    const later = entries.findIndex((one, at) => at > i && isCreateOf(one, there))
    return later < 0 ? 'it was made anew' : later
  }
  if (there.version < base.version) return 'behind'
  if (there.version === base.version) return write(primary, entry, there, options, next)
  if (entry.kind === 'commit' && there.version === entry.stamp.version)
    return (await isShown(primary, entry, there, options)) ? next : 'it was written to'
  return takePassed(primary, entries, i, there, options)
}

/**
 * The primary is past a write: it has that one and later ones, of this process or another's, if it has the last of
 * ours that must be there by now.
 */
async function takePassed(
  primary: SessionStore,
  entries: readonly Entry[],
  i: number,
  there: Session,
  options: CallOptions,
): Promise<Step> {
  const passed = entries.findLastIndex((one) => one.kind === 'commit' && one.stamp.version <= there.version)
  const last = entries[passed]
  if (passed < i || last?.kind !== 'commit') return 'it was written to'
  if (last.stamp.version === there.version) return passed
  // What it set may be overwritten by now; messages stay.
  const { change } = entries.slice(i, passed + 1).findLast(hasMessages) ?? last
  const { append = [] } = change
  if (append.length === 0) return 'it was written to'
  return (await areThere(primary, there.id, append, options)) ? passed + 1 : 'it was written to'
}

function hasMessages(entry: Entry): entry is Commit {
  return entry.kind === 'commit' && (entry.change.append?.length ?? 0) > 0
}

async function areThere(
  primary: SessionStore,
  id: string,
  append: readonly NewMessage[],
  options: CallOptions,
): Promise<boolean> {
  const { messages = [] } = await primary.load(
    id,
    { messages: { ids: append.map((one) => one.id) } },
    options,
  )
  const seqs = new Map(messages.map((message) => [message.id, message.seq]))
  return append.every((one) => seqs.get(one.id) === one.seq)
}

/** The primary has no such session, or it has expired. */
async function takeAbsent(
  primary: SessionStore,
  entries: readonly Entry[],
  i: number,
  options: CallOptions,
): Promise<Step> {
  const entry = entries[i] as Entry
  const deleted = entries.findIndex((one, at) => at >= i && one.kind === 'delete')
  if (deleted >= 0) return deleted + 1
  if (isOver(entries)) return entries.length
  if (entry.kind !== 'create') return 'it was deleted, or has expired'
  await writeWhole(primary, entry.whole, options)
  return i + 1
}

/** Whether the session has come to its end meanwhile, with all that was accepted. */
function isOver(entries: readonly Entry[]): boolean {
  const last = entries.at(-1)
  const expiresAt =
    last?.kind === 'commit'
      ? last.stamp.expiresAt
      : last?.kind === 'create'
        ? last.whole.session.expiresAt
        : null
  return expiresAt !== null && expiresAt <= Date.now()
}

function isCreateOf(entry: Entry, { createdAt }: Session): boolean {
  return entry.kind === 'create' && entry.whole.session.createdAt === createdAt
}

async function takeCreate(
  primary: SessionStore,
  entry: Create,
  there: Session,
  options: CallOptions,
  next: Step,
): Promise<Step> {
  const { session, messages } = entry.whole
  if (isCreateOf(entry, there)) return there.version >= session.version ? next : 'it was made anew'
  // Our own creation, which reached the primary though nobody was told: it gives way to the one that was acknowledged.
  const { messages: found = [] } = await primary.load(session.id, { messages: { last: 1000 } }, options)
  const isOurs =
    entry.unsure &&
    there.version === 1 &&
    there.userId === session.userId &&
    found.map(({ id }) => id).join() === messages.map(({ id }) => id).join()
  if (!isOurs) return 'another was created'
  await primary.delete(there.id, { ...options, if: { version: 1, createdAt: there.createdAt } })
  return 'again'
}

async function write(
  primary: SessionStore,
  entry: Exclude<Entry, Create>,
  there: Session,
  options: CallOptions,
  next: Step,
): Promise<Step> {
  const { sessionId: id, base } = entry
  const { version, createdAt } = base
  if (entry.kind === 'delete') {
    await primary.delete(id, { ...options, if: { version, createdAt } })
    return next
  }
  // Our own write of an unknown outcome may have moved the primary's time beyond that of the fallback.
  const stamp = { ...entry.stamp, updatedAt: Math.max(entry.stamp.updatedAt, there.updatedAt) }
  const conditions = { version, createdAt, lastSeq: there.lastSeq }
  const { replayed } = await primary.commit(id, entry.change, { ...options, if: conditions, stamp })
  return replayed ? 'again' : next
}

/** Whether the primary, at the version that a write was acknowledged with, shows what it wrote. */
async function isShown(
  primary: SessionStore,
  { sessionId: id, change, stamp, messageCount }: Commit,
  there: Session,
  options: CallOptions,
): Promise<boolean> {
  if (there.lastSeq !== stamp.lastSeq || there.messageCount !== messageCount) return false
  const { append = [], amend = [], set = [] } = change
  const ids = [...append, ...amend].map((one) => one.id)
  const keys = set.map(([key]) => key)
  const gone = unsetKeys(change).filter((key) => !keys.includes(key))
  const want = {
    ...(ids.length > 0 && { messages: { ids: ids.slice(0, 1000) } }),
    ...(keys.length + gone.length > 0 && { context: { keys: [...keys, ...gone].slice(0, 1000) } }),
  }
  const { messages = [], context = [] } = await primary.load(id, want, options)
  const byId = new Map(messages.map((message) => [message.id, message]))
  const byKey = new Map(context)
  return (
    append.every((one) => byId.get(one.id)?.seq === one.seq) &&
    amend.every(
      ({ id, content }) => content === undefined || sameJson(byId.get(id)?.content ?? null, content),
    ) &&
    set.every(([key, value]) => byKey.has(key) && sameJson(byKey.get(key) ?? null, value)) &&
    gone.every((key) => !byKey.has(key))
  )
}

function unsetKeys({ unset }: Change): readonly string[] {
  return unset === undefined || 'prefix' in unset ? [] : unset
}
