import type { Amendment, Change, Cut, SessionPatch } from '../contract/commit.ts'
import { SessError } from '../contract/error.ts'
import type { ContextEntry, JsonObject, Metadata, NewMessage, Overflow } from '../contract/model.ts'
import { type Known, known } from '../rules/known.ts'
import { checkTime, type InputLimits, RESERVED_PREFIX } from '../rules/limits.ts'
import { type Duration, parseLifetime } from '../values/duration.ts'
import { newMessageId } from '../values/ids.ts'
import { JsonCopier } from '../values/json.ts'
import { checkName } from '../values/text.ts'
import {
  applySchema,
  type ContentIn,
  type ContextIn,
  type ContextKey,
  type MessageMetadataIn,
  type MetadataIn,
  type Parts,
  type Schemas,
} from './schema.ts'

// What applications pass in, and its way to what stores take: checked once, copied and frozen.

export interface MessageInput<P extends Parts = Parts> {
  /** Makes the append safe to repeat: the same id with the same content is stored once. Default: a new one. */
  readonly id?: string
  readonly role: string
  readonly content: ContentIn<P>
  readonly metadata?: MessageMetadataIn<P>
  /** Milliseconds since the epoch. Default: the store's clock. */
  readonly createdAt?: number
}

export interface AmendmentInput<P extends Parts = Parts> {
  readonly content?: ContentIn<P>
  /** Replaces the message's metadata whole. */
  readonly metadata?: MessageMetadataIn<P>
}

export interface SessionUpdate<P extends Parts = Parts> {
  /** Merged into the metadata; `null` removes a key. */
  readonly metadata?: { readonly [K in keyof MetadataIn<P>]?: MetadataIn<P>[K] | null }
  readonly userId?: string | null
  /** A closed session (`false`) takes no new messages. */
  readonly isActive?: boolean
  readonly maxMessages?: number | null
  readonly overflow?: Overflow
  /** A new lifetime from now on. */
  readonly ttl?: Duration | 'never'
  readonly sliding?: boolean
}

/** The parts of one atomic write, applied in this order. */
export interface ChangeInput<P extends Parts = Parts> {
  readonly cut?: Cut
  readonly amend?: readonly ({ readonly id: string } & AmendmentInput<P>)[]
  readonly append?: readonly MessageInput<P>[]
  readonly unset?: readonly ContextKey<P>[] | { readonly prefix: string }
  readonly set?: readonly {
    readonly [K in ContextKey<P>]: readonly [key: K, value: ContextIn<P>[K]]
  }[ContextKey<P>][]
  readonly session?: SessionUpdate<P>
}

const NO_METADATA: JsonObject = Object.freeze({})

const CHANGE = known('cut', 'amend', 'append', 'unset', 'set', 'session')
const MESSAGE = known('id', 'role', 'content', 'metadata', 'createdAt')
const AMENDMENT = known('id', 'content', 'metadata')

// The generic parts are the compiler's business; what runs sees plain values.
type AnyChange = {
  readonly [K in keyof ChangeInput]: K extends 'append'
    ? readonly AnyMessage[]
    : K extends 'amend'
      ? readonly ({ readonly id: string } & Partial<AnyMessage>)[]
      : K extends 'set'
        ? readonly (readonly [string, unknown])[]
        : K extends 'unset'
          ? readonly string[] | { readonly prefix: string }
          : ChangeInput[K]
}
interface AnyMessage {
  readonly id?: string
  readonly role: string
  readonly content: unknown
  readonly metadata?: unknown
  readonly createdAt?: number
}

/** Refuses what the compiler would not have let through, before anything reads it. */
export function checkShape(operation: string, change: AnyChange): void {
  checkObject(operation, 'the change', change)
  const { append, amend, set, unset, session } = change
  if (append !== undefined) checkItems(operation, 'append', append, checkObject)
  if (amend !== undefined) checkItems(operation, 'amend', amend, checkObject)
  if (set !== undefined) checkItems(operation, 'set', set, checkArray)
  if (unset !== undefined && !Array.isArray(unset)) checkObject(operation, 'unset', unset)
  if (session === undefined) return
  checkObject(operation, 'session', session)
  if (session.metadata !== undefined) checkObject(operation, 'metadata', session.metadata)
}

/** Refuses what is no object of named members. */
export function checkObject(operation: string, what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SessError('INVALID_ARGUMENT', `${operation}: ${what} must be an object`)
}

function checkItems(operation: string, what: string, value: unknown, check: typeof checkArray): void {
  checkArray(operation, what, value)
  for (const item of value as readonly unknown[]) check(operation, what, item)
}

function checkArray(operation: string, what: string, value: unknown): void {
  if (!Array.isArray(value)) throw new SessError('INVALID_ARGUMENT', `${operation}: ${what} must be an array`)
}

/** Puts what a schema makes of each part in its place. */
export async function withSchemas(
  operation: string,
  change: AnyChange,
  schemas: Schemas,
): Promise<AnyChange> {
  const content = (value: unknown) => applySchema(operation, 'content', schemas.content, value)
  const metadata = (value: unknown) => applySchema(operation, 'metadata', schemas.messageMetadata, value)
  const context = (key: string, value: unknown) =>
    applySchema(operation, `context.${key}`, ownSchema(schemas.context, key), value)
  const out: { -readonly [K in keyof AnyChange]: AnyChange[K] } = { ...change }
  // A new message is judged as it will be read: with content, and with metadata if only empty.
  const appended = async (message: AnyMessage) => ({
    ...message,
    content: await content(message.content),
    metadata: await metadata(message.metadata ?? {}),
  })
  if (change.append) out.append = await Promise.all(change.append.map(appended))
  const amended = async (message: NonNullable<AnyChange['amend']>[number]) => ({
    ...message,
    ...(message.content !== undefined && { content: await content(message.content) }),
    ...(message.metadata !== undefined && { metadata: await metadata(message.metadata) }),
  })
  if (change.amend) out.amend = await Promise.all(change.amend.map(amended))
  const entry = async ([key, value]: readonly [string, unknown]) => [key, await context(key, value)] as const
  if (change.set) out.set = await Promise.all(change.set.map(entry))
  return out
}

function ownSchema(schemas: Schemas['context'], key: string) {
  return schemas && Object.hasOwn(schemas, key) ? schemas[key] : undefined
}

/** The change as stores take it. */
export function toChange(operation: string, input: AnyChange, limits: InputLimits): Change {
  refuseUnknown(operation, 'change', input, CHANGE)
  const { cut, amend, append, unset, set, session } = input
  const change: { -readonly [K in keyof Change]: Change[K] } = {}
  if (cut !== undefined) change.cut = cut
  if (amend !== undefined) change.amend = toAmendments(operation, amend, limits)
  if (append !== undefined) change.append = toMessages(operation, append, limits)
  if (unset !== undefined) change.unset = toUnset(operation, unset)
  if (set !== undefined) change.set = toEntries(operation, set, limits)
  if (session !== undefined) change.session = toPatch(operation, session)
  return change
}

/** Messages with ids, checked and frozen, within the limits on one and on all. */
export function toMessages(
  operation: string,
  inputs: readonly AnyMessage[],
  limits: InputLimits,
): readonly NewMessage[] {
  const { batchMessages, batchBytes } = limits
  if (inputs.length > batchMessages)
    throw new SessError('LIMIT_EXCEEDED', `${operation}: a batch holds at most ${batchMessages} messages`)
  const messages: NewMessage[] = []
  const copiers: JsonCopier[] = []
  let atLeast = 0
  let atMost = 0
  for (const input of inputs) {
    const copier = new JsonCopier(operation, limits.messageBytes)
    messages.push(toMessage(operation, input, copier))
    copiers.push(copier)
    atMost += copier.atMost
    atLeast += copier.atLeast
    // At once, before more of it is copied.
    if (atLeast > batchBytes) throw tooLarge(operation, batchBytes)
  }
  if (atMost > batchBytes && copiers.reduce((sum, copier) => sum + copier.bytes(), 0) > batchBytes)
    throw tooLarge(operation, batchBytes)
  return messages
}

function tooLarge(operation: string, batchBytes: number): SessError {
  return new SessError('LIMIT_EXCEEDED', `${operation}: the batch is larger than ${batchBytes} bytes`)
}

function toMessage(operation: string, input: AnyMessage, copier: JsonCopier): NewMessage {
  refuseUnknown(operation, 'message', input, MESSAGE)
  const { id, role, content, metadata, createdAt } = input
  checkName(operation, 'role', role)
  if (id !== undefined) checkName(operation, 'message id', id)
  if (createdAt !== undefined) checkTime(operation, 'createdAt', createdAt)
  const message = {
    id: id ?? newMessageId(),
    role,
    content: copier.value('content', content),
    metadata: metadata === undefined ? NO_METADATA : copier.object('metadata', metadata),
  }
  return createdAt === undefined ? message : { ...message, createdAt }
}

/** Dropped in silence, a member that a message does not have would be lost data. */
function refuseUnknown(operation: string, what: string, given: object, members: Known): void {
  for (const member in given)
    if (members[member] !== true && Object.hasOwn(given, member))
      throw new SessError('INVALID_ARGUMENT', `${operation}: a ${what} has no '${member}'`)
}

function toAmendments(
  operation: string,
  inputs: NonNullable<AnyChange['amend']>,
  limits: InputLimits,
): readonly Amendment[] {
  let bytes = 0
  return inputs.map((input) => {
    refuseUnknown(operation, 'message to amend', input, AMENDMENT)
    const { id, content, metadata } = input
    checkName(operation, 'message id', id)
    if (content === undefined && metadata === undefined)
      throw new SessError('INVALID_ARGUMENT', `${operation}: an amendment needs content or metadata`)
    const copier = new JsonCopier(operation, limits.messageBytes)
    const amendment = {
      id,
      ...(content !== undefined && { content: copier.value('content', content) }),
      ...(metadata !== undefined && { metadata: copier.object('metadata', metadata) }),
    }
    bytes += copier.bytes()
    if (bytes > limits.batchBytes)
      throw new SessError(
        'LIMIT_EXCEEDED',
        `${operation}: the amendments are larger than ${limits.batchBytes} bytes`,
      )
    return amendment
  })
}

/** Context entries, checked and frozen. Each is within the limit by itself; all of them together are the store's to judge. */
export function toEntries(
  operation: string,
  entries: readonly (readonly [string, unknown])[],
  limits: InputLimits,
): readonly ContextEntry[] {
  return entries.map(([key, value]) => {
    checkKey(operation, key)
    return [
      key,
      new JsonCopier(operation, limits.contextBytes).value(`context[${JSON.stringify(key)}]`, value),
    ] as const
  })
}

function toUnset(operation: string, unset: NonNullable<AnyChange['unset']>): NonNullable<Change['unset']> {
  if ('prefix' in unset) {
    checkPrefix(operation, unset.prefix)
    return { prefix: unset.prefix }
  }
  checkArray(operation, 'unset', unset)
  for (const key of unset) checkKey(operation, key)
  return [...unset]
}

function toPatch(operation: string, update: SessionUpdate): SessionPatch {
  const { ttl, metadata, ...fields } = update
  const patch: { -readonly [K in keyof SessionPatch]: SessionPatch[K] } = { ...fields }
  if (ttl !== undefined) patch.ttlMs = parseLifetime(operation, 'ttl', ttl)
  if (metadata !== undefined) patch.metadata = toMetadata(operation, metadata, true)
  return patch
}

/** Metadata, checked and frozen: strings, or in a patch `null` too. */
export function toMetadata(operation: string, metadata: object, patch?: false): Metadata
export function toMetadata(
  operation: string,
  metadata: object,
  patch: true,
): { readonly [key: string]: string | null }
export function toMetadata(
  operation: string,
  metadata: object,
  patch = false,
): { readonly [key: string]: string | null } {
  const entries = Object.entries(metadata).filter(([, value]) => value !== undefined)
  for (const [key, value] of entries) {
    checkName(operation, 'metadata key', key)
    refuseReserved(operation, 'metadata keys', key)
    if (typeof value !== 'string' && !(patch && value === null))
      throw new SessError(
        'INVALID_ARGUMENT',
        `${operation}: metadata[${JSON.stringify(key)}] must be a string${patch ? ' or null' : ''}`,
      )
  }
  return Object.freeze(Object.fromEntries(entries))
}

/** Refuses a context key that is no name or is reserved. */
export function checkKey(operation: string, key: string): void {
  checkName(operation, 'context key', key)
  checkPrefix(operation, key)
}

/** Refuses a prefix that reaches reserved keys. */
export function checkPrefix(operation: string, prefix: string): void {
  if (typeof prefix !== 'string')
    throw new SessError('INVALID_ARGUMENT', `${operation}: a prefix must be a string`)
  refuseReserved(operation, 'context keys', prefix)
}

function refuseReserved(operation: string, what: string, key: string): void {
  if (key.startsWith(RESERVED_PREFIX))
    throw new SessError(
      'INVALID_ARGUMENT',
      `${operation}: ${what} that begin with '${RESERVED_PREFIX}' are reserved`,
    )
}
