import type { SessionManager, UserSessions } from '@sess/core'
import type { Way } from './ways.ts'

/** The calls of one user, through whatever the way says. */
export type Calls = Omit<UserSessions, 'userId'>
/** A manager, the process-wide one too. */
export type Manager = Pick<SessionManager, 'forUser' | 'getStats' | 'cleanup' | 'close'>

const OF_A_USER = ['createSession', 'openSession', 'listSessions', 'countUserSessions', 'deleteUser']

/** A user's calls on a manager, as the way wants them made. */
export function callsOf(manager: Manager, userId: string, way: Way): Calls {
  if (way.through === 'forUser') return manager.forUser(userId)
  // A manager's calls take the user first where a user's own calls do not; all others are the same.
  return new Proxy(manager, {
    get(target, name) {
      const call = Reflect.get(target, name) as (...args: unknown[]) => unknown
      if (typeof call !== 'function') return call
      return OF_A_USER.includes(name as string) ? call.bind(target, userId) : call.bind(target)
    },
  }) as unknown as Calls
}
