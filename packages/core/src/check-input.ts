import type { Change, SessionPatch } from './commit.ts'
import { SessError } from './error.ts'
import { checkWhole, MAX_PAGE } from './limits.ts'
import type { Want } from './load.ts'
import type { NewMessage, NewSession } from './model.ts'
import type {
  CallOptions,
  CommitOptions,
  CreateOptions,
  ListQuery,
  LoadOptions,
  Stamp,
} from './session-store.ts'
import { checkName } from './text.ts'

// What every store refuses before it looks at its data: a call that was aborted (the signal's reason), what is
// malformed (`INVALID_ARGUMENT`), and what this version of the contract does not have (`UNSUPPORTED`), so that a
// newer caller is never half obeyed.

type Known = { readonly [member: string]: true }
const known = (...members: string[]): Known => Object.fromEntries(members.map((m) => [m, true as const]))

const CALL = known('signal')
const LOAD = known('if', 'signal')
const CREATE = known('limits', 'stamp', 'signal')
const COMMIT = known('if', 'limits', 'stamp', 'signal')
const OWNER = known('userId')
const CONDITIONS = known('version', 'lastSeq', 'userId', 'absent')
const LIMITS = known('contextBytes', 'metadataBytes')
const STAMP = known('version', 'lastSeq', 'updatedAt', 'expiresAt', 'createdAt')
const CHANGE = known('cut', 'amend', 'append', 'unset', 'set', 'session')
const MESSAGE = known(
  'id',
  'role',
  'content',
  'metadata',
  'createdAt',
  'digest',
  'seq',
  'version',
  'amendedAt',
)
const AMENDMENT = known('id', 'content', 'metadata', 'digest')
const PATCH = known('metadata', 'userId', 'isActive', 'maxMessages', 'overflow', 'ttlMs', 'sliding')
const SESSION = known(
  'id',
  'userId',
  'metadata',
  'ttlMs',
  'sliding',
  'maxMessages',
  'overflow',
  'isActive',
  'context',
  'messages',
)
const WANT = known('messages', 'context')
const QUERY = known('userId', 'all', 'limit', 'cursor', 'offset', 'includeExpired')
const PAGE = known('prefix', 'after', 'limit', 'reverse', 'keysOnly')

/** Of a call that takes a signal alone: `count`, `sweep`, `deleteUser` … */
export function checkCall(operation: string, options: CallOptions | undefined): void {
  checkOptions(operation, options, CALL)
}

/** Of `load` and `delete`. */
export function checkLoad(
  operation: string,
  id: string,
  want: Want | undefined,
  options: LoadOptions | undefined,
): void {
  checkName(operation, 'session id', id)
  checkOptions(operation, options, LOAD)
  refuseUnknown(operation, 'condition', options?.if, OWNER)
  if (want === undefined) return
  refuseUnknown(operation, 'part', want, WANT)
  const { messages, context } = want
  if (messages !== undefined) checkMessageWindow(operation, messages)
  if (context === undefined || context === true) return
  if ('keys' in context) {
    onlyMember(operation, context)
    checkList(operation, 'context.keys', context.keys)
  } else {
    refuseUnknown(operation, 'context window', context, PAGE)
    checkWhole(operation, 'context.limit', context.limit, 1, MAX_PAGE)
    if (typeof context.prefix !== 'string') throw invalid(operation, 'context.prefix must be a string')
  }
}

/** Of `list`. */
export function checkListQuery(query: ListQuery, options: CallOptions | undefined): void {
  checkOptions('list', options, CALL)
  refuseUnknown('list', 'part', query, QUERY)
  checkWhole('list', 'limit', query.limit, 1, MAX_PAGE)
  if (query.offset !== undefined) checkWhole('list', 'offset', query.offset, 0)
  if (query.offset !== undefined && query.cursor !== undefined)
    throw invalid('list', 'a cursor and an offset cannot go together')
  if ('userId' in query === 'all' in query) throw invalid('list', 'either userId or all must be given')
  if ('userId' in query) checkName('list', 'user id', query.userId)
}

/** Of `sweep`. */
export function checkSweep(request: { readonly limit: number }, options: CallOptions | undefined): void {
  checkOptions('sweep', options, CALL)
  checkWhole('sweep', 'limit', request.limit, 1, MAX_PAGE)
}

/** Of `create`. */
export function checkCreate(session: NewSession, options: CreateOptions | undefined): void {
  checkName('create', 'session id', session.id)
  refuseUnknown('create', 'part', session, SESSION)
  checkOptions('create', options, CREATE)
  checkSessionFields('create', session)
  for (const key of Object.keys(session.metadata)) checkName('create', 'metadata key', key)
  checkEntries('create', session.context)
  checkMessages('create', session.messages)
  checkStamp('create', session.messages, 0, options)
}

/** Of `commit`. */
export function checkCommit(id: string, change: Change, options: CommitOptions | undefined): void {
  checkName('commit', 'session id', id)
  refuseUnknown('commit', 'part', change, CHANGE)
  checkOptions('commit', options, COMMIT)
  if (options?.if !== undefined) {
    refuseUnknown('commit', 'condition', options.if, CONDITIONS)
    if (options.if.absent !== undefined) checkList('commit', 'if.absent', options.if.absent)
  }
  const { cut, amend, append, unset, set, session } = change
  if (cut !== undefined) {
    onlyMember('commit', cut)
    if ('afterSeq' in cut) checkWhole('commit', 'cut.afterSeq', cut.afterSeq, 0)
    else if ('beforeSeq' in cut) checkWhole('commit', 'cut.beforeSeq', cut.beforeSeq, 1)
    else if ('newest' in cut) checkWhole('commit', 'cut.newest', cut.newest, 1, MAX_PAGE)
    else if ('oldest' in cut) checkWhole('commit', 'cut.oldest', cut.oldest, 1, MAX_PAGE)
    else throw unsupported('commit', 'cut', Object.keys(cut)[0])
  }
  if (amend !== undefined) {
    for (const amendment of amend) {
      refuseUnknown('commit', 'amendment', amendment, AMENDMENT)
      checkName('commit', 'message id', amendment.id)
      checkDigest('commit', amendment.digest)
    }
    refuseTwice(
      'commit',
      'message id',
      amend.map((a) => a.id),
    )
  }
  if (append !== undefined) checkMessages('commit', append)
  if (unset !== undefined) {
    if ('prefix' in unset) {
      onlyMember('commit', unset)
      if (typeof unset.prefix !== 'string') throw invalid('commit', 'unset.prefix must be a string')
    } else for (const key of unset) checkName('commit', 'context key', key)
  }
  if (set !== undefined) checkEntries('commit', set)
  if (session !== undefined) {
    refuseUnknown('commit', 'session field', session, PATCH)
    checkSessionFields('commit', session)
    for (const key of Object.keys(session.metadata ?? {})) checkName('commit', 'metadata key', key)
  }
  checkStamp('commit', append ?? [], 0, options)
}

function checkMessages(operation: string, messages: readonly NewMessage[]): void {
  if (messages.length > MAX_PAGE)
    throw new SessError('LIMIT_EXCEEDED', `${operation}: a batch holds at most ${MAX_PAGE} messages`)
  for (const message of messages) {
    refuseUnknown(operation, 'message field', message, MESSAGE)
    checkName(operation, 'message id', message.id)
    checkName(operation, 'role', message.role)
    if (message.content === undefined || typeof message.metadata !== 'object' || message.metadata === null)
      throw invalid(operation, 'a message needs content and an object of metadata')
    checkDigest(operation, message.digest)
  }
  if (messages.length > 1)
    refuseTwice(
      operation,
      'message id',
      messages.map((m) => m.id),
    )
}

function checkEntries(operation: string, entries: readonly (readonly [string, unknown])[]): void {
  for (const [key, value] of entries) {
    checkName(operation, 'context key', key)
    if (value === undefined) throw invalid(operation, 'a context value must not be undefined')
  }
  if (entries.length > 1)
    refuseTwice(
      operation,
      'context key',
      entries.map(([key]) => key),
    )
}

function checkSessionFields(operation: string, fields: SessionPatch): void {
  if (fields.userId !== undefined && fields.userId !== null) checkName(operation, 'user id', fields.userId)
  if (fields.maxMessages !== undefined && fields.maxMessages !== null)
    checkWhole(operation, 'maxMessages', fields.maxMessages, 1)
  if (fields.ttlMs !== undefined && fields.ttlMs !== null) checkWhole(operation, 'ttlMs', fields.ttlMs, 1)
  const { overflow } = fields
  if (overflow !== undefined && overflow !== 'reject' && overflow !== 'drop-oldest')
    throw invalid(operation, "overflow must be 'reject' or 'drop-oldest'")
}

/** A stamped write brings a seq for each message, and no other write brings any. */
function checkStamp(
  operation: string,
  messages: readonly NewMessage[],
  lastSeq: number,
  options: CreateOptions | undefined,
): void {
  if (options?.limits !== undefined) refuseUnknown(operation, 'limit', options.limits, LIMITS)
  const stamp: Stamp | undefined = options?.stamp
  if (stamp === undefined) {
    for (const { seq, version, amendedAt } of messages)
      if (seq !== undefined || version !== undefined || amendedAt !== undefined)
        throw invalid(operation, 'seq, version and amendedAt of a message need a stamp')
    return
  }
  refuseUnknown(operation, 'stamp', stamp, STAMP)
  checkWhole(operation, 'stamp.version', stamp.version, 1)
  checkWhole(operation, 'stamp.lastSeq', stamp.lastSeq, 0)
  let before = lastSeq
  for (const { seq } of messages) {
    if (!Number.isSafeInteger(seq) || (seq as number) <= before)
      throw invalid(operation, 'with a stamp each message needs a seq greater than the one before')
    before = seq as number
  }
  if (stamp.lastSeq < before) throw invalid(operation, 'stamp.lastSeq is below the seq of a message')
}

function checkMessageWindow(operation: string, window: object): void {
  for (const [key, value] of Object.entries(window)) {
    if (key === 'last' || key === 'limit') checkWhole(operation, `messages.${key}`, value, 1, MAX_PAGE)
    else if (key === 'afterSeq' || key === 'offset') checkWhole(operation, `messages.${key}`, value, 0)
    else if (key === 'beforeSeq') checkWhole(operation, 'messages.beforeSeq', value, 1)
    else if (key === 'ids') checkList(operation, 'messages.ids', value)
    else throw unsupported(operation, 'message window', key)
  }
  const forms = Object.keys(window).filter((key) => key !== 'limit')
  if (forms.length !== 1 || 'limit' in window === (forms[0] === 'last' || forms[0] === 'ids'))
    throw invalid(
      operation,
      'messages must be one of { last }, { afterSeq, limit }, { beforeSeq, limit }, { offset, limit }, { ids }',
    )
}

function checkDigest(operation: string, digest: string | undefined): void {
  if (digest !== undefined && (typeof digest !== 'string' || digest.length === 0 || digest.length > 44))
    throw invalid(operation, 'a digest must be a string of 1 to 44 characters')
}

function checkList(operation: string, what: string, values: readonly string[]): void {
  if (!Array.isArray(values) || values.length > MAX_PAGE)
    throw invalid(operation, `${what} must be a list of at most ${MAX_PAGE} strings`)
}

function refuseTwice(operation: string, what: string, values: readonly string[]): void {
  if (new Set(values).size < values.length) throw invalid(operation, `the same ${what} comes twice`)
}

function onlyMember(operation: string, form: object): void {
  if (Object.keys(form).length !== 1) throw invalid(operation, 'exactly one of the forms must be given')
}

function checkOptions(operation: string, options: CallOptions | undefined, members: Known): void {
  if (options === undefined) return
  options.signal?.throwIfAborted()
  refuseUnknown(operation, 'option', options, members)
}

function refuseUnknown(operation: string, what: string, given: object | undefined, members: Known): void {
  for (const member in given) if (members[member] !== true) throw unsupported(operation, what, member)
}

function invalid(operation: string, message: string): SessError {
  return new SessError('INVALID_ARGUMENT', `${operation}: ${message}`)
}

function unsupported(operation: string, what: string, member: string | undefined): SessError {
  return new SessError('UNSUPPORTED', `${operation}: this store does not know the ${what} '${member}'`)
}
