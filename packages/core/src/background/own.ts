import type { Change } from '../contract/commit.ts'
import type { ContextEntry, Json, NewMessage, NewSession } from '../contract/model.ts'
import type { CommitOptions } from '../contract/session-store.ts'
import { frozenJson } from '../values/json.ts'

// Copies of what a caller passed, for those who look at it after they have awaited something: by then it may be
// changed. JSON that is frozen, as a manager passes it, is not copied.

export function ownSession(session: NewSession): NewSession {
  return {
    ...session,
    metadata: { ...session.metadata },
    messages: session.messages.map(ownMessage),
    context: ownEntries(session.context),
  }
}

export function ownChange(change: Change): Change {
  const { append, amend, set, unset, cut, session } = change
  const own: { -readonly [K in keyof Change]: Change[K] } = {}
  if (cut !== undefined) own.cut = { ...cut }
  if (amend !== undefined) own.amend = amend.map(frozen)
  if (append !== undefined) own.append = append.map(ownMessage)
  if (unset !== undefined) own.unset = frozen(unset)
  if (set !== undefined) own.set = ownEntries(set)
  if (session !== undefined) own.session = frozen(session)
  return own
}

/** Without the signal, which is not the work's business. */
export function ownOptions(options: CommitOptions | undefined): Omit<CommitOptions, 'signal'> | undefined {
  if (options === undefined) return undefined
  const { if: conditions, limits, stamp } = options
  return {
    ...(conditions !== undefined && { if: frozen(conditions) }),
    ...(limits !== undefined && { limits: { ...limits } }),
    ...(stamp !== undefined && { stamp: { ...stamp } }),
  }
}

function ownMessage(message: NewMessage): NewMessage {
  return { ...message, content: frozenJson(message.content), metadata: frozenJson(message.metadata) }
}

function ownEntries(entries: readonly ContextEntry[]): readonly ContextEntry[] {
  return entries.map(([key, value]) => [key, frozenJson(value)] as const)
}

/** A frozen copy of what is JSON but for members that are `undefined`. */
function frozen<T extends object>(value: T): T {
  return frozenJson(value as unknown as Json) as unknown as T
}
