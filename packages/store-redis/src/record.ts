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
  return toAppended(packed).counters
}

/** The same, and whether the session's end moves with each append. */
export function toAppended(packed: string) {
  const fields = new Fields(packed)
  const counters = countersOf(fields)
  return { counters, slides: fields.number() === 1 && counters.expiresAt !== null }
}

function countersOf(fields: Fields): Counters {
  return {
    createdAt: fields.skip(1).number() as number,
    version: fields.number() as number,
    lastSeq: fields.number() as number,
    messageCount: fields.number() as number,
    updatedAt: fields.number() as number,
    expiresAt: fields.number(),
  }
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

/**
 * The session that a record tells of, `undefined` for any other text.
 * @param known its metadata: where that is not given, the session must have none
 */
export function sessionOf(
  id: string,
  packed: string | undefined,
  known?: Session['metadata'],
): Session | undefined {
  if (!packed?.startsWith('1 ')) return undefined
  const fields = new Fields(packed)
  const { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } = countersOf(fields)
  // Without a spread, which takes as long as a tenth of a page.
  const session: { -readonly [K in keyof Session]: Session[K] } = {
    id,
    userId: null,
    metadata: known ?? {},
    createdAt,
    version,
    lastSeq,
    messageCount,
    updatedAt,
    expiresAt,
    sliding: fields.number() === 1,
    maxMessages: fields.number(),
    isActive: fields.number() === 1,
    // Past userTag, home, firstSeq and contextBytes.
    ttlMs: fields.skip(4).number(),
    overflow: fields.word() === 'd' ? 'drop-oldest' : 'reject',
  }
  const bytes = fields.number()
  const owner = fields.skip(1).rest()
  if (owner === '' || (known === undefined && bytes !== 0)) return undefined
  if (owner !== '-') session.userId = owner.slice(1)
  return session
}

export function newerSchema(operation: string): SessError {
  return new SessError(
    'CORRUPT_DATA',
    `${operation}: what is stored has a schema that this release of @sess/store-redis does not know: upgrade it`,
  )
}
