import { SessError } from './contract/error.ts'
import { SessionManager, type SessionManagerOptions } from './manager/manager.ts'

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

type Call = (...args: unknown[]) => unknown
type Method = {
  [K in keyof SessionManager]: SessionManager[K] extends (...args: never[]) => unknown ? K : never
}[keyof SessionManager]

/** The manager's method, of whichever manager there is when it is called. */
function forward<K extends Method>(name: K): SessionManager[K] {
  const call: Call = (...args) => {
    const manager = defaultManager()
    return (manager[name] as Call).apply(manager, args)
  }
  return call as SessionManager[K]
}

/** As {@link forward}, for a method that answers a promise: it rejects where the other throws. */
function waiting<K extends Method>(name: K): SessionManager[K] {
  const call: Call = async (...args) => (forward(name) as Call)(...args)
  return call as SessionManager[K]
}

export const createSession = waiting('createSession')
export const openSession = waiting('openSession')
export const getSession = waiting('getSession')
export const updateSession = waiting('updateSession')
export const deleteSession = waiting('deleteSession')
export const sessionExists = waiting('sessionExists')
export const extendTTL = waiting('extendTTL')
export const listSessions = waiting('listSessions')
export const listAllSessions = waiting('listAllSessions')
export const countUserSessions = waiting('countUserSessions')
export const deleteUser = waiting('deleteUser')
export const forUser = forward('forUser')
export const commit = waiting('commit')
export const addMessage = waiting('addMessage')
export const addMessages = waiting('addMessages')
export const amendMessage = waiting('amendMessage')
export const cutMessages = waiting('cutMessages')
export const popMessages = waiting('popMessages')
export const getMessages = waiting('getMessages')
export const iterateMessages = forward('iterateMessages')
export const setContext = waiting('setContext')
export const getContext = waiting('getContext')
export const listContext = waiting('listContext')
export const deleteContext = waiting('deleteContext')
export const watchSession = forward('watchSession')
export const leaseSession = waiting('leaseSession')
export const getStats = waiting('getStats')
export const health = waiting('health')
export const cleanup = waiting('cleanup')
export const startCleanup = forward('startCleanup')
export const stopCleanup = forward('stopCleanup')
