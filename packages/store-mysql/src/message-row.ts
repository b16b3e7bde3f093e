import type { JsonObject, Message } from '@sess/core'
import { type Column, type SQL, sql } from 'drizzle-orm'
import type { Row, Value } from './client.ts'
import { parsed } from './json-text.ts'
import type { SessTables } from './tables.ts'

/** What {@link toMessage} takes; as many columns as a record has, and of the same types, so that one statement reads both. */
export function messageColumns({ messages: m }: SessTables, of = (text: Column): SQL => sql`${text}`): SQL {
  return sql`${m.id}, ${m.role}, ${m.digest}, NULL, ${of(m.metadata)},
    ${m.seq}, ${m.createdAt}, ${m.version}, ${m.amendedAt}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    ${of(m.content)}`
}

/** The same without the texts of messages that are larger than a size, the first two values. */
export function smallMessageColumns(t: SessTables): SQL {
  return messageColumns(t, (text) => sql`CASE WHEN ${t.messages.bytes} <= ? THEN ${text} END`)
}

/** Whether a row of these was too large for its texts. */
export function isWithoutTexts(row: Row): boolean {
  return row.at(-1) === null
}

export function toMessage(row: Row): Message {
  const [id, role, digest, , metadata, seq, createdAt, version, amendedAt] = row
  const message: { -readonly [K in keyof Message]: Message[K] } = {
    id: String(id),
    seq: Number(seq),
    role: String(role),
    content: parsed(row.at(-1)),
    metadata: parsed(metadata) as JsonObject,
    createdAt: Number(createdAt),
    version: Number(version),
  }
  if (amendedAt !== null) message.amendedAt = Number(amendedAt)
  if (digest !== null) message.digest = parsed(digest) as string
  return message
}

/** The values of a message's row, in the order of the table's columns. */
export function messageValues(incarnation: Buffer, message: Message): Value[] {
  const { seq, id, role, createdAt, version, amendedAt = null, digest } = message
  const content = JSON.stringify(message.content)
  const metadata = JSON.stringify(message.metadata)
  const bytes = Buffer.byteLength(content) + Buffer.byteLength(metadata)
  const mark = digest === undefined ? null : JSON.stringify(digest)
  return [incarnation, seq, id, role, createdAt, version, amendedAt, mark, bytes, content, metadata]
}
