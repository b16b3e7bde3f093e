import { SessError, type SessErrorCode } from '@sess/core'
import { type Failure, unavailable } from '@sess/core/store'

type Meaning = readonly [code: SessErrorCode, why: string, passes?: true]

const ACCESS: Meaning = [
  'CONFIG_INVALID',
  'the server refuses the user, the password or what the user may do',
]
const READ_ONLY: Meaning = ['STORE_UNAVAILABLE', 'the server is read-only', true]
const FULL: Meaning = ['STORE_UNAVAILABLE', 'the server has no room left']
const TOO_MANY: Meaning = ['STORE_UNAVAILABLE', 'the server takes no more connections', true]
const STOPS: Meaning = ['STORE_UNAVAILABLE', 'the server is stopping', true]
const MET: Meaning = ['STORE_UNAVAILABLE', 'it met another transaction that won', true]
const ENDED: Meaning = ['STORE_UNAVAILABLE', 'the server ended the connection', true]
const DAMAGED: Meaning = ['CORRUPT_DATA', 'a table holds what this store did not write']

/** What a server's error number means. Nothing was applied, where {@link OPEN} does not say otherwise. */
const REPLIES: { readonly [errno: number]: Meaning } = {
  1020: MET,
  1021: FULL,
  1037: ['STORE_UNAVAILABLE', 'the server has no memory left'],
  1040: TOO_MANY,
  1041: ['STORE_UNAVAILABLE', 'the server has no memory left'],
  1044: ACCESS,
  1045: ACCESS,
  1047: ['STORE_UNAVAILABLE', 'the server is not part of its cluster', true],
  1049: ['CONFIG_INVALID', 'the database does not exist'],
  1053: STOPS,
  1054: ['CONFIG_INVALID', 'a table is not as this store made it: apply its migrations'],
  1114: FULL,
  1142: ACCESS,
  1146: ['CONFIG_INVALID', "its tables are not there: let `migrate` be 'auto', or apply the migrations"],
  1153: ['LIMIT_EXCEEDED', "what is written is larger than the server's max_allowed_packet"],
  1180: ['STORE_UNAVAILABLE', 'the server could not commit', true],
  1203: TOO_MANY,
  1205: ['STORE_UNAVAILABLE', 'another transaction holds the session', true],
  1213: MET,
  1226: TOO_MANY,
  1227: ACCESS,
  1290: READ_ONLY,
  1298: ACCESS,
  1317: ENDED,
  1366: DAMAGED,
  1406: DAMAGED,
  1461: ['STORE_UNAVAILABLE', "the server's max_prepared_stmt_count is reached"],
  1665: ['CONFIG_INVALID', 'the server logs statements (binlog_format), which needs MIXED or ROW'],
  1698: ACCESS,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1927: ENDED,
  3098: ['CONFIG_INVALID', 'the server refuses tables of this kind'],
  3100: ['STORE_UNAVAILABLE', 'the group of servers could not commit', true],
  3101: MET,
  3159: ['CONFIG_INVALID', 'the server takes only connections with TLS'],
  4031: ENDED,
}

/**
 * Of a commit these do not say whether it was applied: a server that stops, or a cluster's node that loses the others,
 * may answer so when others have it already.
 */
const OPEN: readonly number[] = [1047, 1053, 1180, 1317, 1927, 3100]

/** How far a call had come: no connection, one, or the step after which it may have been applied. */
export type Stage = 'connect' | 'work' | 'commit'

export function toFailure(operation: string, cause: unknown, stage: Stage): Failure {
  const { errno, code = '', message = '' } = (cause ?? {}) as DriverError
  if (errno !== undefined && errno > 0) {
    const known = REPLIES[errno] ?? unknownReply(errno)
    const [of, why, passes = false] = known
    if (stage === 'commit' && isOpen(errno)) return unavailable(operation, why, cause, 'unknown')
    return { error: new SessError(of, `${operation}: ${why}`, { cause }), passes }
  }
  if (stage === 'connect') return toUnreached(operation, cause, code, message)
  if (stage === 'commit')
    return unavailable(operation, 'the connection broke before the answer', cause, 'unknown')
  return unavailable(operation, 'the connection broke', cause, 'none', true)
}

interface DriverError {
  /** Positive in a server's reply, negative in one of the operating system. */
  readonly errno?: number
  readonly code?: string
  readonly message?: string
}

/** A server that takes a connection and breaks it off may do better in a moment. */
function toUnreached(operation: string, cause: unknown, code: string, message: string): Failure {
  if (/certificate|self.signed|Hostname\/IP|ERR_TLS|SSL|HANDSHAKE_NO_SSL/i.test(`${code} ${message}`)) {
    const why = 'no TLS that can be trusted with the server'
    return { error: new SessError('CONFIG_INVALID', `${operation}: ${why}`, { cause }), passes: false }
  }
  const isBroken = ['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'].includes(code)
  return unavailable(operation, 'the server cannot be reached', cause, 'none', isBroken)
}

function isOpen(errno: number): boolean {
  return OPEN.includes(errno) || !(errno in REPLIES)
}

function unknownReply(errno: number): Meaning {
  return ['STORE_UNAVAILABLE', `the server answered with error ${errno}`]
}

/** A key that must be unique is there already. */
export function isDuplicate(cause: unknown): boolean {
  return (cause as DriverError | undefined)?.errno === 1062
}

/** After these the server, or this connection to it, is of no more use. */
const LEAVE: readonly number[] = [...OPEN, 1290, 1792, 1836, 4031]

/** Whether a connection can go on after an error: the server answered with it, or it is one of ours. */
export function isSoundAfter(cause: unknown): boolean {
  if (cause instanceof SessError) return true
  const { errno = 0 } = (cause ?? {}) as DriverError
  return errno > 0 && !LEAVE.includes(errno)
}
