import { type Committed, SessError, type Session } from '@sess/core'
import { setOwn } from '@sess/core/store'
import { Fields } from './fields.ts'

/** Of a record, what an answer to a change tells. */
export type Counters = Pick<
  Committed,
  'createdAt' | 'version' | 'lastSeq' | 'messageCount' | 'updatedAt' | 'expiresAt'
>

/** Of a record's packed field, as scripts answer it. */
export function toCounters(packed: string): Counters {
  return countersOf(new Fields(packed))
}

/** The same, and whether the session's end moves with each append. */
export function toAppended(packed: string) {
  const fields = new Fields(packed)
  const counters = countersOf(fields)
  return { counters, slides: fields.number() === 1 && counters.expiresAt !== null }
}

/** Of a session without metadata: what its record alone tells. `undefined` for any other text. */
export function toPlainSession(id: string, packed: string | undefined): Session | undefined {
  return packed === undefined ? undefined : sessionOf(id, packed, undefined)
}

/** The session that a record's packed field and the fields and values of its metadata tell of. */
export function toSession(id: string, packed: string, fields: readonly string[]): Session {
  const metadata: { [key: string]: string } = {}
  for (let i = 0; i < fields.length; i += 2)
    setOwn(metadata, fields[i] as string, JSON.parse(fields[i + 1] as string))
  const session = sessionOf(id, packed, metadata)
  if (session === undefined) throw newerSchema('load')
  return session
}

function countersOf(fields: Fields): Counters {
  fields.skip()
  return {
    createdAt: fields.number() as number,
    version: fields.number() as number,
    lastSeq: fields.number() as number,
    messageCount: fields.number() as number,
    updatedAt: fields.number() as number,
    expiresAt: fields.number(),
  }
}

/** @param known its metadata: where that is not given, the session must have none */
function sessionOf(id: string, packed: string, known: Session['metadata'] | undefined): Session | undefined {
  if (!packed.startsWith('1 ')) return undefined
  const fields = new Fields(packed)
  const { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } = countersOf(fields)
  const sliding = fields.number() === 1
  const maxMessages = fields.number()
  const isActive = fields.number() === 1
  // userTag, home, firstSeq, contextBytes
  for (let i = 0; i < 4; i++) fields.skip()
  const ttlMs = fields.number()
  const overflow = fields.word() === 'd' ? 'drop-oldest' : 'reject'
  const bytes = fields.number()
  fields.skip()
  const owner = fields.rest()
  const metadata = known ?? (bytes === 0 ? {} : undefined)
  if (owner === '' || metadata === undefined) return undefined
  return {
    id,
    userId: owner === '-' ? null : owner.slice(1),
    metadata,
    createdAt,
    updatedAt,
    expiresAt,
    ttlMs,
    sliding,
    version,
    messageCount,
    lastSeq,
    maxMessages,
    overflow,
    isActive,
  }
}

export function newerSchema(operation: string): SessError {
  return new SessError(
    'CORRUPT_DATA',
    `${operation}: what is stored has a schema that this release of @sess/store-redis does not know: upgrade it`,
  )
}
