export { type JsonWithBytes, markBytes, unmarkBytes } from './bytes.ts'
export type { Amendment, Change, Committed, Cut, SessionPatch } from './commit.ts'
export { type Duration, parseDuration } from './duration.ts'
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
} from './error.ts'
export { deriveSessionId, newMessageId, newSessionId, SHARDS, shardOf, shardOfSession } from './ids.ts'
export type { AmendmentInput, ChangeInput, MessageInput, SessionUpdate } from './input.ts'
export { DEFAULT_LIMITS, type InputLimits } from './limits.ts'
export type { ContextPage, ContextWindow, Loaded, MessageWindow, Want } from './load.ts'
export {
  type CleanupOptions,
  type ListOptions,
  type ManagerStats,
  type SessionInit,
  type SessionList,
  SessionManager,
  type SessionManagerOptions,
  type UserSessions,
} from './manager.ts'
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
} from './model.ts'
export type { Parts, Schemas, StandardSchema } from './schema.ts'
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
} from './session-calls.ts'
export type {
  CallOptions,
  CommitOptions,
  Conditions,
  CreateOptions,
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
} from './session-store.ts'
