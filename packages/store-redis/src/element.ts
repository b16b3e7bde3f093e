import type { Json, JsonObject, Message, NewMessage } from '@sess/core'
import { frozenJson } from '@sess/core/store'

// A message as an element of a list: one JSON text on three lines, which scripts split and readers parse once.
// [seq,createdAt,version,amendedAt,digest,"id","role",
// content,
// metadata]

type Element = [
  seq: number,
  createdAt: number,
  version: number,
  amendedAt: number | null,
  digest: string | 0,
  id: string,
  role: string,
  content: Json,
  metadata: JsonObject,
]

/** `"id","role",` */
export function headOf({ id, role }: Pick<NewMessage, 'id' | 'role'>): string {
  return `${JSON.stringify(id)},${JSON.stringify(role)},`
}

/** The last two lines. */
export function bodyOf({ content, metadata }: Pick<NewMessage, 'content' | 'metadata'>): string {
  return `${JSON.stringify(content)},\n${JSON.stringify(metadata)}]`
}

/** What does not change once it is written: from the digest on. */
export function restOf(message: Pick<NewMessage, 'id' | 'role' | 'content' | 'metadata' | 'digest'>): string {
  return `${digestText(message.digest)},${headOf(message)}\n${bodyOf(message)}`
}

const PLAIN = /^[\w+/=-]+$/

/** Scripts find the end of a digest by its alphabet: any other text comes as base64 behind a `~`. */
export function digestText(digest: string | undefined): string {
  if (digest === undefined) return '0'
  return PLAIN.test(digest) ? `"${digest}"` : `"~${Buffer.from(JSON.stringify(digest)).toString('base64')}"`
}

function digestOf(text: string): string {
  return text.startsWith('~') ? JSON.parse(Buffer.from(text.slice(1), 'base64').toString()) : text
}

/** Written out, since a page has many: a pattern that takes the array apart, or a spread, is slower. */
export function toMessage(element: string): Message {
  const parts = JSON.parse(element) as Element
  const plain: Message = {
    id: parts[5],
    seq: parts[0],
    role: parts[6],
    content: parts[7],
    metadata: parts[8],
    createdAt: parts[1],
    version: parts[2],
  }
  const amendedAt = parts[3]
  const digest = parts[4]
  if (amendedAt === null && digest === 0) return plain
  return {
    ...plain,
    ...(amendedAt !== null && { amendedAt }),
    ...(digest !== 0 && { digest: digestOf(digest) }),
  }
}

/** What was sent, as it was stored. */
export function stored(message: NewMessage, seq: number, version: number, now: number): Message {
  const { id, role, content, metadata, createdAt = now, amendedAt, digest } = message
  const plain: Message = {
    id,
    seq: message.seq ?? seq,
    role,
    content: typeof content === 'string' ? content : frozenJson(content),
    metadata: frozenJson(metadata),
    createdAt,
    version: message.version ?? version,
  }
  if (amendedAt === undefined && digest === undefined) return plain
  return { ...plain, ...(amendedAt !== undefined && { amendedAt }), ...(digest !== undefined && { digest }) }
}
