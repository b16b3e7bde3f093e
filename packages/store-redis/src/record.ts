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
  const counters: Counters = {
    createdAt: fields.skip(1).number() as number,
    version: fields.number() as number,
    lastSeq: fields.number() as number,
    messageCount: fields.number() as number,
    updatedAt: fields.number() as number,
    expiresAt: fields.number(),
  }
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

/**
 * In the order of the record, and without a spread, which takes as long as a tenth of a page.
 * @param known its metadata: where that is not given, the session must have none
 */
function sessionOf(id: string, packed: string, known: Session['metadata'] | undefined): Session | undefined {
  if (!packed.startsWith('1 ')) return undefined
  const fields = new Fields(packed)
  const session: { -readonly [K in keyof Session]: Session[K] } = {
    id,
    userId: null,
    metadata: known ?? {},
    createdAt: fields.skip(1).number() as number,
    version: fields.number() as number,
    lastSeq: fields.number() as number,
    messageCount: fields.number() as number,
    updatedAt: fields.number() as number,
    expiresAt: fields.number(),
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
