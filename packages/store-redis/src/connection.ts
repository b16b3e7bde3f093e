import { SessError } from '@sess/core'
import { type RedisClient, runScript } from './client.ts'
import { toFailure } from './errors.ts'
import type { Script } from './scripts/script.ts'

/** One call of the store while it is under way. */
export interface Call {
  readonly operation: string
  /** Whether it may be sent again when no answer came: the same thing twice must come to the same. */
  readonly repeatable: boolean
  /** When it ends, by `performance.now()`. */
  readonly deadline: number
  /** Whether it was sent before, and may have been applied. */
  isRepeat?: boolean
}

const PAUSE_MS = 25

/** The client, ours or the user's, and what the store does when it fails. */
export class Connection {
  readonly #client: RedisClient
  readonly #isOwn: boolean
  readonly #onRetry: (operation: string) => void

  constructor(client: RedisClient, isOwn: boolean, onRetry: (operation: string) => void) {
    this.#client = client
    this.#isOwn = isOwn
    this.#onRetry = onRetry
    // Each call tells its own failure.
    if (isOwn) client.on('error', () => {})
  }

  /** Runs a script, again where that is safe, until the call's deadline. */
  async run(
    call: Call,
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    for (;;) {
      try {
        if (this.#isOwn && this.#client.status !== 'ready') await this.#ready(call)
        return await runScript(this.#client, script, keys, args)
      } catch (cause) {
        if (cause instanceof SessError) throw cause
        const { error, passes } = toFailure(call.operation, cause)
        const isSafe = passes || (error.code === 'STORE_UNAVAILABLE' && call.repeatable)
        if (!isSafe || performance.now() + PAUSE_MS >= call.deadline) throw error
        // A client may take a moment to notice that its connection is gone.
        await pause(PAUSE_MS)
        if (error.outcome === 'unknown') call.isRepeat = true
        this.#onRetry(call.operation)
      }
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

  /** Waits until the client is connected, or until an attempt to connect fails. */
  #ready({ operation }: Call): Promise<void> {
    const client = this.#client
    return new Promise((resolve, reject) => {
      let cause: unknown
      const settle = (end: () => void) => {
        client.off('ready', ready)
        client.off('error', remember)
        client.off('close', failed)
        client.off('end', failed)
        end()
      }
      const ready = () => settle(resolve)
      const remember = (error: unknown) => {
        cause = error
      }
      const failed = () =>
        settle(() => {
          const told = cause === undefined ? undefined : toFailure(operation, cause).error
          reject(
            told?.code === 'CONFIG_INVALID'
              ? told
              : new SessError('STORE_UNAVAILABLE', `${operation}: the server cannot be reached`, { cause }),
          )
        })
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
