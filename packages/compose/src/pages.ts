import {
  type CallOptions,
  type ContextEntry,
  type Message,
  SessError,
  type Session,
  type SessionStore,
} from '@sess/core'
import { isGone, MAX_PAGE } from '@sess/core/store'
import { pause } from './pause.ts'

/** A session with all that belongs to it, reserved context keys too. */
export interface Whole {
  readonly session: Session
  readonly context: readonly ContextEntry[]
  readonly messages: readonly Message[]
}

/** What reads a whole session a page at a time, and begins anew when the session changes meanwhile. */
export interface PageReader<T> {
  begin(session: Session, context: readonly ContextEntry[]): void
  page(messages: readonly Message[]): void
  end(): T
}

/** How often a session is read anew because it changed while it was read. Sessions of one page are one snapshot. */
const MOST_ATTEMPTS = 10

/** Reads a whole session as of one version. @throws `STORE_UNAVAILABLE` when it changes faster than it can be read */
export async function readPages<T>(
  store: SessionStore,
  id: string,
  reader: PageReader<T>,
  options?: CallOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    if (await readOnce(store, id, reader, options)) return reader.end()
    if (attempt === MOST_ATTEMPTS)
      throw new SessError('STORE_UNAVAILABLE', `session '${id}' changes faster than it can be read`, {
        sessionId: id,
      })
    await pause(Math.random() * 20 * attempt, options?.signal)
  }
}

async function readOnce<T>(
  store: SessionStore,
  id: string,
  reader: PageReader<T>,
  options: CallOptions | undefined,
): Promise<boolean> {
  const first = await store.load(id, { context: true, messages: { afterSeq: 0, limit: MAX_PAGE } }, options)
  const { version, createdAt, messageCount } = first.session
  reader.begin(first.session, first.context ?? [])
  let messages = first.messages ?? []
  for (let read = 0; ; ) {
    reader.page(messages)
    read += messages.length
    const last = messages.at(-1)
    if (read >= messageCount || last === undefined) return read === messageCount
    const next = await store.load(id, { messages: { afterSeq: last.seq, limit: MAX_PAGE } }, options)
    if (next.session.version !== version || next.session.createdAt !== createdAt) return false
    messages = next.messages ?? []
  }
}

/** Reads a whole session into memory. */
export function readWhole(store: SessionStore, id: string, options?: CallOptions): Promise<Whole> {
  let whole: { session: Session; context: readonly ContextEntry[]; messages: Message[] } | undefined
  const reader: PageReader<Whole> = {
    begin(session, context) {
      whole = { session, context, messages: [] }
    },
    page(messages) {
      for (const message of messages) whole?.messages.push(message)
    },
    end: () => whole as Whole,
  }
  return readPages(store, id, reader, options)
}

/** The session's record; `undefined` where there is none, or none any more. */
export async function recordOf(
  store: SessionStore,
  id: string,
  options?: CallOptions,
): Promise<Session | undefined> {
  return unlessGone(async () => (await store.load(id, undefined, options)).session)
}

/** What a read gives; `undefined` where the session is not there or expired. */
export async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}
