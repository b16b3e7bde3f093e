import { SessError, type SessErrorCode } from '@sess/core'
import { type Failure, unavailable } from '@sess/core/store'
import { TooFewReplicas } from './replicas.ts'

/** What a server's refusal means. Nothing was applied. */
const REPLIES: { readonly [word: string]: readonly [SessErrorCode, why: string, passes?: true] } = {
  LOADING: ['STORE_UNAVAILABLE', 'the server is loading its data', true],
  TRYAGAIN: ['STORE_UNAVAILABLE', 'the slot is being moved', true],
  CLUSTERDOWN: ['STORE_UNAVAILABLE', 'the cluster is down', true],
  MASTERDOWN: ['STORE_UNAVAILABLE', 'the master is down', true],
  READONLY: ['STORE_UNAVAILABLE', 'the server is a replica', true],
  BUSY: ['STORE_UNAVAILABLE', 'the server runs a script that does not end', true],
  NOREPLICAS: ['STORE_UNAVAILABLE', 'too few replicas are in reach'],
  MISCONF: ['STORE_UNAVAILABLE', 'the server cannot save and takes no writes'],
  OOM: ['STORE_UNAVAILABLE', 'the server has no memory left'],
  NOAUTH: ['CONFIG_INVALID', 'the server wants a password'],
  WRONGPASS: ['CONFIG_INVALID', 'the server refuses the user or password'],
  NOPERM: ['CONFIG_INVALID', 'the user may not run this command or touch this key'],
  MOVED: ['CONFIG_INVALID', 'the server is a node of a cluster: use the option `cluster`'],
  ASK: ['CONFIG_INVALID', 'the server is a node of a cluster: use the option `cluster`'],
  CROSSSLOT: ['CONFIG_INVALID', 'the server is a node of a cluster: use the option `cluster`'],
  WRONGTYPE: ['CORRUPT_DATA', 'a key holds what this store did not write'],
}

export function toFailure(operation: string, cause: unknown): Failure {
  forgetArguments(cause)
  const message = cause instanceof Error ? cause.message : String(cause)
  const word = /^[A-Z]+\b/.exec(message)?.[0] ?? ''
  const known = REPLIES[word]
  if (known !== undefined) {
    const [code, why, passes = false] = known
    return { error: new SessError(code, `${operation}: ${why}`, { cause }), passes }
  }
  if (cause instanceof TooFewReplicas) return unavailable(operation, message, cause, 'unknown')
  if (/max number of clients/.test(message))
    return unavailable(operation, 'the server takes no more clients', cause, 'none', true)
  if ((cause as { name?: string })?.name === 'ReplyError')
    return {
      error: new SessError('CORRUPT_DATA', `${operation}: the server could not run the script`, { cause }),
      passes: false,
    }
  if (/Too many Cluster redirections|Cluster isn't ready|Failed to refresh slots cache/i.test(message))
    return unavailable(operation, 'the cluster does not answer', cause, 'none', true)
  // The driver says so before it sends anything.
  if (/Stream isn't writeable|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|all sentinels/i.test(message))
    return unavailable(operation, 'the server cannot be reached', cause, 'none', true)
  return unavailable(operation, 'the connection broke before the answer', cause, 'unknown')
}

/** The driver notes in its errors what it sent: messages, and passwords. */
function forgetArguments(cause: unknown): void {
  if (!(cause instanceof Error)) return
  const noted = cause as { command?: { readonly name?: string }; readonly lastNodeError?: unknown } & {
    readonly cause?: unknown
  }
  if (noted.command !== undefined) noted.command = { ...(noted.command.name && { name: noted.command.name }) }
  for (const below of [noted.lastNodeError, noted.cause]) forgetArguments(below)
}

/** Why there is no connection to send on. A server that takes it and breaks it off may do better in a moment. */
export function toUnreached(operation: string, cause?: unknown): Failure {
  const told = cause === undefined ? undefined : toFailure(operation, cause)
  if (told?.error.code === 'CONFIG_INVALID') return told
  const { message = '', code = '' } = (cause ?? {}) as { message?: string; code?: string }
  const isBroken =
    cause === undefined ||
    /^(Connection is closed|Reached the max retries per request)/.test(message) ||
    ['ECONNRESET', 'EPIPE'].includes(code)
  return unavailable(operation, 'the server cannot be reached', cause, 'none', isBroken)
}
