import { SessionManager } from '@sess/core'
import { textMessage } from '../../inputs.ts'
import { atOnce } from '../../measure.ts'
import type { Measured } from '../../server/stores.ts'
import { type Plan, type Section, whole } from '../../suite.ts'
import { compared, type Operation, type Taken, timeEach } from './operation.ts'

const MANY = 1_000_000
const FEW = 10_000
/** Sessions of one user, of which there are as many as it takes. */
const OF_A_USER = 100

/** Every operation among a million sessions, beside the same among ten thousand. */
export async function manySessions(plan: Plan, measured: Measured): Promise<Section> {
  const isQuick = plan.calls < 1000
  const [few, many] = isQuick ? [200, 400] : [FEW, MANY]
  const sessions = new SessionManager({ store: measured.store, defaultTtl: 'never' })
  const ids: string[] = []
  const small = await grown(sessions, ids, few)
  const start = performance.now()
  const before = await bytes(measured)
  const large = await grown(sessions, ids, many)
  const seconds = (performance.now() - start) / 1000
  const each = Math.round(((await bytes(measured)) - before) / (many - few))
  await sessions.close()
  return compared(
    `${whole(many)} sessions, ${measured.title}`,
    [`${whole(few)} sessions`, small],
    [`${whole(many)} sessions`, large],
    [
      `Made in ${Math.round(seconds)} s, 64 at once; ${whole(each)} B each, without messages. \`getStats\` looks at everything.`,
    ],
  )
}

async function grown(sessions: SessionManager, ids: string[], count: number): Promise<Taken> {
  const from = ids.length
  await atOnce(count - from, 64, async (i) => {
    ids.push((await sessions.createSession(userOf(from + i))).id)
  })
  const some = (i: number) => ids[(i * 7919) % ids.length] as string
  const operations: readonly Operation[] = [
    { name: 'createSession', calls: 200, call: () => sessions.createSession('newcomer') },
    { name: 'getSession', calls: 200, call: (i) => sessions.getSession(some(i)) },
    { name: 'addMessage', calls: 200, call: (i) => sessions.addMessage(some(i), textMessage(i)) },
    { name: 'getMessages, last 50', calls: 200, call: (i) => sessions.getMessages(some(i), { last: 50 }) },
    { name: 'setContext', calls: 200, call: (i) => sessions.setContext(some(i), 'step', i) },
    { name: 'getContext', calls: 200, call: (i) => sessions.getContext(some(i), 'step') },
    { name: 'extendTTL', calls: 200, call: (i) => sessions.extendTTL(some(i), 'never') },
    {
      name: 'listSessions, 20 of 100',
      calls: 100,
      call: (i) => sessions.listSessions(userOf(i * OF_A_USER), { limit: 20 }),
    },
    { name: 'countUserSessions', calls: 100, call: (i) => sessions.countUserSessions(userOf(i * OF_A_USER)) },
    { name: 'cleanup of nothing', calls: 20, call: () => sessions.cleanup() },
    { name: 'getStats', calls: 3, call: () => sessions.getStats() },
    { name: 'deleteSession', calls: 100, call: () => sessions.deleteSession(ids.pop() as string) },
  ]
  return timeEach(operations)
}

function userOf(i: number): string {
  return `user ${Math.floor(i / OF_A_USER)}`
}

/** Of the server, or of this process where there is none. */
async function bytes(measured: Measured): Promise<number> {
  const told = (await measured.look()).bytes
  if (told !== undefined) return told
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
