import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type DeleteOptions,
  type Health,
  type ListQuery,
  type Loaded,
  type LoadOptions,
  type NewSession,
  newMessageId,
  type Page,
  SessError,
  type Session,
  type SessionStore,
  type StoreStats,
  type Want,
} from '@sess/core'
import {
  type Call,
  Calls,
  checkCall,
  checkCommit,
  checkCreate,
  checkDelete,
  checkListQuery,
  checkLoad,
  checkSweep,
  checkUser,
  isPlainAppend,
  isRepeatable,
  judgeCreate,
  tell,
} from '@sess/core/store'
import { appended, committedOf, partsOf, patchedOf, replayedOf, toRefusal } from './answers.ts'
import { AwayIndex } from './away-index.ts'
import { Connection, RepeatableCall } from './connection.ts'
import { homeOf, Keys, tagOf } from './keys.ts'
import { Lists } from './lists.ts'
import { newestOf, type Plain, plainOf, toNewest } from './newest-page.ts'
import { type RedisStoreOptions, type Settings, toSettings } from './options.ts'
import { type LoadReply, loadArgs, toLoaded } from './read.ts'
import { newerSchema, toCounters } from './record.ts'
import { APPEND } from './scripts/append.ts'
import { COMMIT } from './scripts/commit.ts'
import { CREATE } from './scripts/create.ts'
import { DELETE } from './scripts/delete.ts'
import { COUNT } from './scripts/lists.ts'
import { LOAD } from './scripts/load.ts'
import { READ_SCHEMA } from './scripts/record.ts'
import type { Script } from './scripts/script.ts'
import { askedNow } from './server-clock.ts'
import { warn } from './warnings.ts'
import { type Hints, type Mark, Watermarks } from './watermarks.ts'
import { appendArgs, commitArgs, createArgs, deleteArgs } from './write.ts'

/** A store in Redis or Valkey: standalone, Cluster or behind Sentinel. It connects on first use. */
export function createRedisStore(options: RedisStoreOptions = {}): SessionStore {
  return new RedisStore(toSettings(options))
}

class RedisStore implements SessionStore {
  readonly info = { name: 'redis', shared: true, features: ['stats'] }
  readonly #calls: Calls
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #lists: Lists
  readonly #away: AwayIndex
  readonly #settings: Settings
  readonly #seen = new Watermarks()
  #isSchemaKnown = false

  constructor(settings: Settings) {
    this.#settings = settings
    this.#calls = new Calls('Redis', settings.timeoutMs)
    this.#connection = new Connection(settings, (operation) =>
      tell(settings.onEvent, { type: 'retry', store: 'redis', detail: { operation } }),
    )
    this.#keys = new Keys(settings.prefix)
    this.#lists = new Lists(this.#connection, this.#keys)
    this.#away = new AwayIndex(this.#connection, this.#keys, settings.graceMs)
  }

  create(input: NewSession, options?: CreateOptions): Promise<Session> {
    const check = () => checkCreate(input, options)
    return this.#run('create', options, check, (call) => {
      call.messages = input.messages
      return this.#create(call, input, options)
    })
  }

  load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    const check = () => checkLoad('load', id, want, options)
    return this.#run('load', options, check, async (call) => {
      const before = this.#seen.of(id)
      const newest = before?.plain && (await this.#newest(call, id, want, options, before.plain))
      if (newest) {
        this.#see(id, before, newest.session)
        return newest
      }
      const asked = askedNow()
      const parts = await this.#ask(call, LOAD, this.#keys.read(id), loadArgs(want, options))
      const reply = admitted('load', id, parts) as LoadReply
      const loaded = toLoaded(id, reply, want)
      this.#see(id, before, loaded.session, { plain: plainOf(want, loaded, reply, asked) })
      return loaded
    })
  }

  commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    const check = () => checkCommit(id, change, options)
    return this.#run('commit', options, check, (call) => {
      call.repeatable = isRepeatable(change, options)
      call.messages = change.append
      return isPlainAppend(change, options)
        ? this.#append(call, id, change, options)
        : this.#change(call, id, change, options)
    })
  }

  delete(id: string, options?: DeleteOptions): Promise<boolean> {
    const check = () => checkDelete(id, options)
    return this.#run('delete', options, check, (call) => this.#delete(call, id, false, options?.if))
  }

  list(query: ListQuery, options?: CallOptions): Promise<Page> {
    const check = () => checkListQuery(query, options)
    return this.#run('list', options, check, (call) => this.#lists.list(call, query))
  }

  count(userId: string, options?: CallOptions): Promise<number> {
    const check = () => checkUser('count', userId, options)
    return this.#run('count', options, check, async (call) => {
      const [, expires] = this.#keys.user(userId)
      return Number(await this.#connection.run(call, COUNT, [expires], [tagOf(userId)]))
    })
  }

  sweep(request: { readonly limit: number }, options?: CallOptions): Promise<number> {
    const check = () => checkSweep(request, options)
    return this.#run('sweep', options, check, async (call) => {
      const ids = await this.#lists.due(call, request.limit)
      const swept = await Promise.all(ids.map((id) => this.#delete(call, id, true)))
      return swept.filter((isSwept) => isSwept).length
    })
  }

  stats(options?: CallOptions): Promise<StoreStats> {
    return this.#run(
      'stats',
      options,
      () => checkCall('stats', options),
      (call) => this.#lists.stats(call),
    )
  }

  health(options?: CallOptions): Promise<Health> {
    return this.#calls.health(options, (call) =>
      this.#connection.run(call, READ_SCHEMA, [this.#keys.schema], []),
    )
  }

  async close(): Promise<void> {
    if (this.#calls.isClosed) return
    await this.#calls.close()
    await this.#connection.close()
  }

  #run<T>(
    operation: string,
    options: CallOptions | undefined,
    check: () => void,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    if (this.#isSchemaKnown) return this.#calls.run(operation, options, check, work)
    return this.#calls.run(operation, options, check, async (call) => {
      await this.#checkSchema(call)
      return work(call)
    })
  }

  /** Once, before the first call. */
  async #checkSchema(call: Call): Promise<void> {
    const schema = await this.#connection.run(new RepeatableCall(call), READ_SCHEMA, [this.#keys.schema], [])
    if (schema !== null && schema !== '1') throw newerSchema(call.operation)
    this.#isSchemaKnown = true
    const { client, own, onEvent } = this.#settings
    void warn(client, own !== undefined, onEvent)
  }

  /** An answer that shows less than what was acknowledged before the call is told as a loss. */
  #see(id: string, before: Mark | undefined, shown: Mark, hints?: Hints): void {
    if (this.#seen.see(id, before, shown, hints))
      tell(this.#settings.onEvent, {
        type: 'data-loss',
        store: 'redis',
        sessionId: id,
        detail: { lastSeq: shown.lastSeq, acknowledged: before?.lastSeq ?? 0 },
      })
  }

  async #create(call: Call, input: NewSession, options: CreateOptions | undefined): Promise<Session> {
    const { id, userId, context: _, messages: __, ...fields } = input
    const contextBytes = await this.#judgeNew(call, input, options)
    const isAway = homeOf(id, userId) === '0' && userId !== null
    // The index first: what a crash leaves there is healed by a list, and what is missing there would never be found.
    if (isAway) await this.#away.announce(call, userId, id, input.ttlMs)
    const { graceMs } = this.#settings
    const args = createArgs(input, options, contextBytes, newMessageId().slice(4, 14), graceMs)
    const reply = (await this.#ask(call, CREATE, this.#keys.session(id), args)) as string[]
    if (reply[0] !== 'K') {
      // The winner of a race for the same user needs the entry.
      if (isAway && reply[1] !== userId) await this.#away.withdraw(call, userId, id)
      throw reply[0] === 'X' ? exists(id) : newerSchema('create')
    }
    const [, packed, formerUser, formerCreated] = reply as unknown as [string, string, string | null, string]
    if (formerUser) await this.#away.drop(call, formerUser, id, formerCreated)
    const counters = toCounters(packed)
    if (isAway) await this.#away.put(call, userId, id, counters)
    return { id, userId, ...fields, metadata: { ...input.metadata }, ...counters }
  }

  /** Holds a new session against its limits, unless there is one already. Answers the bytes of its context. */
  async #judgeNew(call: Call, input: NewSession, options: CreateOptions | undefined): Promise<number> {
    try {
      return judgeCreate(input, options, 0).contextBytes
    } catch (refusal) {
      const reply = await this.#ask(call, LOAD, this.#keys.read(input.id), loadArgs({}, {}))
      throw reply[0] === 'K' ? exists(input.id) : refusal
    }
  }

  async #change(
    call: Call,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Committed> {
    const before = this.#seen.of(id)
    const next = change.session?.userId
    const isAway = typeof next === 'string' && homeOf(id, next) === '0'
    if (isAway) await this.#away.announce(call, next, id, null)
    const args = commitArgs(id, change, options, this.#settings.graceMs)
    const reply = await this.#ask(call, COMMIT, this.#keys.session(id), args)
    if (isAway && reply[0] !== 'K') await this.#away.withdraw(call, next, id)
    if (reply[0] === 'R') {
      const replayed = replayedOf(id, change, reply)
      this.#see(id, before, replayed)
      return replayed
    }
    const [, packed, now, dropped, taken, isChanged, user, former, removed, amended, metadata] = admitted(
      'commit',
      id,
      reply,
    ) as CommitReply
    const committed = committedOf({
      ...{ change, dropped, taken, removed, amended },
      counters: toCounters(packed),
      now: Number(now),
      changed: isChanged === '1',
      session: patchedOf(id, change, packed, metadata),
    })
    if (user) await this.#away.put(call, user, id, committed)
    if (former && former !== user) await this.#away.drop(call, former, id, String(committed.createdAt))
    this.#see(id, before, committed)
    return committed
  }

  /** By the lean script, or by the whole one where that finds more to judge. */
  async #append(
    call: Call,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Committed> {
    const before = this.#seen.of(id)
    const { append = [] } = change
    const send = (slides: boolean) => {
      const args = appendArgs(id, append, options?.if, slides ? this.#settings.graceMs : undefined)
      return this.#connection.run(call, APPEND, this.#keys.append(id, slides), args)
    }
    let reply = await send(before?.slides ?? true)
    // Its end did not move when it was seen last.
    if (Array.isArray(reply) && reply[0] === 'KEYS') reply = await send(true)
    const parts = typeof reply === 'string' ? ['K', reply] : partsOf('commit', reply)
    if (parts[0] === 'CHECK') return this.#change(call, id, change, options)
    const [, packed, now, dropped, user] = admitted('commit', id, parts) as AppendReply
    const { committed, slides } = appended(change, packed, now, dropped)
    if (user) await this.#away.put(call, user, id, committed)
    this.#see(id, before, committed, { slides })
    return committed
  }

  /** The newest messages by one LRANGE, where that is all there is to it. */
  async #newest(
    call: Call,
    id: string,
    want: Want | undefined,
    options: LoadOptions | undefined,
    plain: Plain,
  ): Promise<Loaded | undefined> {
    const { own } = this.#settings
    const last = newestOf(want, plain)
    if (own === undefined || last === undefined) return undefined
    const list = this.#keys.messages(id)
    let newest: Loaded | undefined
    try {
      const range = () => own.lrange(list, -last - 1, -1)
      const found = await this.#connection.send(call, range)
      newest = toNewest(id, partsOf('load', found) as readonly string[], options, plain)
      return newest
    } finally {
      if (newest === undefined) this.#seen.takeBackPlain(id)
    }
  }

  /** Runs a script on a session. */
  async #ask(
    call: Call,
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<readonly unknown[]> {
    return partsOf(call.operation, await this.#connection.run(call, script, keys, args))
  }

  async #delete(
    call: Call,
    id: string,
    isSweep: boolean,
    conditions?: DeleteOptions['if'],
  ): Promise<boolean> {
    const args = deleteArgs(id, this.#settings.graceMs, isSweep, conditions)
    const reply = await this.#ask(call, DELETE, this.#keys.session(id), args)
    const [word, user, created] = reply as readonly [string, string | null, string]
    if (word === 'D') return true
    if (word === 'N' || word === 'A') return call.isRepeat && word === 'N' && !isSweep
    if (word !== 'K') throw toRefusal('delete', id, reply)
    if (user) await this.#away.drop(call, user, id, created)
    return true
  }
}

type AppendReply = [word: 'K', packed: string, now?: string, dropped?: number, user?: string | null]

type CommitReply = [
  word: 'K',
  packed: string,
  now: string,
  dropped: number,
  taken: string,
  isChanged: string,
  user: string | null,
  former: string | null,
  removed: string[],
  amended: string[],
  metadata: string[],
]

/** The reply of a script that found the session and let the call through. */
function admitted(operation: string, id: string, parts: readonly unknown[]): readonly unknown[] {
  if (parts[0] === 'K') return parts
  throw toRefusal(operation, id, parts)
}

function exists(id: string): SessError {
  return new SessError('SESSION_EXISTS', `create: there is a session '${id}' already`, { sessionId: id })
}
