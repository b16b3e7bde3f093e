import type { Change, Committed, Loaded, Message, NewSession, Session, SessionStore } from '../src/index.ts'

export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
}

/** A store that keeps nothing: it writes down what the manager sends it and answers something of the right form. */
export class FakeStore implements SessionStore {
  readonly info = { name: 'fake', shared: false, features: [] }
  readonly calls: Call[] = []
  /** What the next calls of a method throw or answer instead. */
  readonly answers: { [method: string]: (() => unknown)[] } = {}

  create(...args: Parameters<SessionStore['create']>): Promise<Session> {
    return this.#record('create', args, () => sessionOf(args[0]))
  }
  load(...args: Parameters<SessionStore['load']>): Promise<Loaded> {
    return this.#record('load', args, () => ({
      session: sessionOf({ id: args[0] }),
      messages: [],
      context: [],
    }))
  }
  commit(...args: Parameters<SessionStore['commit']>): Promise<Committed> {
    return this.#record('commit', args, () => committedOf(args[0], args[1]))
  }
  delete(...args: Parameters<SessionStore['delete']>): Promise<boolean> {
    return this.#record('delete', args, () => true)
  }
  list(...args: Parameters<SessionStore['list']>) {
    return this.#record('list', args, () => ({
      sessions: [] as Session[],
      nextCursor: null as string | null,
    }))
  }
  count(...args: Parameters<SessionStore['count']>): Promise<number> {
    return this.#record('count', args, () => 0)
  }
  sweep(...args: Parameters<SessionStore['sweep']>): Promise<number> {
    return this.#record('sweep', args, () => 0)
  }
  health(...args: Parameters<SessionStore['health']>) {
    return this.#record('health', args, () => ({ ok: true, latencyMs: 0 }))
  }
  close(): Promise<void> {
    return this.#record('close', [], () => undefined)
  }

  /** The arguments of the only call so far. */
  get only(): Call {
    if (this.calls.length !== 1) throw new Error(`${this.calls.length} calls, not one`)
    return this.calls[0] as Call
  }

  async #record<T>(method: string, args: readonly unknown[], answer: () => T): Promise<T> {
    this.calls.push({ method, args })
    const instead = this.answers[method]?.shift()
    return instead === undefined ? answer() : (instead() as T)
  }
}

export function sessionOf(fields: Partial<Session> | NewSession): Session {
  const { messages: _, context: __, ...own } = fields as Partial<Session & NewSession>
  return {
    id: 's',
    userId: 'u',
    metadata: {},
    createdAt: 1,
    updatedAt: 1,
    expiresAt: null,
    ttlMs: null,
    sliding: false,
    version: 1,
    messageCount: 0,
    lastSeq: 0,
    maxMessages: null,
    overflow: 'reject',
    isActive: true,
    ...own,
  }
}

function committedOf(id: string, change: Change): Committed {
  const stored = (message: { id: string }, i: number) =>
    ({ role: 'r', content: null, metadata: {}, ...message, seq: i + 1, createdAt: 1, version: 2 }) as Message
  return {
    changed: true,
    createdAt: 1,
    version: 2,
    lastSeq: change.append?.length ?? 0,
    messageCount: 0,
    updatedAt: 2,
    expiresAt: null,
    messages: (change.append ?? []).map(stored),
    amended: (change.amend ?? []).map(stored),
    removed: [],
    removedCount: 0,
    droppedCount: 0,
    replayed: false,
    ...(change.session && { session: sessionOf({ id }) }),
  }
}
