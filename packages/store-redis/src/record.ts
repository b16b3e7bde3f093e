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

/** What follows the counters: sliding, maxMessages, active, ttlMs, overflow, bytes of metadata, owner. By a pattern, since to cut a record into all its parts takes a twentieth of a lone page. */
const REST = /^1 (?:\S+ ){6}(\S) (\S+) (\S) (?:\S+ ){4}(\S+) (\S) (\d+) \S+ (.+)$/s

type Rest = readonly [
  packed: string,
  sliding: string,
  maxMessages: string,
  active: string,
  ttlMs: string,
  overflow: string,
  bytes: string,
  owner: string,
]

/** Of a session without metadata: what its record alone tells. `undefined` for any other text. */
export function toPlainSession(id: string, packed: string | undefined): Session | undefined {
  const rest = packed === undefined ? null : REST.exec(packed)
  return rest?.[6] === '0' ? sessionOf(id, rest, {}) : undefined
}

/** The session that a record's packed field and the fields and values of its metadata tell of. */
export function toSession(id: string, packed: string, fields: readonly string[]): Session {
  const metadata: { [key: string]: string } = {}
  for (let i = 0; i < fields.length; i += 2)
    setOwn(metadata, fields[i] as string, JSON.parse(fields[i + 1] as string))
  const rest = REST.exec(packed)
  if (rest === null) throw newerSchema('load')
  return sessionOf(id, rest, metadata)
}

function sessionOf(id: string, rest: RegExpExecArray, metadata: Session['metadata']): Session {
  const [packed, sliding, maxMessages, active, ttlMs, overflow, , owner] = rest as unknown as Rest
  const { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } = toCounters(packed)
  return {
    id,
    userId: owner === '-' ? null : owner.slice(1),
    metadata,
    createdAt,
    updatedAt,
    expiresAt,
    ttlMs: toNumber(ttlMs),
    sliding: sliding === '1',
    version,
    messageCount,
    lastSeq,
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

function toNumber(text: string): number | null {
  return text === '-' ? null : Number(text)
}
