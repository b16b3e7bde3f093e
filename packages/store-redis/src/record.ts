import { type Committed, SessError, type Session } from '@sess/core'
import { setOwn } from '@sess/core/store'

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
  const [, createdAt, version, lastSeq, messageCount, updatedAt, expiresAt, sliding] = numbersIn(packed, 8)
  const counters = { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } as Counters
  return { counters, slides: sliding === 1 && expiresAt !== null }
}

const [ZERO, MINUS] = [48, 45]

/** The first numbers of a text with a space between, `-` for none. Digit by digit, since to cut a text into parts and to convert each takes longer than all else that an answer needs. */
export function numbersIn(text: string, limit: number): readonly (number | null)[] {
  const numbers: (number | null)[] = []
  let [start, number] = [0, 0]
  for (let i = 0; i <= text.length && numbers.length < limit; i++) {
    const code = text.charCodeAt(i)
    if (code >= ZERO) number = 10 * number + (code - ZERO)
    else if (code !== MINUS) {
      if (text.charCodeAt(start) !== MINUS) numbers.push(number)
      else numbers.push(i === start + 1 ? null : -number)
      start = i + 1
      number = 0
    }
  }
  return numbers
}

/** Where the bytes of metadata stand, and the owner, whose id may have spaces. */
const [METADATA_BYTES, OWNER] = [16, 18]

/** Of a session without metadata: what its record alone tells. `undefined` for any other text. */
export function toPlainSession(id: string, packed: string | undefined): Session | undefined {
  const parts = packed?.split(' ') ?? []
  return parts[0] === '1' && parts[METADATA_BYTES] === '0' ? sessionOf(id, parts, {}) : undefined
}

/** The session that a record's packed field and the fields and values of its metadata tell of. */
export function toSession(id: string, packed: string, fields: readonly string[]): Session {
  const metadata: { [key: string]: string } = {}
  for (let i = 0; i < fields.length; i += 2)
    setOwn(metadata, fields[i] as string, JSON.parse(fields[i + 1] as string))
  const parts = packed.split(' ')
  if (parts[0] !== '1') throw newerSchema('load')
  return sessionOf(id, parts, metadata)
}

function sessionOf(id: string, parts: readonly string[], metadata: Session['metadata']): Session {
  const [, createdAt, version, lastSeq, count, updatedAt, expiresAt, ...rest] = parts
  const [sliding, maxMessages, active, , , , , ttlMs, overflow] = rest
  const owner = parts.slice(OWNER).join(' ')
  return {
    id,
    userId: owner === '-' ? null : owner.slice(1),
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
