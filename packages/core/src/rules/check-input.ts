import type { Amendment, Change, Cut, SessionPatch } from '../contract/commit.ts'
import { SessError } from '../contract/error.ts'
import type { ContextWindow, Want } from '../contract/load.ts'
import type { NewMessage, NewSession } from '../contract/model.ts'
import type {
  CallOptions,
  CommitOptions,
  Conditions,
  CreateOptions,
  DeleteOptions,
  ListQuery,
  LoadOptions,
  Stamp,
} from '../contract/session-store.ts'
import { MAX_DURATION_MS } from '../values/duration.ts'
import { checkName } from '../values/text.ts'
import { type Known, known } from './known.ts'
import { checkTime, checkWhole, MAX_PAGE, MAX_TIME, RESERVED_PREFIX } from './limits.ts'

// What every store refuses before it looks at its data: a call that was aborted (the signal's reason), what is
// malformed (`INVALID_ARGUMENT`), and what this version of the contract does not have (`UNSUPPORTED`), so that a
// newer caller is never half obeyed.

const CALL = known('signal')
const LOAD = known('if', 'signal')
const CREATE = known('limits', 'stamp', 'signal')
const COMMIT = known('if', 'limits', 'stamp', 'signal')
const OWNER = known('userId')
const CONDITIONS = known('version', 'lastSeq', 'createdAt', 'userId', 'absent', 'present')
const DELETE_CONDITIONS = known('version', 'lastSeq', 'createdAt', 'userId')
const LIMITS = known('contextBytes', 'metadataBytes')
const STAMP = known('version', 'lastSeq', 'updatedAt', 'expiresAt', 'createdAt', 'dropped')
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
const WANT = known('messages', 'context', 'reserved')
const QUERY = known('userId', 'all', 'limit', 'cursor', 'offset', 'includeExpired')
const SWEEP = known('limit')
const PAGE = known('prefix', 'after', 'limit', 'reverse', 'keysOnly')

/** Of a call on a user: `count`, `deleteUser`. */
export function checkUser(operation: string, userId: string, options: CallOptions | undefined): void {
  checkName(operation, 'user id', userId)
  checkOptions(operation, options, CALL)
}

/** Of a call that takes a signal alone, such as `stats`. */
export function checkCall(operation: string, options: CallOptions | undefined): void {
  checkOptions(operation, options, CALL)
}

/** Of `load`. */
export function checkLoad(
  operation: string,
  id: string,
  want: Want | undefined,
  options: LoadOptions | undefined,
): void {
  checkName(operation, 'session id', id)
  checkOptions(operation, options, LOAD)
  checkConditions(operation, options?.if, OWNER)
  if (want === undefined) return
  refuseUnknown(operation, 'part', want, WANT)
  if (want.messages !== undefined) checkMessageWindow(operation, want.messages)
  if (want.context !== undefined && want.context !== true) checkContextWindow(operation, want.context)
  if (want.reserved === undefined) return
  checkList(operation, 'reserved', want.reserved)
  if (!want.reserved.every((key) => key.startsWith(RESERVED_PREFIX)))
    throw invalid(operation, `reserved keys begin with '${RESERVED_PREFIX}'`)
}

/** Of `delete`. */
export function checkDelete(id: string, options: DeleteOptions | undefined): void {
  checkName('delete', 'session id', id)
  checkOptions('delete', options, LOAD)
  checkConditions('delete', options?.if, DELETE_CONDITIONS)
}

/** Of `list`. */
export function checkListQuery(query: ListQuery, options: CallOptions | undefined): void {
  checkOptions('list', options, CALL)
  refuseUnknown('list', 'part', query, QUERY)
  checkWhole('list', 'limit', query.limit, 1, MAX_PAGE)
  if (query.offset !== undefined) checkWhole('list', 'offset', query.offset, 0)
  if (query.cursor !== undefined && typeof query.cursor !== 'string')
    throw invalid('list', 'a cursor must be the string that a page before gave')
  if (query.offset !== undefined && query.cursor !== undefined)
    throw invalid('list', 'a cursor and an offset cannot go together')
  if ('userId' in query === 'all' in query || ('all' in query && query.all !== true))
    throw invalid('list', 'either userId or all must be given')
  if ('userId' in query) checkName('list', 'user id', query.userId)
}

/** Of `sweep`. */
export function checkSweep(request: { readonly limit: number }, options: CallOptions | undefined): void {
  checkOptions('sweep', options, CALL)
  refuseUnknown('sweep', 'part', request, SWEEP)
  checkWhole('sweep', 'limit', request.limit, 1, MAX_PAGE)
}

/** Of `create`. */
export function checkCreate(session: NewSession, options: CreateOptions | undefined): void {
  checkName('create', 'session id', session.id)
  refuseUnknown('create', 'part', session, SESSION)
  checkOptions('create', options, CREATE)
  checkSessionFields('create', session)
  checkMetadata('create', session.metadata, false)
  checkEntries('create', session.context)
  checkMessages('create', session.messages)
  checkStamp('create', session.messages, options)
}

/** Of `commit`. */
export function checkCommit(id: string, change: Change, options: CommitOptions | undefined): void {
  checkName('commit', 'session id', id)
  refuseUnknown('commit', 'part', change, CHANGE)
  checkOptions('commit', options, COMMIT)
  checkConditions('commit', options?.if, CONDITIONS)
  const { cut, amend, append, unset, set, session } = change
  if (cut !== undefined) checkCut(cut)
  if (amend !== undefined) checkAmendments(amend)
  if (append !== undefined) checkMessages('commit', append)
  if (unset !== undefined) checkUnset(unset)
  if (set !== undefined) checkEntries('commit', set)
  if (session !== undefined) {
    refuseUnknown('commit', 'session field', session, PATCH)
    checkSessionFields('commit', session)
    if (session.metadata !== undefined) checkMetadata('commit', session.metadata, true)
  }
  checkStamp('commit', append ?? [], options)
}

function checkConditions(operation: string, conditions: Conditions | undefined, members: Known): void {
  if (conditions === undefined) return
  refuseUnknown(operation, 'condition', conditions, members)
  const { version, lastSeq, createdAt, userId, absent, present } = conditions
  if (version !== undefined) checkWhole(operation, 'if.version', version, 0)
  if (lastSeq !== undefined) checkWhole(operation, 'if.lastSeq', lastSeq, 0)
  if (createdAt !== undefined) checkTime(operation, 'if.createdAt', createdAt)
  if (absent !== undefined) checkList(operation, 'if.absent', absent)
  if (present !== undefined) checkList(operation, 'if.present', present)
  // An owner who is missing by mistake must not be a guard that lets everybody through.
  if ('userId' in conditions && userId !== null) checkName(operation, 'user id', userId)
}

function checkCut(cut: Cut): void {
  checkObject('commit', 'cut', cut)
  onlyMember('commit', cut)
  if ('afterSeq' in cut) checkWhole('commit', 'cut.afterSeq', cut.afterSeq, 0)
  else if ('beforeSeq' in cut) checkWhole('commit', 'cut.beforeSeq', cut.beforeSeq, 1)
  else if ('newest' in cut) checkWhole('commit', 'cut.newest', cut.newest, 1, MAX_PAGE)
  else if ('oldest' in cut) checkWhole('commit', 'cut.oldest', cut.oldest, 1, MAX_PAGE)
  else throw unsupported('commit', 'cut', Object.keys(cut)[0])
}

function checkAmendments(amend: readonly Amendment[]): void {
  checkItems('commit', 'amend', amend)
  for (const amendment of amend) {
    refuseUnknown('commit', 'amendment', amendment, AMENDMENT)
    checkName('commit', 'message id', amendment.id)
    for (const part of ['content', 'metadata'] as const)
      if (part in amendment && amendment[part] === undefined)
        throw invalid('commit', `an amendment's ${part} must not be undefined`)
    if (!('content' in amendment) && !('metadata' in amendment))
      throw invalid('commit', 'an amendment needs content or metadata')
    checkDigest('commit', amendment.digest)
  }
  refuseTwice(
    'commit',
    'message id',
    amend.map(({ id }) => id),
  )
}

function checkUnset(unset: NonNullable<Change['unset']>): void {
  checkObject('commit', 'unset', unset)
  if ('prefix' in unset) {
    onlyMember('commit', unset)
    checkText('commit', 'unset.prefix', unset.prefix)
    return
  }
  if (!Array.isArray(unset)) throw unsupported('commit', 'unset', Object.keys(unset)[0])
  checkItems('commit', 'unset', unset)
  for (const key of unset) checkName('commit', 'context key', key)
}

function checkMessages(operation: string, messages: readonly NewMessage[]): void {
  checkItems(operation, 'messages', messages)
  for (const message of messages) {
    refuseUnknown(operation, 'message field', message, MESSAGE)
    checkName(operation, 'message id', message.id)
    checkName(operation, 'role', message.role)
    if (message.content === undefined || typeof message.metadata !== 'object' || message.metadata === null)
      throw invalid(operation, 'a message needs content and an object of metadata')
    if (message.createdAt !== undefined) checkTime(operation, 'createdAt', message.createdAt)
    checkDigest(operation, message.digest)
  }
  if (messages.length > 1)
    refuseTwice(
      operation,
      'message id',
      messages.map((m) => m.id),
    )
}

function checkMetadata(operation: string, metadata: object, patch: boolean): void {
  checkObject(operation, 'metadata', metadata)
  for (const [key, value] of Object.entries(metadata)) {
    checkName(operation, 'metadata key', key)
    if (typeof value !== 'string' && !(patch && value === null))
      throw invalid(operation, `a metadata value must be a string${patch ? ' or null' : ''}`)
  }
}

function checkEntries(operation: string, entries: readonly (readonly [string, unknown])[]): void {
  checkItems(operation, 'context', entries)
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length !== 2)
      throw invalid(operation, 'a context entry must be a key and a value')
    const [key, value] = entry as unknown as readonly [string, unknown]
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
  if (fields.ttlMs !== undefined && fields.ttlMs !== null)
    checkWhole(operation, 'ttlMs', fields.ttlMs, 1, MAX_DURATION_MS)
  for (const field of ['isActive', 'sliding'] as const)
    if (fields[field] !== undefined && typeof fields[field] !== 'boolean')
      throw invalid(operation, `${field} must be true or false`)
  const { overflow } = fields
  if (overflow !== undefined && overflow !== 'reject' && overflow !== 'drop-oldest')
    throw invalid(operation, "overflow must be 'reject' or 'drop-oldest'")
}

/** A stamped write brings a seq for each message, and no other write brings any. */
function checkStamp(
  operation: string,
  messages: readonly NewMessage[],
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
  if ((operation === 'create' ? stamp.dropped : stamp.createdAt) !== undefined)
    throw invalid(operation, 'stamp.createdAt is for create alone, stamp.dropped for commit')
  if (stamp.dropped !== undefined) checkWhole(operation, 'stamp.dropped', stamp.dropped, 0, MAX_PAGE)
  checkWhole(operation, 'stamp.version', stamp.version, 1)
  checkWhole(operation, 'stamp.lastSeq', stamp.lastSeq, 0)
  checkWhole(operation, 'stamp.updatedAt', stamp.updatedAt, 0, MAX_TIME)
  if (stamp.expiresAt !== null) checkWhole(operation, 'stamp.expiresAt', stamp.expiresAt, 0, MAX_TIME)
  if (stamp.createdAt !== undefined) checkWhole(operation, 'stamp.createdAt', stamp.createdAt, 0, MAX_TIME)
  let before = 0
  for (const { seq, version, amendedAt } of messages) {
    if (version !== undefined) checkWhole(operation, 'version', version, 1)
    if (amendedAt !== undefined) checkTime(operation, 'amendedAt', amendedAt)
    if (!Number.isSafeInteger(seq) || (seq as number) <= before)
      throw invalid(operation, 'with a stamp each message needs a seq greater than the one before')
    before = seq as number
  }
  if (stamp.lastSeq < before) throw invalid(operation, 'stamp.lastSeq is below the seq of a message')
}

function checkContextWindow(operation: string, window: Exclude<ContextWindow, true>): void {
  checkObject(operation, 'context', window)
  if ('keys' in window) {
    onlyMember(operation, window)
    checkList(operation, 'context.keys', window.keys)
    return
  }
  refuseUnknown(operation, 'context window', window, PAGE)
  checkWhole(operation, 'context.limit', window.limit, 1, MAX_PAGE)
  checkText(operation, 'context.prefix', window.prefix)
  if (window.after !== undefined) checkText(operation, 'context.after', window.after)
}

function checkMessageWindow(operation: string, window: object): void {
  checkObject(operation, 'messages', window)
  let [forms, takesLimit] = [0, false]
  for (const key in window) {
    const value = (window as { readonly [key: string]: unknown })[key]
    if (key === 'last' || key === 'limit') checkWhole(operation, `messages.${key}`, value, 1, MAX_PAGE)
    else if (key === 'afterSeq' || key === 'offset') checkWhole(operation, `messages.${key}`, value, 0)
    else if (key === 'beforeSeq') checkWhole(operation, 'messages.beforeSeq', value, 1)
    else if (key === 'ids') checkList(operation, 'messages.ids', value as readonly string[], 'message id')
    else throw unsupported(operation, 'message window', key)
    if (key === 'limit') continue
    forms++
    takesLimit = key !== 'last' && key !== 'ids'
  }
  if (forms !== 1 || 'limit' in window !== takesLimit)
    throw invalid(
      operation,
      'messages must be one of { last }, { afterSeq, limit }, { beforeSeq, limit }, { offset, limit }, { ids }',
    )
}

function checkDigest(operation: string, digest: string | undefined): void {
  if (digest !== undefined && (typeof digest !== 'string' || digest.length === 0 || digest.length > 44))
    throw invalid(operation, 'a digest must be a string of 1 to 44 characters')
}

function checkList(
  operation: string,
  what: string,
  values: readonly string[],
  of: 'context key' | 'message id' = 'context key',
): void {
  if (!Array.isArray(values) || values.length > MAX_PAGE)
    throw invalid(operation, `${what} must be a list of at most ${MAX_PAGE} names`)
  for (const value of values) checkName(operation, of, value)
}

function refuseTwice(operation: string, what: string, values: readonly string[]): void {
  if (new Set(values).size < values.length) throw invalid(operation, `the same ${what} comes twice`)
}

function checkText(operation: string, what: string, value: unknown): void {
  if (typeof value !== 'string' || !value.isWellFormed())
    throw invalid(operation, `${what} must be a string of well-formed Unicode`)
}

function checkItems(operation: string, what: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalid(operation, `${what} must be an array`)
  if (value.length > MAX_PAGE)
    throw new SessError('LIMIT_EXCEEDED', `${operation}: ${what} may hold at most ${MAX_PAGE} in one call`)
}

function checkObject(operation: string, what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid(operation, `${what} must be an object`)
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
  if (given === undefined) return
  checkObject(operation, what, given)
  for (const member in given) if (members[member] !== true) throw unsupported(operation, what, member)
}

function invalid(operation: string, message: string): SessError {
  return new SessError('INVALID_ARGUMENT', `${operation}: ${message}`)
}

function unsupported(operation: string, what: string, member: string | undefined): SessError {
  return new SessError('UNSUPPORTED', `${operation}: this store does not know the ${what} '${member}'`)
}
