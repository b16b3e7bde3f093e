import type {
  Change,
  CommitOptions,
  CreateOptions,
  ListQuery,
  LoadOptions,
  NewMessage,
  SessionStore,
  Want,
} from '@sess/core'
import { TestedStore } from '../tested-store.ts'
import { type Defect, member, rule } from './defect.ts'

type Names = 'session id' | 'user id' | 'message id' | 'role' | 'context key' | 'metadata key'

/** A store that makes another name of each that it is given. */
function naming(
  name: string,
  caughtBy: string | string[],
  of: Names,
  change: (name: string) => string,
): Defect {
  const only = (what: Names) => (text: string) => (what === of ? change(text) : text)
  const message = (one: NewMessage) => ({
    ...one,
    id: only('message id')(one.id),
    role: only('role')(one.role),
  })
  const record = (given: object) =>
    Object.fromEntries(Object.entries(given).map(([key, value]) => [only('metadata key')(key), value]))
  return member(name, caughtBy, (store) => ({
    create: ({ userId, ...session }, options) =>
      store.create(
        {
          ...session,
          id: only('session id')(session.id),
          userId: userId === null ? null : only('user id')(userId),
          metadata: record(session.metadata),
          context: session.context.map(([key, value]) => [only('context key')(key), value]),
          messages: session.messages.map(message),
        },
        options,
      ),
    load: (id, want, options) => store.load(only('session id')(id), want, options),
    commit(id, { append, set, unset, ...change }, options) {
      const given: Change = {
        ...change,
        ...(append && { append: append.map(message) }),
        ...(set && { set: set.map(([key, value]) => [only('context key')(key), value]) }),
        ...(unset && {
          unset: 'prefix' in unset || !Array.isArray(unset) ? unset : unset.map(only('context key')),
        }),
        ...(change.session?.metadata && {
          session: { ...change.session, metadata: record(change.session.metadata) },
        }),
      }
      return store.commit(only('session id')(id), given, options)
    },
    delete: (id, options) => store.delete(only('session id')(id), options),
    list: (query, options) =>
      store.list(
        query.userId !== undefined ? { ...query, userId: only('user id')(query.userId) } : query,
        options,
      ),
    count: (userId, options) => store.count(only('user id')(userId), options),
  }))
}

/** Names that are refused, made to fit. */
const fitting = (bytes: number) => (name: string) => {
  let fit = name.toWellFormed() || 'empty'
  while (new TextEncoder().encode(fit).length > bytes) fit = fit.slice(0, -1).toWellFormed()
  return fit
}

type Given = { readonly [member: string]: unknown }

/** Takes away what a store would not know. */
function known<T extends object | undefined>(given: T, ...members: string[]): T {
  if (given === undefined || given === null || Array.isArray(given)) return given
  return Object.fromEntries(Object.entries(given as Given).filter(([key]) => members.includes(key))) as T
}

/** A store that ignores members that it does not know. */
function ignoring(
  what: string,
  caughtBy: string,
  replace: (store: TestedStore) => Partial<SessionStore>,
): Defect {
  return member(`ignores an unknown ${what}`, caughtBy, replace)
}

const PARTS = ['cut', 'amend', 'append', 'unset', 'set', 'session']
const MESSAGE = ['id', 'role', 'content', 'metadata', 'createdAt', 'digest', 'seq', 'version', 'amendedAt']
const FIELDS = ['metadata', 'userId', 'isActive', 'maxMessages', 'overflow', 'ttlMs', 'sliding']
const STAMP = ['version', 'lastSeq', 'updatedAt', 'expiresAt', 'createdAt']

function within<O extends CommitOptions | CreateOptions>(
  options: O | undefined,
  member: keyof CommitOptions,
  ...members: string[]
): O | undefined {
  const inner = (options as CommitOptions | undefined)?.[member]
  return inner === undefined ? options : ({ ...options, [member]: known(inner as object, ...members) } as O)
}

/** A store that ignores what it does not know in one part of a change. */
function ignoringIn(what: string, caughtBy: string, change: (given: Change) => Change): Defect {
  return ignoring(what, caughtBy, (store) => ({
    commit: (id, given, options) => store.commit(id, change(given), options),
  }))
}

/** Broken: names, refusals, creation, unknown. */
export const naming_: readonly Defect[] = [
  naming('folds the case of session ids', ['names/sessions', 'isolated/sessions'], 'session id', (id) =>
    id.toLowerCase(),
  ),
  naming('trims user ids', ['names/users', 'isolated/users'], 'user id', (id) => id.trim() || id),
  naming('normalises user ids', 'names/users', 'user id', (id) => id.normalize()),
  naming('folds the case of message ids', 'names/messages', 'message id', (id) => id.toLowerCase()),
  naming('keeps 16 bytes of a role', 'names/messages', 'role', (role) => role.slice(0, 16)),
  naming('trims context keys', 'names/context-keys', 'context key', (key) => key.trim() || key),
  naming('folds the case of metadata keys', 'names/metadata-keys', 'metadata key', (key) =>
    key.toLowerCase(),
  ),
  naming('makes any session id fit', 'refusals/ids', 'session id', fitting(200)),
  naming('makes any message id fit', 'refusals/ids', 'message id', fitting(200)),
  naming('makes any user id fit', 'refusals/ids', 'user id', fitting(255)),
  naming('makes any role fit', ['refusals/keys', 'errors/malformed-first'], 'role', fitting(64)),
  naming('makes any context key fit', 'refusals/keys', 'context key', fitting(255)),
  rule(
    'reads data of a newer schema',
    'names/newer-schema',
    class extends TestedStore {
      override async load(...args: Parameters<TestedStore['load']>) {
        this.data.isNewer = false
        return super.load(...args)
      }
    },
  ),
  member('answers a create with its own defaults', 'creation/answer', (store) => ({
    create: async (...args) => ({
      ...(await store.create(...args)),
      overflow: 'reject' as const,
      isActive: true,
    }),
  })),
  member('keeps only ids that it made itself', 'creation/any-id', (store) => ({
    async create(session, options) {
      const made = await store.create(session, options)
      return /^(sess_.{25}|\D{3,}.*)$/.test(session.id) ? made : { ...made, id: 'sess_000' }
    },
  })),
  member('takes nobody for a user', ['creation/nobody', 'owners/nobody'], (store) => ({
    create: (session, options) => store.create({ ...session, userId: session.userId ?? 'null' }, options),
  })),
  member(
    'keeps the fields of a deleted session for the next one',
    'creation/again',
    (store, { sessions }) => {
      const gone = new Map<string, boolean>()
      return {
        delete(id, options) {
          gone.set(id, sessions.get(id)?.session.isActive ?? true)
          return store.delete(id, options)
        },
        create: (session, options) =>
          store.create({ ...session, isActive: gone.get(session.id) ?? session.isActive }, options),
      }
    },
  ),
  member('makes any cap and lifetime fit', 'creation/refused-fields', (store) => ({
    create: (session, options) =>
      store.create(
        {
          ...session,
          maxMessages: session.maxMessages && Math.max(1, Math.trunc(session.maxMessages)),
          ttlMs: session.ttlMs && Math.max(1, session.ttlMs),
        },
        options,
      ),
  })),

  ignoringIn('part of a commit', 'unknown/commit-part', (given) => known(given, ...PARTS)),
  ignoringIn('form of cut', 'unknown/cut', ({ cut, ...given }) =>
    cut && 'middle' in cut ? given : { ...given, ...(cut && { cut }) },
  ),
  ignoringIn('form of unset', 'unknown/unset', ({ unset, ...given }) =>
    unset && 'suffix' in unset ? given : { ...given, ...(unset && { unset }) },
  ),
  ignoringIn('field of a message', 'unknown/message-field', ({ append, ...given }) => ({
    ...given,
    ...(append && { append: append.map((one) => known(one, ...MESSAGE)) }),
  })),
  ignoringIn('field of an amendment', 'unknown/amendment', ({ amend, ...given }) => ({
    ...given,
    ...(amend && { amend: amend.map((one) => known(one, 'id', 'content', 'metadata', 'digest')) }),
  })),
  ignoringIn('field of a session', 'unknown/session-field', ({ session, ...given }) => ({
    ...given,
    ...(session && { session: known(session, ...FIELDS) }),
  })),
  ignoring('condition', 'unknown/condition', (store) => ({
    commit: (id, given, options) =>
      store.commit(id, given, within(options, 'if', 'version', 'lastSeq', 'userId', 'absent')),
  })),
  ignoring('option of a commit', 'unknown/commit-option', (store) => ({
    commit: (id, given, options) =>
      store.commit(id, given, known(options, 'if', 'limits', 'stamp', 'signal')),
  })),
  ignoring('limit', 'unknown/limit', (store) => ({
    commit: (id, given, options) =>
      store.commit(id, given, within(options, 'limits', 'contextBytes', 'metadataBytes')),
  })),
  ignoring('member of a stamp', 'unknown/stamp', (store) => ({
    create: (session, options) => store.create(session, within(options, 'stamp', ...STAMP)),
  })),
  ignoring('field or option of a create', 'unknown/create', (store) => ({
    create: (session, options) =>
      store.create(
        known(session, 'id', 'context', 'messages', ...FIELDS),
        known(options, 'limits', 'stamp', 'signal'),
      ),
  })),
  ignoring('part of a load', 'unknown/want', (store) => ({
    load: (id, want, options) => store.load(id, known(want as Want, 'messages', 'context'), options),
  })),
  ignoring('option of a load', 'unknown/load-option', (store) => ({
    load: (id, want, options) => store.load(id, want, known(options as LoadOptions, 'if', 'signal')),
  })),
  ignoring('part of a list', 'unknown/query', (store) => ({
    list: (query, options) =>
      store.list(
        known(query, 'userId', 'all', 'limit', 'cursor', 'offset', 'includeExpired') as ListQuery,
        options,
      ),
  })),
  ignoring('option of a count', 'unknown/call', (store) => ({
    count: (userId, options) => store.count(userId, known(options, 'signal')),
  })),
]
