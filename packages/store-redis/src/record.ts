import { type Committed, SessError, type Session } from '@sess/core'
import { setOwn } from '@sess/core/store'

/** The hot part of a record and `createdAt`, as scripts answer it. */
export type Counters = Pick<
  Committed,
  'createdAt' | 'version' | 'lastSeq' | 'messageCount' | 'updatedAt' | 'expiresAt'
>

/** What scripts answer of a record, the last two of a plain append alone. */
type Answered = readonly [
  version: number,
  lastSeq: number,
  count: number,
  firstSeq: number,
  updatedAt: number,
  expiresAt: number | null,
  contextBytes: number,
  createdAt: number,
  now: number,
  dropped: number,
]

const [ZERO, MINUS] = [48, 45]

/** The numbers of such an answer, `-` for none. Digit by digit, since to cut a text into parts and to convert each takes longer than all else that an answer needs. */
export function answered(text: string): Answered {
  const numbers: (number | null)[] = []
  let [start, number] = [0, 0]
  for (let i = 0; i <= text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= ZERO) number = 10 * number + (code - ZERO)
    else if (code !== MINUS) {
      if (text.charCodeAt(start) !== MINUS) numbers.push(number)
      else numbers.push(i === start + 1 ? null : -number)
      start = i + 1
      number = 0
    }
  }
  return numbers as unknown as Answered
}

export function toCounters([
  version,
  lastSeq,
  messageCount,
  ,
  updatedAt,
  expiresAt,
  ,
  createdAt,
]: Answered): Counters {
  return { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt }
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
