import type {
  Change,
  CommitOptions,
  Committed,
  Conditions,
  Message,
  NewMessage,
  Session,
  Stamp,
  Want,
} from '@sess/core'
import fc from 'fast-check'
import {
  change,
  conditions,
  count,
  type Draft,
  given,
  guard,
  limits,
  MESSAGES,
  newSession,
  rarely,
  repeat,
  sessionName,
  stamp,
  target,
  UNIT_MS,
  USERS,
  userName,
  want,
} from './arbitraries.ts'
import { type Call, call, type Model, type Operation, sweep, walk } from './call.ts'

export const create: fc.Arbitrary<Operation> = fc
  .record({ name: sessionName, user: userName, fields: newSession, limits, stamp })
  .map(
    ({ name, user, fields, limits, stamp: ahead }): Operation =>
      (model) => {
        const { ttlMs } = fields
        const base = { version: 0, lastSeq: 0, updatedAt: model.now - 9 * UNIT_MS, ttlMs }
        const stamped = ahead && stampOf(base, ahead, fields.messages, model)
        const session = {
          id: model.prefix + name,
          userId: user === null ? null : model.prefix + user,
          ...fields,
          messages: stamped?.messages ?? fields.messages,
        }
        const stamp = stamped && { ...stamped.stamp, createdAt: model.now - 10 * UNIT_MS }
        return {
          ...call('create', session, optionsOf({ limits, stamp })),
          now: (answer) => (stamp ? undefined : (answer as Session).createdAt),
        }
      },
  )

const load = fc.record({ target, want, guard }).map(
  ({ target, want, guard }): Operation =>
    (model) => {
      const options =
        guard === undefined ? undefined : { if: { userId: guarded(model, idOf(model, target), guard) } }
      return call('load', idOf(model, target), want, options)
    },
)

const remove = fc.record({ target, guard }).map(
  ({ target, guard }): Operation =>
    (model) => {
      const options =
        guard === undefined ? undefined : { if: { userId: guarded(model, idOf(model, target), guard) } }
      return call('delete', idOf(model, target), options)
    },
)

const commit = fc.record({ target, change, conditions, guard, limits, stamp }).map(
  ({ target, change: draft, conditions, guard, limits, stamp: ahead }): Operation =>
    (model) => {
      const id = idOf(model, target)
      const current = model.data.sessions.get(id)?.session
      const change = changeOf(model, id, draft)
      const { version = 1, lastSeq = 0, updatedAt = model.now } = current ?? {}
      const ttlMs = change.session?.ttlMs === undefined ? (current?.ttlMs ?? null) : change.session.ttlMs
      const stamped =
        ahead && stampOf({ version, lastSeq, updatedAt, ttlMs }, ahead, change.append ?? [], model)
      const condition = {
        ...conditionOf(conditions, current),
        ...(guard !== undefined && { userId: guarded(model, id, guard) }),
      }
      const written = stamped && change.append ? { ...change, append: stamped.messages } : change
      const options = optionsOf({
        if: Object.keys(condition).length > 0 ? condition : undefined,
        limits,
        stamp: stamped?.stamp,
      })
      return {
        ...call('commit', id, written, options),
        id,
        now: (answer, before) => (stamped ? undefined : clockOf(answer as Committed, written, before)),
      }
    },
)

const again = fc
  .record({ target, repeat, conditions, set: rarely(fc.constant({ set: [['a', 'again'] as const] }), 3) })
  .map(
    ({ target, repeat, conditions, set }): Operation =>
      (model) => {
        const id = idOf(model, target)
        const { session, messages = [] } = model.data.sessions.get(id) ?? {}
        const append = messages.slice(-repeat.newest).map((message) => repeated(message, repeat.change))
        if (repeat.change === 'one more') append.push({ id: 'more', role: 'user', content: '', metadata: {} })
        const change = { append, ...set }
        const options = optionsOf({ if: conditions && conditionOf(conditions, session) })
        return {
          ...call('commit', id, change, options),
          id,
          now: (answer, before) => clockOf(answer as Committed, change, before),
        }
      },
  )

const list = fc
  .record({
    user: fc.constantFrom(...USERS, undefined),
    limit: count,
    by: fc.constantFrom('cursor', 'offset'),
    includeExpired: rarely(fc.boolean(), 2),
  })
  .map(
    ({ user, limit, by, includeExpired }): Operation =>
      (model) => {
        const whose = user === undefined ? ({ all: true } as const) : { userId: model.prefix + user }
        return walk(
          { ...whose, ...given({ includeExpired }) },
          limit,
          by as 'cursor' | 'offset',
          model.prefix,
        )
      },
  )

const countOf = fc.constantFrom(...USERS).map(
  (user): Operation =>
    (model) =>
      call('count', model.prefix + user),
)

const pass = fc.constantFrom(1, 1, 2).map(
  (units): Operation =>
    () => {
      return { text: `${units * UNIT_MS} ms pass`, passMs: units * UNIT_MS }
    },
)

/** Any operation; the clock is moved only where it can be. */
export function operation(canPass: boolean): fc.Arbitrary<Operation> {
  return fc.oneof(
    { weight: 24, arbitrary: commit },
    { weight: 5, arbitrary: again },
    { weight: 4, arbitrary: create },
    { weight: 6, arbitrary: load },
    { weight: 1, arbitrary: remove },
    { weight: 3, arbitrary: list },
    { weight: 1, arbitrary: countOf },
    {
      weight: 1,
      arbitrary: count.map(
        (limit): Operation =>
          () =>
            sweep(limit),
      ),
    },
    { weight: canPass ? 2 : 0, arbitrary: pass },
  )
}

/** Out of order: neither the ids asked for nor a page that goes backwards may change that of the answer. */
const ASKEW: Want = {
  messages: { ids: [...MESSAGES].reverse() },
  context: { prefix: '', after: 'b', limit: 10, reverse: true },
}

/** What every sequence ends with: all that is there, by every way to it. */
export function lookAtAll(model: Model, names: readonly string[]): Call[] {
  return [
    ...names.map((name) => call('load', model.prefix + name, { messages: { last: 1000 }, context: true })),
    ...names.map((name) => call('load', model.prefix + name, ASKEW)),
    ...USERS.map((user) => call('count', model.prefix + user)),
    ...USERS.map((user) => walk({ userId: model.prefix + user }, 2, 'cursor', model.prefix)),
    walk({ all: true, includeExpired: true }, 2, 'cursor', model.prefix),
  ]
}

function idOf({ prefix, data }: Model, { name, exact }: Target): string {
  const id = prefix + name
  const [other] = data.sessions.keys()
  return exact || data.sessions.has(id) ? id : (other ?? id)
}

function userOf({ prefix }: Model, place: number | null): string | null {
  return place === null ? null : `${prefix}${USERS[place]}`
}

function repeated(message: Message, change: Value<typeof repeat>['change']): NewMessage {
  const { id, role, content, metadata, digest } = message
  const same = { id, role, content, metadata, ...given({ digest }) }
  if (change === 'nothing' || change === 'one more') return same
  if (change === 'digest left out') return { id, role, content, metadata }
  if (change !== 'order of keys') return { ...same, ...change }
  return { ...same, metadata: Object.fromEntries(Object.entries(metadata).reverse()) }
}

function conditionOf(ahead: Value<typeof conditions>, session: Session | undefined): Conditions {
  const { version = 1, lastSeq = 0 } = session ?? {}
  return {
    ...ahead,
    ...(ahead?.version !== undefined && { version: version + ahead.version }),
    ...(ahead?.lastSeq !== undefined && { lastSeq: lastSeq + ahead.lastSeq }),
  }
}

function guarded(model: Model, id: string, guard: 'own' | number | null): string | null {
  if (guard !== 'own') return userOf(model, guard)
  return model.data.sessions.get(id)?.session.userId ?? null
}

function changeOf(model: Model, id: string, { session, amend, ...parts }: Draft): Change {
  const stored = model.data.sessions.get(id)?.messages ?? []
  // Mostly what is there, or few amendments would come to anything.
  const known = amend?.map((amendment, i) => {
    const isThere = amendment.id === 'n' || stored.some((message) => message.id === amendment.id)
    return isThere ? amendment : { ...amendment, id: stored[i]?.id ?? amendment.id }
  })
  const change = known ? { ...parts, amend: known } : parts
  if (session === undefined) return change
  const { userId, ...patch } = session
  return { ...change, session: { ...patch, ...(userId !== undefined && { userId: userOf(model, userId) }) } }
}

function optionsOf(
  options: { [K in keyof CommitOptions]: CommitOptions[K] | undefined },
): CommitOptions | undefined {
  const some = given(options)
  return Object.keys(some).length > 0 ? some : undefined
}

type Value<T> = T extends fc.Arbitrary<infer V> ? V : never
type Target = Value<typeof target>
type Ahead = Exclude<Value<typeof stamp>, undefined>

/** A stamp on what is current, and the messages with a seq each. */
function stampOf(
  current: Pick<Session, 'version' | 'lastSeq' | 'updatedAt' | 'ttlMs'>,
  ahead: Ahead,
  messages: readonly NewMessage[],
  { now }: Model,
): { stamp: Stamp; messages: readonly NewMessage[] } {
  const version = Math.max(1, current.version + ahead.versions)
  // A gap of 0 repeats the current seq, which is refused.
  const seqOf = (i: number) => Math.max(1, current.lastSeq + ahead.gap) + i
  const lastSeq = (messages.length === 0 ? current.lastSeq : seqOf(messages.length - 1)) + ahead.above
  const expiresAt = current.ttlMs === null ? null : now + ahead.lifetimes * UNIT_MS
  return {
    stamp: { version, lastSeq, updatedAt: current.updatedAt + ahead.laterMs, expiresAt },
    messages: messages.map((message, i) => ({
      // A copy brings its own time, and the answer to a stamped write does not tell the store's.
      createdAt: now - UNIT_MS,
      ...message,
      seq: seqOf(i),
      ...(ahead.withVersion && { version: 1, amendedAt: now - UNIT_MS }),
    })),
  }
}

/** The store's clock, from whichever time in its answer was read from it. */
function clockOf(answer: Committed, { append = [], session: patch }: Change, before: Session | undefined) {
  if (answer.replayed || before === undefined) return undefined
  const timed = append.findIndex(({ createdAt }) => createdAt === undefined)
  if (timed >= 0) return answer.messages[timed]?.createdAt
  if (answer.updatedAt > before.updatedAt) return answer.updatedAt
  if (answer.expiresAt === null || answer.expiresAt === before.expiresAt) return undefined
  const ttlMs = patch?.ttlMs === undefined ? before.ttlMs : patch.ttlMs
  return ttlMs === null ? undefined : answer.expiresAt - ttlMs
}
