import { type Call, type Failure, refuseAgain } from '@sess/core/store'
import { type RedisClient, runScript } from './client.ts'
import { toFailure, toUnreached } from './errors.ts'
import type { Settings } from './options.ts'
import { type Replication, runReplicated } from './replicas.ts'
import type { Script } from './scripts/script.ts'

/** For a step that may always be sent again, whatever may be of the call that it belongs to. */
export class RepeatableCall implements Call {
  readonly operation: string
  readonly deadline: number
  readonly messages: Call['messages']
  readonly repeatable = true
  isSent: boolean
  isRepeat: boolean
  cause: unknown
  readonly #whole: Call

  constructor(whole: Call) {
    this.#whole = whole
    this.operation = whole.operation
    this.deadline = whole.deadline
    this.messages = whole.messages
    this.isSent = whole.isSent
    this.isRepeat = whole.isRepeat
    this.cause = whole.cause
  }

  // Of the class: an object with an accessor of its own has a shape of its own, which is not given back soon.
  get isOver(): boolean {
    return this.#whole.isOver
  }
}

const PAUSE_MS = 25

const REPLICAS_MS = 100

/** The client, ours or the user's, and what the store does when it fails. */
export class Connection {
  readonly #client: RedisClient
  readonly #isOwn: boolean
  readonly #maxRetries: number
  readonly #replication: Replication
  readonly #onRetry: (operation: string) => void
  #connecting: Promise<{ readonly cause: unknown } | undefined> | undefined

  constructor({ client, own, maxRetries, waitReplicas }: Settings, onRetry: (operation: string) => void) {
    this.#client = client
    this.#isOwn = own !== undefined
    this.#maxRetries = maxRetries
    this.#replication = { wanted: waitReplicas, ms: REPLICAS_MS }
    this.#onRetry = onRetry
    // Each call tells its own failure.
    if (own) client.on('error', () => {})
  }

  get isCluster(): boolean {
    return this.#client.isCluster === true
  }

  /** Runs a script, as `send` does. */
  run(
    call: Call,
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return this.send(call, () => this.#runScript(script, keys, args))
  }

  /** Sends what a call needs, again where that is safe, until the call's deadline. */
  async send(call: Call, command: () => Promise<unknown>): Promise<unknown> {
    for (let retries = 0; ; retries++) {
      let failure = this.#isOwn && this.#client.status !== 'ready' ? await this.#unreached(call) : undefined
      if (failure === undefined) {
        if (call.isOver) throw toUnreached(call.operation).error
        const wasSent = call.isSent
        call.isSent = true
        try {
          return await command()
        } catch (cause) {
          failure = toFailure(call.operation, cause)
        }
        if (failure.error.outcome === 'none') call.isSent = wasSent
        else if (call.repeatable) call.isRepeat = true
      }
      await this.#again(call, failure, retries === this.#maxRetries)
      this.#onRetry(call.operation)
    }
  }

  async close(): Promise<void> {
    if (!this.#isOwn) return
    // Without a socket there is no end to wait for.
    const hasSocket = ['connecting', 'connect', 'ready'].includes(this.#client.status)
    const ended = new Promise<void>((resolve) => this.#client.on('end', resolve))
    this.#client.disconnect()
    if (hasSocket) await ended
  }

  #runScript(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (this.#replication.wanted === 0 || !script.isWrite) return runScript(this.#client, script, keys, args)
    return runReplicated(this.#client, script, keys, args, this.#replication)
  }

  /** Waits until the call may be sent again; throws where it may not. */
  async #again(call: Call, failure: Failure, isLast: boolean): Promise<void> {
    refuseAgain(call, failure, isLast ? Number.POSITIVE_INFINITY : 2 * PAUSE_MS)
    // A client that is not ours, a cluster's, or one that did not notice yet, does not say when it is connected again.
    if (failure.passes || !this.#isOwn || this.#client.status === 'ready') await pause(PAUSE_MS)
  }

  /** Waits until the client is connected, or tells why an attempt to connect failed. */
  async #unreached({ operation }: Call): Promise<Failure | undefined> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    const failed = await this.#connecting
    return failed && toUnreached(operation, failed.cause)
  }

  #connect(): Promise<{ readonly cause: unknown } | undefined> {
    const client = this.#client
    return new Promise((resolve) => {
      let cause: unknown
      const settle = (end: { readonly cause: unknown } | undefined) => {
        client.off('ready', ready)
        client.off('error', remember)
        client.off('close', failed)
        client.off('end', failed)
        resolve(end)
      }
      const ready = () => settle(undefined)
      const failed = () => settle({ cause })
      const remember = (error: unknown) => {
        cause = error
        // Of sentinels that are all away, no attempt ends.
        if (error instanceof Error && error.message.startsWith('All sentinels')) failed()
      }
      client.on('ready', ready)
      client.on('error', remember)
      client.on('close', failed)
      client.on('end', failed)
      if (client.status === 'wait') client.connect().catch(remember)
    })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
