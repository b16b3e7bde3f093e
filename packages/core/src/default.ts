import { SessError } from './error.ts'
import { SessionManager, type SessionManagerOptions } from './manager.ts'

// The process-wide default manager. It hangs on globalThis, so that two copies of this package share one.
const KEY = Symbol.for('sess.default')
type Holder = { [KEY]?: SessionManager | undefined }
const holder = globalThis as Holder

/**
 * Makes the process-wide manager that the functions of this module use.
 * @throws `INVALID_ARGUMENT` where there is one already: `close()` it first
 */
export function initialize(options: SessionManagerOptions<Record<never, never>>): SessionManager {
  if (holder[KEY])
    throw new SessError(
      'INVALID_ARGUMENT',
      'initialize: there is a default manager already, close() it first',
    )
  holder[KEY] = new SessionManager(options)
  return holder[KEY]
}

/** The process-wide manager. @throws `INVALID_ARGUMENT` before `initialize` */
export function defaultManager(): SessionManager {
  const manager = holder[KEY]
  if (!manager)
    throw new SessError('INVALID_ARGUMENT', 'there is no default manager: call initialize({ store }) first')
  return manager
}

/** Closes the process-wide manager, if there is one. */
export async function close(): Promise<void> {
  const manager = holder[KEY]
  holder[KEY] = undefined
  await manager?.close()
}

type Method = {
  [K in keyof SessionManager]: SessionManager[K] extends (...args: never[]) => unknown ? K : never
}[keyof SessionManager]

function forward<K extends Method>(name: K): SessionManager[K] {
  const call = (...args: unknown[]) => {
    const manager = defaultManager()
    return (manager[name] as (...args: unknown[]) => unknown).apply(manager, args)
  }
  return call as SessionManager[K]
}

export const createSession = forward('createSession')
export const openSession = forward('openSession')
export const getSession = forward('getSession')
export const updateSession = forward('updateSession')
export const deleteSession = forward('deleteSession')
export const sessionExists = forward('sessionExists')
export const extendTTL = forward('extendTTL')
export const listSessions = forward('listSessions')
export const countUserSessions = forward('countUserSessions')
export const deleteUser = forward('deleteUser')
export const forUser = forward('forUser')
export const commit = forward('commit')
export const addMessage = forward('addMessage')
export const addMessages = forward('addMessages')
export const amendMessage = forward('amendMessage')
export const cutMessages = forward('cutMessages')
export const popMessages = forward('popMessages')
export const getMessages = forward('getMessages')
export const iterateMessages = forward('iterateMessages')
export const setContext = forward('setContext')
export const getContext = forward('getContext')
export const listContext = forward('listContext')
export const deleteContext = forward('deleteContext')
export const watchSession = forward('watchSession')
export const leaseSession = forward('leaseSession')
export const getStats = forward('getStats')
export const health = forward('health')
export const cleanup = forward('cleanup')
export const startCleanup = forward('startCleanup')
export const stopCleanup = forward('stopCleanup')
