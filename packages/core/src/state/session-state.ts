import type { Change, Committed, Cut } from '../contract/commit.ts'
import type { Loaded, Want } from '../contract/load.ts'
import type { ContextEntry, Message, NewSession, Session } from '../contract/model.ts'
import type { CommitOptions, CreateOptions } from '../contract/session-store.ts'
import { committed, judgeCommit, judgeCreate, type Verdict } from '../rules/judge.ts'
import { type CutRange, isCutOfAll, type SessionFacts } from '../rules/rules.ts'
import { frozenJson } from '../values/json.ts'
import { ContextMap } from './context-map.ts'
import { MessageLog } from './message-log.ts'

/**
 * One session held in memory, under all the rules: for stores that live in a process or an actor.
 * What goes in is copied and frozen once (nothing is copied that is frozen already), and shared on the way out.
 */
export class SessionState implements SessionFacts {
  #session: Session
  #contextBytes: number
  readonly #log = new MessageLog()
  // Made with its first key: most sessions have none, and it is half of what an empty session takes.
  #context: ContextMap | undefined

  /** A new session. @param input checked before, by `checkCreate` */
  constructor(input: NewSession, options: CreateOptions | undefined, now: number) {
    const { session, messages, contextBytes } = judgeCreate(input, options, now)
    this.#session = session
    this.#contextBytes = contextBytes
    for (const message of messages) this.#log.append(freeze(message))
    this.#set(input.context)
  }

  /** The record, for the store's own use; {@link snapshot} is what callers may hold. */
  get session(): Session {
    return this.#session
  }

  snapshot(): Session {
    if (!Object.isFrozen(this.#session)) {
      Object.freeze(this.#session.metadata)
      Object.freeze(this.#session)
    }
    return this.#session
  }

  /** What of the session is wanted, at a cost of what is answered. */
  load({ messages, context, reserved }: Want = {}): Loaded {
    return {
      session: this.snapshot(),
      ...(messages !== undefined && { messages: this.#log.window(messages) }),
      ...(context !== undefined && { context: this.#context?.window(context) ?? [] }),
      ...(reserved !== undefined && { reserved: this.#context?.window({ keys: reserved }) ?? [] }),
    }
  }

  /** Judges a commit and applies it: wholly, or, where it throws, not at all. @param change checked before, by `checkCommit` */
  commit(change: Change, options: CommitOptions | undefined, now: number): Committed {
    const before = this.#session
    const verdict = judgeCommit(before, change, options, this, now)
    const removed = verdict.session === before ? [] : this.#apply(change, verdict)
    if (change.session !== undefined) this.snapshot()
    return committed(verdict, before, change, removed)
  }

  message(id: string): Message | undefined {
    return this.#log.byId(id)
  }

  range(cut: Cut): CutRange {
    return this.#log.range(cut)
  }

  entryBytes(key: string): number {
    return this.#context?.bytesOf(key) ?? 0
  }

  keysUnder(prefix: string): readonly string[] {
    return [...(this.#context?.under(prefix) ?? [])]
  }

  get contextBytes(): number {
    return this.#contextBytes
  }

  #set(entries: readonly ContextEntry[]): void {
    if (entries.length === 0) return
    this.#context ??= new ContextMap()
    for (const [key, value] of entries) this.#context.set(key, value)
  }

  #apply(change: Change, verdict: Verdict): readonly Message[] {
    const log = this.#log
    let removed: readonly Message[] = []
    if (isCutOfAll(change)) log.clear()
    else if (verdict.cut !== undefined && verdict.cut.count > 0) removed = log.cut(verdict.cut)
    for (const message of verdict.amended) log.replace(freeze(message))
    for (const message of verdict.messages) log.append(freeze(message))
    if (verdict.dropped > 0) log.dropOldest(verdict.dropped)
    for (const key of verdict.unset) this.#context?.delete(key)
    this.#set(change.set ?? [])
    this.#contextBytes = verdict.contextBytes
    this.#session = verdict.session
    return removed
  }
}

/** The verdict's messages are new objects; what they hold may still be a caller's. */
function freeze(message: Message): Message {
  const own = message as { -readonly [K in keyof Message]: Message[K] }
  own.content = frozenJson(message.content)
  own.metadata = frozenJson(message.metadata)
  return Object.freeze(own)
}
