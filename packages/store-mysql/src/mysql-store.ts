import type {
  CallOptions,
  Change,
  CommitOptions,
  Committed,
  CreateOptions,
  DeleteOptions,
  Health,
  ListQuery,
  Loaded,
  LoadOptions,
  NewSession,
  Page,
  Session,
  SessionStore,
  StoreStats,
  Want,
} from '@sess/core'
import {
  admit,
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
  isRepeatable,
  ownChange,
  ownOptions,
  ownSession,
  tell,
} from '@sess/core/store'
import { Commits } from './commits.ts'
import { Database } from './database.ts'
import { FactReader } from './facts.ts'
import { Known } from './known.ts'
import { isForLane, Lanes } from './lanes.ts'
import { Lists } from './lists.ts'
import { Locker } from './locker.ts'
import { type MysqlStoreOptions, type Settings, toSettings } from './options.ts'
import { Reader } from './read.ts'
import { Removal } from './removal.ts'
import { Schema } from './schema.ts'
import { Writer } from './writer.ts'

/** A store in MySQL or MariaDB. It connects on first use, and makes its tables then where it may. */
export function createMysqlStore(options: MysqlStoreOptions = {}): SessionStore {
  return new MysqlStore(toSettings(options))
}

class MysqlStore implements SessionStore {
  readonly info = { name: 'mysql', shared: true, features: ['stats'] }
  readonly #settings: Settings
  readonly #calls: Calls
  readonly #database: Database
  readonly #schema: Schema
  readonly #reader: Reader
  readonly #commits: Commits
  readonly #lanes: Lanes
  readonly #removal: Removal
  readonly #lists: Lists
  readonly #known = new Known()
  #isReady = false
  #ready: Promise<void> | undefined

  constructor(settings: Settings) {
    const { tables, pool, lanePool, onEvent } = settings
    this.#settings = settings
    this.#calls = new Calls('MySQL', settings.timeoutMs)
    this.#database = new Database(pool, lanePool, (operation) =>
      tell(onEvent, { type: 'retry', store: 'mysql', detail: { operation } }),
    )
    this.#schema = new Schema(this.#database, tables, settings.prefix)
    this.#reader = new Reader(tables)
    const locker = new Locker(tables)
    this.#removal = new Removal(this.#database, locker, tables)
    const [database, writer] = [this.#database, new Writer(tables)]
    this.#commits = new Commits({
      ...{ database, locker, writer, reader: this.#reader, removal: this.#removal },
      facts: new FactReader(tables),
    })
    this.#lanes = new Lanes({
      ...{ database, known: this.#known, locker, writer },
      alone: (...commit) => this.#commits.commit(...commit),
    })
    this.#lists = new Lists(this.#database, tables)
  }

  create(input: NewSession, options?: CreateOptions): Promise<Session> {
    const check = () => checkCreate(input, options)
    return this.#run('create', options, check, (call) => {
      const [session, own] = [ownSession(input), ownOptions(options)]
      call.messages = session.messages
      return () => this.#commits.create(call, session, own)
    })
  }

  load(id: string, want?: Want, options?: LoadOptions): Promise<Loaded> {
    const check = () => checkLoad('load', id, want, options)
    return this.#run('load', options, check, (call) => async () => {
      const found = await this.#database.read(call, (connection) => this.#reader.load(connection, id, want))
      const { loaded, ...record } = admit('load', id, found, found?.now ?? 0, options?.if)
      this.#known.see(record)
      return loaded
    })
  }

  commit(id: string, change: Change, options?: CommitOptions): Promise<Committed> {
    const check = () => checkCommit(id, change, options)
    return this.#run('commit', options, check, (call) => {
      const [own, conditions] = [ownChange(change), ownOptions(options)]
      call.repeatable = isRepeatable(own, conditions)
      call.messages = own.append
      return () =>
        isForLane(own, conditions)
          ? this.#lanes.append(call, id, own, conditions)
          : this.#commits.commit(call, id, own, conditions)
    })
  }

  delete(id: string, options?: DeleteOptions): Promise<boolean> {
    const check = () => checkDelete(id, options)
    return this.#run('delete', options, check, (call) => {
      const conditions = ownOptions(options)?.if
      return () => this.#removal.delete(call, id, conditions)
    })
  }

  list(query: ListQuery, options?: CallOptions): Promise<Page> {
    const check = () => checkListQuery(query, options)
    return this.#run('list', options, check, (call) => () => this.#lists.list(call, query))
  }

  count(userId: string, options?: CallOptions): Promise<number> {
    const check = () => checkUser('count', userId, options)
    return this.#run('count', options, check, (call) => () => this.#lists.count(call, userId))
  }

  sweep(request: { readonly limit: number }, options?: CallOptions): Promise<number> {
    const check = () => checkSweep(request, options)
    return this.#run('sweep', options, check, (call) => () => this.#removal.sweep(call, request.limit))
  }

  stats(options?: CallOptions): Promise<StoreStats> {
    const check = () => checkCall('stats', options)
    return this.#run('stats', options, check, (call) => () => this.#lists.stats(call))
  }

  health(options?: CallOptions): Promise<Health> {
    return this.#calls.health(options, (call) =>
      this.#database.read(call, (connection) => connection.plain('SELECT 1')),
    )
  }

  async close(): Promise<void> {
    if (this.#calls.isClosed) return
    await this.#calls.close()
    await this.#database.close()
  }

  /** @param prepare takes what the caller passed before anything is awaited, and gives the work */
  #run<T>(
    operation: string,
    options: CallOptions | undefined,
    check: () => void,
    prepare: (call: Call) => () => Promise<T>,
  ): Promise<T> {
    return this.#calls.run(operation, options, check, async (call) => {
      const work = prepare(call)
      if (!this.#isReady) await this.#makeReady(operation)
      return work()
    })
  }

  /** Before the first call, once for all that wait for it. */
  #makeReady(operation: string): Promise<void> {
    this.#ready ??= this.#migrate(operation).finally(() => {
      this.#ready = undefined
    })
    return this.#ready
  }

  async #migrate(operation: string): Promise<void> {
    const { migrate, timeoutMs, onEvent } = this.#settings
    // Longer than the call that it began with, which may be aborted.
    const deadline = performance.now() + Math.max(timeoutMs, MIGRATION_MS)
    const state = { isOver: false, isSent: false, isRepeat: false, cause: undefined, messages: undefined }
    const versions = await this.#schema.ready({ operation, deadline, repeatable: true, ...state }, migrate)
    this.#isReady = true
    for (const version of versions) tell(onEvent, { type: 'migrated', store: 'mysql', detail: { version } })
  }
}

const MIGRATION_MS = 30_000
