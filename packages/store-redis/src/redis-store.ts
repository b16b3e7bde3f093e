import {
  type CallOptions,
  type Change,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type DeleteOptions,
  type Health,
  isSessError,
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
  checkCall,
  checkCommit,
  checkCreate,
  checkDelete,
  checkListQuery,
  checkLoad,
  checkSweep,
  checkUser,
  judgeCreate,
  tell,
} from '@sess/core/store'
import { committedOf, replayedOf, toRefusal } from './answers.ts'
import { AwayIndex } from './away-index.ts'
import { Calls } from './calls.ts'
import { asRepeatable, type Call, Connection } from './connection.ts'
import { homeOf, Keys, tagOf } from './keys.ts'
import { Lists } from './lists.ts'
import { type RedisStoreOptions, type Settings, toSettings } from './options.ts'
import { loadArgs, toLoaded } from './read.ts'
import { newerSchema, toCounters } from './record.ts'
import { APPEND } from './scripts/append.ts'
import { COMMIT } from './scripts/commit.ts'
import { CREATE } from './scripts/create.ts'
import { DELETE } from './scripts/delete.ts'
import { COUNT } from './scripts/lists.ts'
import { LOAD } from './scripts/load.ts'
import { READ_SCHEMA } from './scripts/record.ts'
import { warn } from './warnings.ts'
import { type Mark, Watermarks } from './watermarks.ts'
import { appendArgs, commitArgs, createArgs, deleteArgs, isPlainAppend } from './write.ts'

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
    this.#calls = new Calls(settings.timeoutMs)
    this.#connection = new Connection(settings.client, settings.isOwn, (operation) =>
      tell(settings.onEvent, { type: 'retry', store: 'redis', detail: { operation } }),
    )
    this.#keys = new Keys(settings.prefix)
    this.#lists = new Lists(this.#connection, this.#keys)
    this.#away = new AwayIndex(this.#connection, this.#keys, settings.graceMs)
  }

  async create(input: NewSession, options?: CreateOptions): Promise<Session> {
    this.#calls.refuseClosed('create')
    checkCreate(input, options)
    const ids = input.messages.map(({ id }) => id)
    return this.#run('create', options, true, (call) => this.#create(call, input, options), ids)
  }

  async load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    this.#calls.refuseClosed('load')
    checkLoad('load', id, want, options)
    const args = loadArgs(want, options)
    const read = async (call: Call) => {
      const reply = await this.#connection.run(call, LOAD, this.#keys.read(id), args)
      return toLoaded(id, admitted('load', id, reply), want)
    }
    return this.#run('load', options, true, (call) =>
      this.#seeing(
        id,
        () => read(call),
        ({ session }) => session,
      ),
    )
  }

  async commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    this.#calls.refuseClosed('commit')
    checkCommit(id, change, options)
    const ids = change.append?.map((message) => message.id)
    // An append is known again by its ids; what has neither condition nor cut comes to the same twice.
    const isRepeatable =
      (ids?.length ?? 0) > 0 ||
      (isUnconditional(options) && change.cut === undefined && options?.stamp === undefined)
    return this.#run(
      'commit',
      options,
      isRepeatable,
      (call) =>
        this.#seeing(
          id,
          () => this.#commit(call, id, change, options),
          (done) => done,
        ),
      ids,
    )
  }

  async delete(id: string, options?: DeleteOptions): Promise<boolean> {
    this.#calls.refuseClosed('delete')
    checkDelete(id, options)
    return this.#run('delete', options, true, (call) => this.#delete(call, id, false, options?.if))
  }

  async list(query: ListQuery, options?: CallOptions): Promise<Page> {
    this.#calls.refuseClosed('list')
    checkListQuery(query, options)
    return this.#run('list', options, true, (call) => this.#lists.list(call, query))
  }

  async count(userId: string, options?: CallOptions): Promise<number> {
    this.#calls.refuseClosed('count')
    checkUser('count', userId, options)
    const [, expires] = this.#keys.user(userId)
    return this.#run('count', options, true, async (call) =>
      Number(await this.#connection.run(call, COUNT, [expires], [tagOf(userId)])),
    )
  }

  async sweep(request: { readonly limit: number }, options?: CallOptions): Promise<number> {
    this.#calls.refuseClosed('sweep')
    checkSweep(request, options)
    return this.#run('sweep', options, true, async (call) => {
      const ids = await this.#lists.due(call, request.limit)
      const swept = await Promise.all(ids.map((id) => this.#delete(call, id, true)))
      return swept.filter((isSwept) => isSwept).length
    })
  }

  async stats(options?: CallOptions): Promise<StoreStats> {
    this.#calls.refuseClosed('stats')
    checkCall('stats', options)
    return this.#run('stats', options, true, (call) => this.#lists.stats(call))
  }

  async health(options?: CallOptions): Promise<Health> {
    const start = performance.now()
    try {
      this.#calls.refuseClosed('health')
      await this.#calls.run('health', options, false, (call) =>
        this.#connection.run(call, READ_SCHEMA, [this.#keys.schema], []),
      )
      return { ok: true, latencyMs: performance.now() - start }
    } catch (cause) {
      const latencyMs = performance.now() - start
      if (isSessError(cause)) return { ok: false, latencyMs, error: cause }
      return { ok: false, latencyMs, error: new SessError('STORE_UNAVAILABLE', 'health: aborted', { cause }) }
    }
  }

  async close(): Promise<void> {
    if (this.#calls.isClosed) return
    await this.#calls.close()
    await this.#connection.close()
  }

  #run<T>(
    operation: string,
    options: CallOptions | undefined,
    repeatable: boolean,
    work: (call: Call) => Promise<T>,
    messageIds?: readonly string[],
  ): Promise<T> {
    const known = async (call: Call) => {
      if (!this.#isSchemaKnown) await this.#checkSchema(call)
      return work(call)
    }
    return this.#calls.run(operation, options, repeatable, known, messageIds)
  }

  /** Once, before the first call. */
  async #checkSchema(call: Call): Promise<void> {
    const schema = await this.#connection.run(asRepeatable(call), READ_SCHEMA, [this.#keys.schema], [])
    if (schema !== null && schema !== '1') throw newerSchema(call.operation)
    this.#isSchemaKnown = true
    const { client, isOwn, onEvent } = this.#settings
    void warn(client, isOwn, onEvent)
  }

  /** An answer that shows less than what was acknowledged before the call is told as a loss. */
  async #seeing<T>(id: string, work: () => Promise<T>, shows: (answer: T) => Mark): Promise<T> {
    const before = this.#seen.of(id)
    const answer = await work()
    const shown = shows(answer)
    if (this.#seen.see(id, before, shown))
      tell(this.#settings.onEvent, {
        type: 'data-loss',
        store: 'redis',
        sessionId: id,
        detail: { lastSeq: shown.lastSeq, acknowledged: before?.lastSeq ?? 0 },
      })
    return answer
  }

  async #create(call: Call, input: NewSession, options: CreateOptions | undefined): Promise<Session> {
    const { id, userId, context: _, messages: __, ...fields } = input
    const contextBytes = await this.#judgeNew(call, input, options)
    const isAway = homeOf(id, userId) === '0' && userId !== null
    // The index first: what a crash leaves there is healed by a list, and what is missing there would never be found.
    if (isAway) await this.#away.announce(call, userId, id, input.ttlMs)
    const { graceMs } = this.#settings
    const args = createArgs(input, options, contextBytes, newMessageId().slice(4, 14), graceMs)
    const reply = (await this.#connection.run(call, CREATE, this.#keys.session(id), args)) as string[]
    if (reply[0] !== 'K') {
      // The winner of a race for the same user needs the entry.
      if (isAway && reply[1] !== userId) await this.#away.withdraw(call, userId, id)
      throw reply[0] === 'X' ? exists(id) : newerSchema('create')
    }
    const [, text, , formerUser, formerCreated] = reply as unknown as [
      string,
      string,
      string,
      string | null,
      string,
    ]
    if (formerUser) await this.#away.drop(call, formerUser, id, formerCreated)
    const counters = toCounters(text)
    if (isAway) await this.#away.put(call, userId, id, counters)
    return { id, userId, ...fields, metadata: { ...input.metadata }, ...counters }
  }

  /** Holds a new session against its limits, unless there is one already. Answers the bytes of its context. */
  async #judgeNew(call: Call, input: NewSession, options: CreateOptions | undefined): Promise<number> {
    try {
      return judgeCreate(input, options, 0).contextBytes
    } catch (refusal) {
      const reply = (await this.#connection.run(
        call,
        LOAD,
        this.#keys.read(input.id),
        loadArgs({}, {}),
      )) as string[]
      throw reply[0] === 'K' ? exists(input.id) : refusal
    }
  }

  async #commit(
    call: Call,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Committed> {
    const plain = isPlainAppend(change, options) ? await this.#append(call, id, change, options) : undefined
    if (plain !== undefined) return plain
    const next = change.session?.userId
    const isAway = typeof next === 'string' && homeOf(id, next) === '0'
    if (isAway) await this.#away.announce(call, next, id, null)
    const args = commitArgs(id, change, options, this.#settings.graceMs)
    const reply = (await this.#connection.run(call, COMMIT, this.#keys.session(id), args)) as unknown[]
    if (isAway && reply[0] !== 'K') await this.#away.withdraw(call, next, id)
    if (reply[0] === 'R') return replayedOf(id, change, reply)
    const [, counters, now, dropped, taken, isChanged, user, former, removed, amended, record] = admitted(
      'commit',
      id,
      reply,
    ) as CommitReply
    const changed = isChanged === '1'
    const applied = { id, change, counters, now, dropped, taken, changed, removed, amended, record }
    const committed = committedOf(applied)
    if (user) await this.#away.put(call, user, id, committed)
    if (former && former !== user) await this.#away.drop(call, former, id, String(committed.createdAt))
    return committed
  }

  /** By the lean script; `undefined` where there is more to judge. */
  async #append(
    call: Call,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Committed | undefined> {
    const args = appendArgs(id, change.append ?? [], options?.if, this.#settings.graceMs)
    const reply = (await this.#connection.run(call, APPEND, this.#keys.session(id), args)) as unknown[]
    if (reply[0] === 'CHECK') return undefined
    const [, counters, now, dropped, user] = admitted('commit', id, reply) as AppendReply
    const committed = committedOf({ change, counters, now, dropped })
    if (user) await this.#away.put(call, user, id, committed)
    return committed
  }

  async #delete(
    call: Call,
    id: string,
    isSweep: boolean,
    conditions?: DeleteOptions['if'],
  ): Promise<boolean> {
    const args = deleteArgs(id, this.#settings.graceMs, isSweep, conditions)
    const reply = (await this.#connection.run(call, DELETE, this.#keys.session(id), args)) as unknown[]
    const [word, user, created] = reply as [string, string | null, string]
    if (word === 'D') return true
    if (word === 'N' || word === 'A') return call.isRepeat === true && word === 'N' && !isSweep
    if (word !== 'K') throw toRefusal('delete', id, reply)
    if (user) await this.#away.drop(call, user, id, created)
    return true
  }
}

type AppendReply = [word: 'K', counters: string, now: string, dropped: number, user: string | null]
type CommitReply = [
  word: 'K',
  counters: string,
  now: string,
  dropped: number,
  taken: string,
  isChanged: string,
  user: string | null,
  former: string | null,
  removed: string[],
  amended: string[],
  record: string[],
]

/** The reply of a script that found the session and let the call through. */
function admitted(operation: string, id: string, reply: unknown): readonly unknown[] {
  const parts = reply as unknown[]
  if (parts[0] === 'K') return parts
  throw toRefusal(operation, id, parts)
}

function isUnconditional(options: CommitOptions | undefined): boolean {
  return Object.keys(options?.if ?? {}).every((condition) => condition === 'userId')
}

function exists(id: string): SessError {
  return new SessError('SESSION_EXISTS', `create: there is a session '${id}' already`, { sessionId: id })
}
