export {
  addMessage,
  addMessages,
  amendMessage,
  cleanup,
  close,
  commit,
  countUserSessions,
  createSession,
  cutMessages,
  defaultManager,
  deleteContext,
  deleteSession,
  deleteUser,
  extendTTL,
  forUser,
  getContext,
  getMessages,
  getSession,
  getStats,
  health,
  iterateMessages,
  leaseSession,
  listAllSessions,
  listContext,
  listSessions,
  openSession,
  popMessages,
  sessionExists,
  setContext,
  startCleanup,
  stopCleanup,
  updateSession,
  watchSession,
} from '@sess/core/default'
export {
  type Config,
  defaultConfig,
  type LoadOptions,
  loadConfig,
  loadFromEnv,
  type Overrides,
  type SeatSections,
  type StoreSection,
} from './config.ts'
export type { Environment } from './environment.ts'
export { jsonSchema } from './json-schema.ts'
export {
  initialize,
  loadManager,
  type ManagerOptions,
  type Source,
} from './manager.ts'
export type { ConfigProblem } from './problem.ts'
export type { Explained } from './resolve.ts'
export { saveConfig } from './save.ts'
export type { CleanupConfig, CleanupInput, SessionConfig, SessionInput } from './sections.ts'
export type { ConfigurableSeat, ConfigurableWrapper, Seated } from './wrapper.ts'
