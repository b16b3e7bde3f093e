import {
  type CallOptions,
  type ConflictState,
  type DeleteOptions,
  isSessError,
  type Loaded,
  type LoadOptions,
  SessError,
  type SessionStore,
  type Want,
} from '@sess/core'
import {
  abortable,
  checkCommit,
  checkCreate,
  checkDelete,
  checkLoad,
  isPlainAppend,
  ownChange,
  ownSession,
  tell,
} from '@sess/core/store'
import { checkStores } from '../invalid.ts'
import { Acceptance } from './accept.ts'
import { Breaker, isOutage } from './breaker.ts'
import { Leadership, type ParkedSession, unreplayed } from './leadership.ts'
import { Ledger } from './ledger.ts'
import { type FailoverOptions, type Settings, toSettings } from './options.ts'
import { Recovery } from './recovery.ts'
import { WarmSet } from './warm-set.ts'

/** A store that goes on without its primary, and what it is at. */
export interface FailoverStore extends SessionStore {
  /** `primary`: it leads. `out`: what is read may be old. `returning`: it is back, and accepted writes go to it. */
  readonly state: 'primary' | 'out' | 'returning'
  /** The sessions whose accepted writes could not be replayed, since their primary moved on. */
  parked(): Promise<readonly ParkedSession[]>
  /**
   * Settles a parked session: keeps the primary's, or puts the fallback's copy in its place. The other one is gone.
   * @throws `SESSION_NOT_FOUND` where it is not parked, `CONFLICT` where no copy was left to keep
   */
  resolve(id: string, keep: 'primary' | 'fallback', options?: CallOptions): Promise<void>
}

/**
 * A store that goes on with a fallback while its primary is out: with reads of recent sessions and, by
 * `writes: 'accept'`, with writes, which go back to the primary when it is there again. Closes both.
 * @throws `CONFIG_INVALID` for options that are none
 */
export function withFailover(
  primary: SessionStore,
  fallback: SessionStore,
  options: FailoverOptions = {},
): FailoverStore {
  checkStores('withFailover', { primary, fallback })
  return new Failover(primary, fallback, toSettings(options)).store
}

/** What is there only where writes are accepted. */
interface Accepting {
  readonly ledger: Ledger
  readonly leadership: Leadership
  readonly acceptance: Acceptance
}

interface Write<T> {
  onPrimary(): Promise<T>
  /** The primary answered. */
  done(answer: T): void
  onFallback(on: Acceptance, failure: SessError): Promise<T>
}

/** How often others may get in between. */
const MOST_ATTEMPTS = 5

class Failover {
  readonly #primary: SessionStore
  readonly #fallback: SessionStore
  readonly #settings: Settings
  readonly #breaker: Breaker
  readonly #warm: WarmSet
  readonly #recovery: Recovery
  readonly #accepting: Accepting | undefined
  #opened: Promise<void> | undefined
  #isOpen = false
  #closed: Promise<void> | undefined

  constructor(primary: SessionStore, fallback: SessionStore, settings: Settings) {
    this.#primary = primary
    this.#fallback = fallback
    this.#settings = settings
    this.#breaker = new Breaker(primary, settings.failures, (isOut) => this.#changed(isOut))
    const isLed = (id: string) => this.#accepting?.leadership.isLed(id) === true
    this.#warm = new WarmSet(primary, fallback, this.#breaker, settings.warm, isLed)
    this.#recovery = new Recovery(settings.firstProbeMs, settings.lastProbeMs, async (signal) => {
      await this.#breaker.probe(signal)
      return this.#accepting?.leadership.returnAll(signal) ?? true
    })
    const { journal } = settings
    if (journal === undefined) return
    const ledger = new Ledger(journal)
    const acceptance = new Acceptance(fallback, ledger, this.#warm)
    const leadership = new Leadership(primary, fallback, ledger, (...event) => this.#tell(...event))
    this.#accepting = { ledger, leadership, acceptance }
  }

  get store(): FailoverStore {
    const failover = this
    const run = <T>(operation: string, call: () => Promise<T>) => this.#breaker.run(operation, call)
    const { info, stats, deleteUser, watch, lease } = this.#primary
    // What reaches the primary alone would pass by sessions that the fallback leads: core's own way, through `load`,
    // `commit` and `delete`, does not.
    const hidden = this.#accepting === undefined ? [] : ['deleteUser', 'watch', 'lease']
    const has = <T>(feature: string, member: T | undefined) => (hidden.includes(feature) ? undefined : member)
    const [deletes, watches, leases] = [
      has('deleteUser', deleteUser),
      has('watch', watch),
      has('lease', lease),
    ]
    return {
      info: {
        ...info,
        name: `failover(${info.name}, ${this.#fallback.info.name})`,
        features: info.features.filter((feature) => !hidden.includes(feature)),
      },
      ...this.#sessions(),
      list: (query, o) => run('list', () => this.#primary.list(query, o)),
      count: (userId, o) => run('count', () => this.#primary.count(userId, o)),
      sweep: async (request, o) => {
        const swept = await run('sweep', () => this.#primary.sweep(request, o))
        await this.#sweepCopies(request)
        return swept
      },
      health: (o) => this.#primary.health(o),
      close: () => {
        this.#closed ??= this.#close()
        return this.#closed
      },
      ...(stats && { stats: (o) => run('stats', () => stats.call(this.#primary, o)) }),
      ...(deletes && {
        deleteUser: (userId, o) => run('deleteUser', () => deletes.call(this.#primary, userId, o)),
      }),
      ...(watches && { watch: watches.bind(this.#primary) }),
      ...(leases && {
        lease: (id, request, o) => run('lease', () => leases.call(this.#primary, id, request, o)),
      }),
      get state() {
        return failover.#state
      },
      parked: async () => {
        await this.#open('parked')
        return this.#accepting?.leadership.parked ?? []
      },
      resolve: (id, keep, o) => this.#resolve(id, keep, o),
    }
  }

  get #state(): FailoverStore['state'] {
    if (this.#breaker.isOut) return 'out'
    return this.#accepting?.ledger.waiting.length ? 'returning' : 'primary'
  }

  #sessions(): Pick<SessionStore, 'create' | 'load' | 'commit' | 'delete'> {
    const [primary, warm] = [this.#primary, this.#warm]
    return {
      create: async (input, o) => {
        checkCreate(input, o)
        const kept = ownSession(input)
        return this.#write('create', kept.id, o, {
          onPrimary: () => primary.create(kept, o),
          done: (session) => void (o?.stamp === undefined && warm.created(kept, session)),
          onFallback: (on, failure) => on.create(kept, o, failure),
        })
      },
      load: (id, want, o) => this.#load(id, want, o),
      commit: async (id, change, o) => {
        checkCommit(id, change, o)
        // Of a plain append, and where nothing is accepted, only the answer is used later.
        const isAnswerEnough = this.#accepting === undefined && isPlainAppend(change, o)
        const kept = isAnswerEnough ? change : ownChange(change)
        return this.#write('commit', id, o, {
          onPrimary: () => {
            const isKnownAgain = o?.stamp !== undefined || kept.append?.length
            const send = (options: typeof o) => primary.commit(id, kept, options)
            return isKnownAgain ? send(o) : this.#onlyNow(id, o, send)
          },
          done: (answer) => warm.changed(id, kept, answer),
          onFallback: (on, failure) => on.commit(id, kept, o, failure),
        })
      },
      delete: async (id, o) => {
        checkDelete(id, o)
        return this.#write('delete', id, o, {
          onPrimary: () => this.#onlyNow(id, o, (options) => primary.delete(id, options)),
          done: (isDeleted) => void (isDeleted && warm.deleted(id)),
          onFallback: (on, failure) => on.delete(id, o, failure),
        })
      },
    }
  }

  /**
   * Sends what is not known again by the ids of messages on the condition that the session is as it was seen last, so
   * that it cannot arrive late, when the fallback was told of it and of more. Sent again where others wrote meanwhile.
   */
  async #onlyNow<O extends DeleteOptions, T>(
    id: string,
    options: O | undefined,
    send: (options: O | undefined) => Promise<T>,
  ): Promise<T> {
    let seen: Pick<ConflictState, 'version' | 'createdAt'> | undefined = this.#warm.seen(id)
    const given: DeleteOptions['if'] = options?.if
    if (this.#accepting === undefined || given?.version !== undefined) return send(options)
    for (let attempt = 1; seen !== undefined && attempt <= MOST_ATTEMPTS; attempt++) {
      const { version, createdAt } = seen
      try {
        return await send({ ...options, if: { createdAt, ...given, version } } as O)
      } catch (error) {
        const current = isSessError(error, 'CONFLICT') ? error.current : undefined
        if (current === undefined || (current.version === version && current.createdAt === createdAt))
          throw error
        seen = current
      }
    }
    return send(options)
  }

  /** Nobody else would where the fallback does not forget by itself. What is still to be replayed or settled stays. */
  async #sweepCopies(request: { readonly limit: number }): Promise<void> {
    if (this.#state !== 'primary' || this.#accepting?.leadership.parked.length) return
    await this.#fallback.sweep(request).catch(() => {})
  }

  async #load(id: string, want: Want | undefined, options: LoadOptions | undefined): Promise<Loaded> {
    checkLoad('load', id, want, options)
    if (!this.#isOpen) await this.#open('load')
    const leadership = this.#accepting?.leadership
    for (;;) {
      const led = leadership?.isLed(id) ? await leadership.load(id, want, options) : undefined
      if (led !== undefined) return led
      try {
        const loaded = await this.#breaker.run('load', () => this.#primary.load(id, want, options))
        this.#warm.read(loaded.session)
        return loaded
      } catch (error) {
        if (!isOutage(error)) throw error
        if (leadership?.isLed(id)) continue
        const copy = await abortable(this.#warm.load(id, want, options), options?.signal)
        if (copy === undefined) throw error
        this.#tell('stale-read', id)
        return copy
      }
    }
  }

  async #write<T>(
    operation: string,
    id: string,
    options: CallOptions | undefined,
    write: Write<T>,
  ): Promise<T> {
    if (!this.#isOpen) await this.#open(operation)
    const accepting = this.#accepting
    if (accepting === undefined) return this.#onPrimary(operation, id, write)
    const work = () => {
      options?.signal?.throwIfAborted()
      return this.#inTurn(accepting, operation, id, write)
    }
    return abortable(accepting.leadership.turn(id, work), options?.signal)
  }

  async #inTurn<T>(
    { acceptance, leadership }: Accepting,
    operation: string,
    id: string,
    write: Write<T>,
  ): Promise<T> {
    const wasLed = leadership.isLed(id)
    let failure: SessError
    if (wasLed) failure = unreplayed(operation, id)
    else
      try {
        return await this.#onPrimary(operation, id, write)
      } catch (error) {
        if (!isOutage(error)) throw error
        failure = error
      }
    const answer = await write.onFallback(acceptance, failure)
    if (!wasLed && leadership.isLed(id)) this.#tell('diverted', id)
    this.#recovery.start()
    return answer
  }

  async #onPrimary<T>(operation: string, id: string, { onPrimary, done }: Write<T>): Promise<T> {
    try {
      const answer = await this.#breaker.run(operation, onPrimary)
      done(answer)
      return answer
    } catch (error) {
      // After an abort it may have been applied; after an outage too, but then the primary cannot be asked.
      if (!(error instanceof SessError)) this.#warm.doubt(id)
      throw error
    }
  }

  async #resolve(id: string, keep: 'primary' | 'fallback', options: CallOptions | undefined): Promise<void> {
    if (keep !== 'primary' && keep !== 'fallback')
      throw new SessError('INVALID_ARGUMENT', "resolve: keep must be 'primary' or 'fallback'")
    await this.#open('resolve')
    if (this.#accepting === undefined)
      throw new SessError('SESSION_NOT_FOUND', `resolve: session '${id}' is not parked`, { sessionId: id })
    await this.#accepting.leadership.resolve(id, keep, options)
    this.#warm.doubt(id)
  }

  /** Reads the journal on first use. @throws `STORE_CLOSED` */
  async #open(operation: string): Promise<void> {
    if (this.#closed !== undefined)
      throw new SessError('STORE_CLOSED', `${operation}: this failover store is closed`)
    this.#opened ??= this.#start()
    try {
      await this.#opened
    } catch (error) {
      // The next call tries again.
      this.#opened = undefined
      throw error
    }
  }

  async #start(): Promise<void> {
    await this.#accepting?.ledger.open()
    this.#isOpen = this.#closed === undefined
    if (this.#accepting?.ledger.waiting.length) this.#recovery.start()
  }

  async #close(): Promise<void> {
    this.#isOpen = false
    await this.#opened?.catch(() => {})
    await this.#recovery.close()
    await this.#accepting?.leadership.idle()
    await this.#warm.idle()
    if (this.#opened !== undefined) await this.#accepting?.ledger.close()
    await Promise.all([this.#primary.close(), this.#fallback.close()])
  }

  #changed(isOut: boolean): void {
    tell(this.#settings.onEvent, { type: isOut ? 'primary-out' : 'primary-back', store: 'failover' })
    if (isOut) this.#recovery.start()
  }

  #tell(type: string, sessionId: string, reason?: string): void {
    const detail = reason === undefined ? {} : { detail: { reason } }
    tell(this.#settings.onEvent, { type, store: 'failover', sessionId, ...detail })
  }
}
