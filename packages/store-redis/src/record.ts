import { type Committed, SessError, type Session } from '@sess/core'
import { setOwn } from '@sess/core/store'

/** The hot part of a record and `createdAt`, as scripts answer it. */
export type Counters = Pick<
  Committed,
  'createdAt' | 'version' | 'lastSeq' | 'messageCount' | 'updatedAt' | 'expiresAt'
>

/** `version lastSeq count firstSeq updatedAt expiresAt contextBytes createdAt` */
export function toCounters(text: string): Counters {
  return countersOf(numbersIn(text))
}

/** What the lean script answers: the same, and when it was and how many messages it dropped. */
export function toAppended(text: string) {
  const numbers = numbersIn(text)
  const [now = 0, dropped = 0] = numbers.slice(8) as number[]
  return { counters: countersOf(numbers), now, dropped }
}

function countersOf(numbers: readonly (number | null)[]): Counters {
  const [version, lastSeq, messageCount, , updatedAt, expiresAt, , createdAt] = numbers
  return { createdAt, version, lastSeq, messageCount, updatedAt, expiresAt } as Counters
}

const [ZERO, MINUS] = [48, 45]

/** Numbers with a space between, `-` for none. Digit by digit, since to cut a text into parts and to convert each takes longer than all else that an answer needs. */
export function numbersIn(text: string): readonly (number | null)[] {
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
  return numbers
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
