import type {
  Change,
  ContextEntry,
  Json,
  Message,
  MessageWindow,
  NewMessage,
  NewSession,
  Want,
} from '@sess/core'
import fc from 'fast-check'

// The parts of operations: few names and values, so that they meet often, and such that are easily confused.

/** Lifetimes and the steps of the clock are multiples of it, so that a clock that also runs by itself changes nothing. */
export const UNIT_MS = 60_000

export const SESSIONS = ['s', 'S', 's ']
export const USERS = ['u', 'U']
/** One comes often, so that repeats and amendments meet it. */
export const MESSAGES = ['m', 'm', 'm', 'M', 'm ', '\u00e9', 'e\u0301', 'n']
const KEYS = ['a', 'A', 'ab', 'b', 'sess:a', 'sess:b']
const VALUES: readonly Json[] = [1, null, '', { z: [], a: {} }, 'a longer text, to meet limits on bytes']

/** Mostly `undefined`, else a value; shrinks to `undefined`. */
export function rarely<T>(arbitrary: fc.Arbitrary<T>, inOf = 4): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: inOf - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary },
  )
}

type Optional<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** An object without its `undefined` members. */
export function given<T extends object>(members: T): Optional<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Optional<T>
}

export const sessionName = fc.constantFrom(...SESSIONS)
/** A session to work on: where it is not there, mostly one that is. */
export const target = fc.record({ name: sessionName, exact: rarely(fc.constant(true), 8) })
/** Nobody now and then. */
export const userName = fc.constantFrom(...USERS, ...USERS, null)
export const count = fc.integer({ min: 1, max: 4 })
const seq = fc.integer({ min: 0, max: 8 })
const key = fc.constantFrom(...KEYS)
const value = fc.constantFrom(...VALUES)
const prefix = fc.constantFrom('', '', 'a', 's', 'sess:', 'sess:a', 'x')
const metadata = fc.constantFrom({}, {}, { a: '1' }, { a: '2', b: 'a longer text, to meet limits on bytes' })

/** What a message is made of beside its id: mostly the same, so that repeats are equal more often than not. */
const variant: fc.Arbitrary<Partial<NewMessage>> = fc.oneof(
  { withCrossShrink: true },
  { weight: 10, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ content: value, digest: fc.constantFrom('x', 'x', 'y') }) },
  { weight: 1, arbitrary: fc.record({ content: value }) },
  { weight: 1, arbitrary: fc.record({ digest: fc.constantFrom('x', 'y') }) },
  // Equal as values, but not as the text that is compared.
  { weight: 2, arbitrary: fc.constantFrom({ metadata: { b: 1, a: [] } }, { metadata: { a: [], b: 1 } }) },
  { weight: 1, arbitrary: fc.constant({ role: 'assistant' }) },
)

const message: fc.Arbitrary<NewMessage> = fc
  .record({
    id: fc.constantFrom(...MESSAGES),
    variant,
    createdAt: rarely(fc.integer({ min: 0, max: 9 }), 6),
  })
  .map(({ id, variant, createdAt }) => {
    // One has metadata by nature, or the two orders of keys would hardly ever meet.
    const metadata: NewMessage['metadata'] = id === 'M' ? { a: [], b: 1 } : {}
    return { id, role: 'user', content: 'Hello', metadata, ...variant, ...given({ createdAt }) }
  })

/** A repeat of the newest stored messages, as they are or not quite. */
export const repeat = fc.record({
  newest: fc.constantFrom(1, 1, 2),
  change: fc.constantFrom<Partial<Message> | 'nothing' | 'order of keys' | 'digest left out' | 'one more'>(
    'nothing',
    'nothing',
    'order of keys',
    'digest left out',
    'one more',
    { content: 'other' },
    { content: 'other', digest: 'x' },
    { digest: 'x' },
    { digest: 'y' },
    { metadata: { other: true } },
    { role: 'assistant' },
  ),
})

const messages = (most: number) => fc.uniqueArray(message, { maxLength: most, selector: ({ id }) => id })

const entries: fc.Arbitrary<ContextEntry[]> = fc.uniqueArray(fc.tuple(key, value), {
  maxLength: 3,
  selector: ([name]) => name,
})

const ttlMs = fc.constantFrom(null, UNIT_MS, 2 * UNIT_MS, 5 * UNIT_MS)
const maxMessages = fc.constantFrom(null, null, 1, 2, 3, 5)
const overflow = fc.constantFrom('reject', 'drop-oldest', 'drop-oldest')

export const newSession: fc.Arbitrary<Omit<NewSession, 'id' | 'userId'>> = fc.record({
  metadata,
  ttlMs,
  sliding: fc.boolean(),
  maxMessages,
  overflow: overflow as fc.Arbitrary<NewSession['overflow']>,
  isActive: rarely(fc.constant(false), 8).map((isActive) => isActive ?? true),
  context: entries,
  messages: messages(2),
})

const messageWindow: fc.Arbitrary<MessageWindow> = fc.oneof(
  fc.record({ last: count }),
  fc.record({ afterSeq: seq, limit: count }),
  fc.record({ beforeSeq: seq.map((n) => n + 1), limit: count }),
  fc.record({ offset: seq, limit: count }),
  fc.record({ ids: fc.shuffledSubarray([...new Set(MESSAGES), 'none']) }),
)

const contextPage = fc
  .record({
    prefix,
    limit: count,
    after: rarely(fc.constantFrom(...KEYS, 'aa'), 2),
    reverse: rarely(fc.constant(true), 2),
    keysOnly: rarely(fc.boolean()),
  })
  .map(({ prefix, limit, ...rest }) => ({ prefix, limit, ...given(rest) }))

export const want: fc.Arbitrary<Want | undefined> = fc.oneof(
  fc.constant(undefined),
  fc
    .record({
      messages: rarely(messageWindow, 2),
      context: rarely(
        fc.oneof(
          fc.constant(true as const),
          fc.record({ keys: fc.array(key, { maxLength: 4 }) }),
          contextPage,
        ),
        2,
      ),
    })
    .map(given),
)

const amendments = fc.uniqueArray(
  fc
    .record({
      id: fc.constantFrom(...MESSAGES),
      content: rarely(value, 2),
      metadata: rarely(fc.constant({ amended: true }), 3),
      digest: rarely(fc.constant('z'), 6),
    })
    .map(({ id, ...rest }) => ({ id, ...given(rest) })),
  { minLength: 0, maxLength: 2, selector: ({ id }) => id },
)

const cut = fc.oneof(
  fc.record({ newest: count }),
  fc.record({ oldest: count }),
  fc.record({ afterSeq: seq }),
  fc.record({ beforeSeq: seq.map((n) => n + 1) }),
)

const patch = fc
  .record({
    metadata: rarely(
      fc.constantFrom({}, { a: '3' }, { a: null }, { b: null, c: 'a longer text, to meet limits' }),
      3,
    ),
    userId: rarely(fc.constantFrom(0, 1, null), 4),
    isActive: rarely(fc.boolean(), 3),
    maxMessages: rarely(maxMessages, 3),
    overflow: rarely(overflow as fc.Arbitrary<NewSession['overflow']>, 4),
    ttlMs: rarely(ttlMs, 3),
    sliding: rarely(fc.boolean(), 3),
  })
  .map(given)

type Patch = Omit<NonNullable<Change['session']>, 'userId'> & { readonly userId?: number | null }
/** A change in which a user is still the place of a name in {@link USERS}. */
export type Draft = Omit<Change, 'session'> & { readonly session?: Patch }

export const change: fc.Arbitrary<Draft> = fc
  .record({
    cut: rarely(cut, 5),
    amend: rarely(amendments, 5),
    append: rarely(messages(3), 2),
    unset: rarely(fc.oneof(fc.array(key, { maxLength: 3 }), fc.record({ prefix })), 5),
    set: rarely(entries, 3),
    session: rarely(patch as fc.Arbitrary<Patch>, 4),
  })
  .map(given)

export const limits = rarely(
  fc.record({ contextBytes: fc.constantFrom(0, 12, 60), metadataBytes: fc.constantFrom(0, 6, 60) }),
  8,
)

/** Conditions by how far they are from what is current: mostly met. */
export const conditions = rarely(
  fc
    .record({
      version: rarely(fc.constantFrom(0, 0, 0, 1, -1), 2),
      lastSeq: rarely(fc.constantFrom(0, 0, 0, 1, -1), 2),
      absent: rarely(fc.array(key, { maxLength: 2 }), 3),
    })
    .map(given),
  3,
)
/** A guard on the owner: the session's, or a place in {@link USERS}. */
export const guard = rarely(fc.constantFrom<'own' | number | null>('own', 'own', 0, 1, null), 8)

/** A stamp by how far it is ahead of what is current. */
export const stamp = rarely(
  fc.record({
    versions: fc.constantFrom(1, 1, 3, 0),
    gap: fc.constantFrom(1, 1, 2, 0),
    above: fc.constantFrom(0, 0, 2),
    laterMs: fc.constantFrom(0, 1000),
    lifetimes: fc.integer({ min: 1, max: 3 }),
    withVersion: fc.boolean(),
  }),
  10,
)
