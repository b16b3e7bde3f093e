import { type Committed, SessError, type Session } from '@sess/core'
import { setOwn } from '@sess/core/store'

/** The hot part of a record and `createdAt`, as scripts answer it. */
export type Counters = Pick<
  Committed,
  'createdAt' | 'version' | 'lastSeq' | 'messageCount' | 'updatedAt' | 'expiresAt'
>

/** `version lastSeq count firstSeq updatedAt expiresAt contextBytes createdAt` */
export function toCounters(text: string): Counters {
  const [version, lastSeq, count, , updatedAt, expiresAt, , createdAt] = text.split(' ')
  return {
    createdAt: Number(createdAt),
    version: Number(version),
    lastSeq: Number(lastSeq),
    messageCount: Number(count),
    updatedAt: Number(updatedAt),
    expiresAt: toNumber(expiresAt),
  }
}

/** The session that a record's fields and values tell of. */
export function toSession(id: string, fields: readonly string[]): Session {
  const metadata: { [key: string]: string } = {}
  let userId: string | null = null
  let packed = ''
  for (let i = 0; i < fields.length; i += 2) {
    const [field, value] = [fields[i] as string, fields[i + 1] as string]
    if (field === 'h') packed = value
    else if (field === 'u') userId = value
    else if (field.startsWith('m:')) setOwn(metadata, field.slice(2), JSON.parse(value))
  }
  const [schema, version, lastSeq, count, , updatedAt, expiresAt, , ...cold] = packed.split(' ')
  if (schema !== '1') throw newerSchema('load')
  const [ttlMs, sliding, maxMessages, overflow, active, createdAt] = cold
  return {
    id,
    userId,
    metadata,
    createdAt: Number(createdAt),
    updatedAt: Number(updatedAt),
    expiresAt: toNumber(expiresAt),
    ttlMs: toNumber(ttlMs),
    sliding: sliding === '1',
    version: Number(version),
    messageCount: Number(count),
    lastSeq: Number(lastSeq),
    maxMessages: toNumber(maxMessages),
    overflow: overflow === 'd' ? 'drop-oldest' : 'reject',
    isActive: active === '1',
  }
}

export function newerSchema(operation: string): SessError {
  return new SessError(
    'CORRUPT_DATA',
    `${operation}: what is stored has a schema that this release of @sess/store-redis does not know: upgrade it`,
  )
}

function toNumber(text: string | undefined): number | null {
  return text === '-' || text === undefined ? null : Number(text)
}
