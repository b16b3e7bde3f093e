export type { Amendment, Change, Committed, Cut, SessionPatch } from './contract/commit.ts'
export type { ConfigSchema, ConfigurableStore, OpenContext } from './contract/configurable-store.ts'
export {
  type ConflictState,
  InvalidSessionError,
  isSessError,
  SESS_ERROR_CODES,
  SessError,
  type SessErrorCode,
  type SessErrorOptions,
  SessionExpiredError,
  SessionNotFoundError,
  StoreUnavailableError,
} from './contract/error.ts'
export type { ContextPage, ContextWindow, Loaded, MessageWindow, Want } from './contract/load.ts'
export type {
  ContextEntry,
  Json,
  JsonObject,
  Message,
  Metadata,
  NewMessage,
  NewSession,
  Overflow,
  Session,
} from './contract/model.ts'
export type {
  CallOptions,
  CommitOptions,
  Conditions,
  CreateOptions,
  DeleteOptions,
  Health,
  Lease,
  LeaseRequest,
  Limits,
  ListQuery,
  LoadOptions,
  Page,
  Pulse,
  SessionStore,
  Stamp,
  StoreEvent,
  StoreInfo,
  StoreStats,
  WatchRequest,
} from './contract/session-store.ts'
export type { AmendmentInput, ChangeInput, MessageInput, SessionUpdate } from './manager/input.ts'
export {
  type CleanupOptions,
  type ListOptions,
  type ManagerStats,
  type SessionInit,
  type SessionList,
  SessionManager,
  type SessionManagerOptions,
  type UserSessions,
} from './manager/manager.ts'
export type { Parts, Schemas, StandardSchema } from './manager/schema.ts'
export type {
  CommitResult,
  ContextList,
  MessageOf,
  MessageQuery,
  SessionCalls,
  SessionLease,
  SessionOf,
  SessionWant,
  SessionWith,
} from './manager/session-calls.ts'
export { DEFAULT_LIMITS, type InputLimits } from './rules/limits.ts'
export { type JsonWithBytes, markBytes, unmarkBytes } from './values/bytes.ts'
export { type Duration, isDuration, parseDuration } from './values/duration.ts'
export { deriveSessionId, newMessageId, newSessionId, SHARDS, shardOf, shardOfSession } from './values/ids.ts'
