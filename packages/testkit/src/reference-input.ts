import {
  type CommitOptions,
  type CreateOptions,
  type NewMessage,
  SessError,
  type SessErrorCode,
} from '@sess/core'

// What the reference store refuses unseen. Written from the contract, not from core's checks, so that the two can be
// held against each other.

type Given = { readonly [member: string]: unknown }

const OPTIONS = {
  call: ['signal'],
  load: ['signal', 'if'],
  delete: ['signal', 'if'],
  create: ['signal', 'limits', 'stamp'],
  commit: ['signal', 'limits', 'stamp', 'if'],
}
const STAMP = ['version', 'lastSeq', 'updatedAt', 'expiresAt', 'createdAt', 'dropped']
const LAST_TIME = 9_999_999_999_998
const MESSAGE = ['id', 'role', 'content', 'metadata', 'createdAt', 'digest', 'seq', 'version', 'amendedAt']
const FIELDS = ['metadata', 'userId', 'isActive', 'maxMessages', 'overflow', 'ttlMs', 'sliding']

export function fail(
  code: SessErrorCode,
  why: string,
  more: ConstructorParameters<typeof SessError>[2] = {},
): never {
  throw new SessError(code, `reference store: ${why}`, more)
}

export function checkOptions(kind: keyof typeof OPTIONS, options: object | undefined): void {
  const { if: conditions, limits, stamp } = known('option', options, OPTIONS[kind])
  checkConditions(kind, conditions)
  known('limit', limits, ['contextBytes', 'metadataBytes'])
  if (stamp === undefined) return
  const { version, lastSeq, ...times } = known('stamp', stamp, STAMP)
  whole('stamp.version', version, 1)
  whole('stamp.lastSeq', lastSeq, 0)
  whole('stamp.updatedAt', times.updatedAt, 0, LAST_TIME)
  if (times.expiresAt !== null) whole('stamp.expiresAt', times.expiresAt, 0, LAST_TIME)
  if ((kind === 'create' ? times.dropped : times.createdAt) !== undefined)
    fail('INVALID_ARGUMENT', 'stamp.createdAt is for create alone, stamp.dropped for commit')
  if (times.createdAt !== undefined) whole('stamp.createdAt', times.createdAt, 0, LAST_TIME)
  if (times.dropped !== undefined) whole('stamp.dropped', times.dropped, 0, 1000)
}

function checkConditions(kind: keyof typeof OPTIONS, conditions: unknown): void {
  const given = known('condition', conditions, [
    'userId',
    ...(kind === 'commit' || kind === 'delete' ? ['version', 'lastSeq', 'createdAt'] : []),
    ...(kind === 'commit' ? ['absent', 'present'] : []),
  ])
  if (given.version !== undefined) whole('if.version', given.version, 0)
  if (given.lastSeq !== undefined) whole('if.lastSeq', given.lastSeq, 0)
  if (given.absent !== undefined) names('if.absent', given.absent)
  if (given.present !== undefined) names('if.present', given.present)
  if ('userId' in given && given.userId !== null) name('user id', given.userId, 255)
}

export function checkSweep(request: object): void {
  whole('limit', known('part', request, ['limit']).limit, 1, 1000)
}

export function checkWant(want: object | undefined): void {
  const { messages, context, reserved } = known('part', want, ['messages', 'context', 'reserved'])
  if (reserved !== undefined) {
    names('reserved', reserved)
    if ((reserved as string[]).some((key) => !key.startsWith('sess:')))
      fail('INVALID_ARGUMENT', 'this key is not reserved')
  }
  if (messages !== undefined) checkMessageWindow(messages)
  if (context === undefined || context === true) return
  const { keys, ...page } = known('context window', context, [
    'keys',
    'prefix',
    'after',
    'limit',
    'reverse',
    'keysOnly',
  ])
  if (keys !== undefined) {
    names('context.keys', keys)
    if (Object.keys(page).length > 0)
      fail('INVALID_ARGUMENT', 'keys and a page of the context cannot go together')
    return
  }
  text('context.prefix', page.prefix)
  if (page.after !== undefined) text('context.after', page.after)
  whole('context.limit', page.limit, 1, 1000)
}

function checkMessageWindow(window: unknown): void {
  const given = known('message window', window, ['last', 'afterSeq', 'beforeSeq', 'offset', 'ids', 'limit'])
  const { limit, ...forms } = given
  if (Object.keys(forms).length !== 1) fail('INVALID_ARGUMENT', 'a message window has exactly one form')
  if ('last' in forms) whole('messages.last', forms.last, 1, 1000)
  if ('ids' in forms) names('messages.ids', forms.ids, 200)
  if ('last' in forms || 'ids' in forms) {
    if ('limit' in given) fail('INVALID_ARGUMENT', 'this message window has no limit')
    return
  }
  const [form, from] = Object.entries(forms)[0] as [string, unknown]
  whole(`messages.${form}`, from, form === 'beforeSeq' ? 1 : 0)
  whole('messages.limit', limit, 1, 1000)
}

export function checkQuery(query: object): void {
  const given = known('part', query, ['userId', 'all', 'limit', 'cursor', 'offset', 'includeExpired'])
  whole('limit', given.limit, 1, 1000)
  if ('userId' in given === 'all' in given || ('all' in given && given.all !== true))
    fail('INVALID_ARGUMENT', 'a list is of one user or of all')
  if ('userId' in given) name('user id', given.userId, 255)
  if (given.offset === undefined) return
  whole('offset', given.offset, 0)
  if (given.cursor !== undefined) fail('INVALID_ARGUMENT', 'a cursor and an offset cannot go together')
}

export function checkSession(session: object, options: CreateOptions): void {
  const { id, context, messages, ...fields } = known('part', session, [
    'id',
    'context',
    'messages',
    ...FIELDS,
  ])
  name('session id', id, 200)
  checkFields(fields)
  checkEntries(context as [string, unknown][])
  checkMessages(messages as NewMessage[], options)
}

export function checkChange(change: object, options: CommitOptions): void {
  const parts = known('part', change, ['cut', 'amend', 'append', 'unset', 'set', 'session'])
  if (parts.cut !== undefined) checkCut(parts.cut)
  const amend = (parts.amend ?? []) as Given[]
  atMost(amend)
  atMost(parts.unset)
  for (const amendment of amend) {
    known('amendment', amendment, ['id', 'content', 'metadata', 'digest'])
    name('message id', amendment.id, 200)
    checkDigest(amendment.digest)
    if (amendment.content === undefined && amendment.metadata === undefined)
      fail('INVALID_ARGUMENT', 'an amendment has content or metadata')
  }
  once(
    'message id',
    amend.map(({ id }) => id),
  )
  checkMessages((parts.append ?? []) as NewMessage[], options)
  if (Array.isArray(parts.unset)) for (const key of parts.unset) name('context key', key, 255)
  else if (parts.unset !== undefined) {
    const { prefix } = known('unset', parts.unset, ['prefix'])
    text('unset.prefix', prefix)
  }
  checkEntries((parts.set ?? []) as [string, unknown][])
  checkFields(known('session field', parts.session, FIELDS))
}

function checkCut(cut: unknown): void {
  const forms = Object.entries(known('cut', cut, ['afterSeq', 'beforeSeq', 'newest', 'oldest']))
  if (forms.length !== 1) fail('INVALID_ARGUMENT', 'a cut has exactly one form')
  for (const [form, value] of forms)
    if (form === 'afterSeq' || form === 'beforeSeq') whole(`cut.${form}`, value, form === 'afterSeq' ? 0 : 1)
    else whole(`cut.${form}`, value, 1, 1000)
}

function checkMessages(messages: readonly NewMessage[], options: CreateOptions): void {
  atMost(messages)
  let last = 0
  for (const message of messages) {
    const { id, role, digest, seq, version, amendedAt } = known('message field', message, MESSAGE)
    name('message id', id, 200)
    name('role', role, 64)
    checkDigest(digest)
    if (options.stamp) {
      whole('seq', seq, last + 1, options.stamp.lastSeq)
      last = seq as number
    } else if (seq !== undefined || version !== undefined || amendedAt !== undefined)
      fail('INVALID_ARGUMENT', 'seq, version and amendedAt need a stamp')
  }
  once(
    'message id',
    messages.map(({ id }) => id),
  )
}

function checkEntries(entries: readonly (readonly [string, unknown])[]): void {
  atMost(entries)
  for (const [key, value, ...more] of entries as readonly (readonly unknown[])[]) {
    name('context key', key, 255)
    if (value === undefined || more.length > 0) fail('INVALID_ARGUMENT', 'a context value is missing')
  }
  once(
    'context key',
    entries.map(([key]) => key),
  )
}

function checkFields({ metadata, userId, maxMessages, ttlMs, overflow, isActive, sliding }: Given): void {
  for (const key of Object.keys(metadata ?? {})) name('metadata key', key, 255)
  if (userId !== undefined && userId !== null) name('user id', userId, 255)
  if (maxMessages !== undefined && maxMessages !== null) whole('maxMessages', maxMessages, 1)
  if (ttlMs !== undefined && ttlMs !== null) whole('ttlMs', ttlMs, 1, 100 * 365 * 24 * 3_600_000)
  if (overflow !== undefined && overflow !== 'reject' && overflow !== 'drop-oldest')
    fail('INVALID_ARGUMENT', 'there is no such overflow')
  for (const flag of [isActive, sliding])
    if (flag !== undefined && typeof flag !== 'boolean') fail('INVALID_ARGUMENT', 'a flag is true or false')
}

function atMost(items: unknown): void {
  if (Array.isArray(items) && items.length > 1000) fail('LIMIT_EXCEEDED', 'at most 1,000 in one call')
}

function checkDigest(digest: unknown): void {
  if (digest !== undefined && (typeof digest !== 'string' || digest.length < 1 || digest.length > 44))
    fail('INVALID_ARGUMENT', 'a digest has 1 to 44 characters')
}

/** The members of `given`; one that is not among those known is `UNSUPPORTED`. */
function known(what: string, given: unknown, members: readonly string[]): Given {
  for (const member of Object.keys(given ?? {}))
    if (!members.includes(member)) fail('UNSUPPORTED', `unknown ${what} '${member}'`)
  return (given ?? {}) as Given
}

export function name(what: string, value: unknown, maxBytes: number): void {
  if (typeof value !== 'string' || value === '' || bytesOf(value) > maxBytes || !value.isWellFormed())
    fail('INVALID_ARGUMENT', `a ${what} is well-formed text of 1 to ${maxBytes} bytes`)
}

function whole(what: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max)
    fail('INVALID_ARGUMENT', `${what} must be a whole number from ${min} to ${max}`)
}

function names(what: string, value: unknown, maxBytes = 255): void {
  if (!Array.isArray(value) || value.length > 1000)
    fail('INVALID_ARGUMENT', `${what} must be at most 1,000 names`)
  for (const one of value) name(what, one, maxBytes)
}

function text(what: string, value: unknown): void {
  if (typeof value !== 'string' || !value.isWellFormed())
    fail('INVALID_ARGUMENT', `${what} must be well-formed text`)
}

function once(what: string, values: readonly unknown[]): void {
  if (new Set(values).size < values.length) fail('INVALID_ARGUMENT', `the same ${what} comes twice`)
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}
