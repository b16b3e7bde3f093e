import type {
  Change,
  CommitOptions,
  CreateOptions,
  Cut,
  DeleteOptions,
  LoadOptions,
  NewMessage,
  NewSession,
} from '@sess/core'
import { DEFAULT_LIMITS } from '@sess/core'
import { entryBytes } from '@sess/core/store'
import { bodyOf, digestText, headOf, restOf } from './element.ts'
import { homeOf, tagOf } from './keys.ts'
import { rangesUnder } from './ranges.ts'

// What goes to the scripts that write; each script's head says how it takes it.

type Args = (string | number)[]

export function createArgs(
  input: NewSession,
  options: CreateOptions | undefined,
  contextBytes: number,
  token: string,
  grace: number,
): Args {
  const { id, userId, ttlMs, messages, context, metadata } = input
  const stamp = options?.stamp
  const fields = Object.entries(metadata)
  const bytes = fields.reduce((sum, [key, value]) => sum + entryBytes(key, value), 0)
  const tag = userId === null ? '-' : tagOf(userId)
  const home = homeOf(id, userId)
  const state = [input.sliding ? 1 : 0, input.maxMessages ?? '-', input.isActive ? 1 : 0, tag, home].join(' ')
  const rest = [ttlMs ?? '-', letterOf(input.overflow), bytes, token, ownerOf({ userId })].join(' ')
  const lists = { messages: messages.length, entries: context.length, fields: fields.length }
  const request = {
    ...{ id, state, rest, tag, home, bytes: contextBytes, grace, token, ...lists },
    ...(ttlMs !== null && { ttl: ttlMs }),
    ...(stamp && { stamp: withoutNull(stamp) }),
  }
  const args: Args = [JSON.stringify(request)]
  messages.forEach((message, i) => {
    const { seq = i + 1, version = stamp?.version ?? 1, amendedAt = 'null' } = message
    args.push(message.id, message.createdAt ?? '', `[${seq},`, `,${version},${amendedAt},${restOf(message)}`)
  })
  for (const [key, value] of context) args.push(key, JSON.stringify(value))
  for (const [key, value] of fields) args.push(key, JSON.stringify(value))
  return args
}

/** @param grace where all ten keys go along */
export function appendArgs(
  id: string,
  append: readonly NewMessage[],
  conditions: CommitOptions['if'],
  grace: number | undefined,
): Args {
  const args: Args = [id]
  for (const message of append) args.push(message.id, `${message.createdAt ?? ''},null,${restOf(message)}`)
  if (grace !== undefined || conditions !== undefined)
    args.push(`${grace ?? '-'} ${seenOf(conditions)} ${ownerOf(conditions)}`)
  return args
}

export function deleteArgs(id: string, grace: number, sweep: boolean, conditions: DeleteOptions['if']): Args {
  return [id, grace, sweep ? '1' : '0', seenOf(conditions), ownerOf(conditions)]
}

export function commitArgs(
  id: string,
  change: Change,
  options: CommitOptions | undefined,
  grace: number,
): Args {
  const { append = [], amend = [], set = [], cut, unset, session } = change
  const fields = Object.entries(session?.metadata ?? {})
  const conditions = options?.if
  const request = {
    ...{ id, grace, append: append.length, amend: amend.length, set: set.length, fields: fields.length },
    contextLimit: options?.limits?.contextBytes ?? DEFAULT_LIMITS.contextBytes,
    metadataLimit: options?.limits?.metadataBytes ?? DEFAULT_LIMITS.metadataBytes,
    answer: session !== undefined,
    ...(conditions && { if: conditionsOf(conditions) }),
    ...(cut && { cut: formOf(cut) }),
    ...(unset && ('prefix' in unset ? { under: rangesUnder(unset.prefix) } : { unset })),
    ...(options?.stamp && { stamp: withoutNull(options.stamp) }),
    ...(session && { patch: patchOf(id, session) }),
  }
  const args: Args = [JSON.stringify(request)]
  for (const message of append) {
    const { seq = '', version = '', createdAt = '', amendedAt = 'null' } = message
    args.push(
      message.id,
      headOf(message),
      createdAt,
      seq,
      version,
      amendedAt,
      digestText(message.digest),
      bodyOf(message),
    )
  }
  for (const { id: of, content, metadata, digest } of amend)
    args.push(of, textOf(content), textOf(metadata), digestText(digest))
  for (const [key, value] of set) args.push(key, JSON.stringify(value))
  for (const [key, value] of fields) args.push(key, value === null ? '' : JSON.stringify(value))
  return args
}

/** `` where the owner is not asked for, `-` for nobody, `+ID`. */
export function ownerOf(conditions: LoadOptions['if']): string {
  const userId = conditions?.userId
  if (userId === undefined) return ''
  return userId === null ? '-' : `+${userId}`
}

function seenOf(conditions: DeleteOptions['if']): string {
  const { version = '-', lastSeq = '-', createdAt = '-' } = conditions ?? {}
  return `${version} ${lastSeq} ${createdAt}`
}

function conditionsOf({ userId: _, ...conditions }: NonNullable<CommitOptions['if']>) {
  const owner = ownerOf({ ...(_ !== undefined && { userId: _ }) })
  return { ...conditions, ...(owner !== '' && { owner }) }
}

function formOf(cut: Cut): readonly [form: string, value: number] {
  return Object.entries(cut)[0] as [string, number]
}

function patchOf(id: string, session: NonNullable<Change['session']>) {
  const { userId, isActive, maxMessages, overflow, ttlMs, sliding } = session
  const any = [userId, isActive, maxMessages, overflow].some((field) => field !== undefined)
  return {
    any,
    life: ttlMs !== undefined || sliding !== undefined,
    ...(ttlMs !== undefined && { ttl: String(ttlMs ?? '-') }),
    ...(sliding !== undefined && { sliding: sliding ? '1' : '0' }),
    ...(maxMessages !== undefined && { max: String(maxMessages ?? '-') }),
    ...(overflow !== undefined && { overflow: letterOf(overflow) }),
    ...(isActive !== undefined && { active: isActive ? '1' : '0' }),
    ...(userId !== undefined && {
      ...{ tag: userId === null ? '-' : tagOf(userId), home: homeOf(id, userId) },
      ...(userId !== null && { user: userId }),
    }),
  }
}

function letterOf(overflow: NewSession['overflow']): 'd' | 'r' {
  return overflow === 'drop-oldest' ? 'd' : 'r'
}

/** A script takes what is not there for none; JSON's null it would take for something. */
function withoutNull<T extends object>(fields: T): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value)
}
