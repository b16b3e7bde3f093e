import { SessionManager } from '@sess/core'
import { fill } from '../../fill.ts'
import { textMessage } from '../../inputs.ts'
import type { Measured } from '../../server/stores.ts'
import { type Plan, type Section, whole } from '../../suite.ts'
import { compared, type Operation, type Taken, timeEach } from './operation.ts'

const LONG = 1_000_000
const SHORT = 1_000

/** Every operation on a session of a million messages, beside one of a thousand. */
export async function longSession(plan: Plan, measured: Measured): Promise<Section> {
  const [short, long] = plan.calls < 1000 ? [200, 400] : [SHORT, LONG]
  const sessions = new SessionManager({ store: measured.store, maxMessages: null })
  const [small] = await timedAt(sessions, short)
  const [large, seconds] = await timedAt(sessions, long)
  await sessions.close()
  return compared(
    `A session of ${whole(long)} messages, ${measured.title}`,
    [`${whole(short)} messages`, small],
    [`${whole(long)} messages`, large],
    [`Filled by \`addMessages\`, 1,000 a call, in ${Math.round(seconds)} s; messages of 290 B.`],
  )
}

async function timedAt(sessions: SessionManager, length: number): Promise<readonly [Taken, number]> {
  const { id } = await sessions.createSession('user')
  const start = performance.now()
  await fill(sessions, id, length, textMessage)
  const seconds = (performance.now() - start) / 1000
  const [known] = await sessions.getMessages(id, { offset: length >> 1, limit: 1 })
  const middle = known?.id ?? ''
  const operations: readonly Operation[] = [
    { name: 'addMessage', calls: 200, call: (i) => sessions.addMessage(id, textMessage(i)) },
    { name: 'getSession', calls: 100, call: () => sessions.getSession(id) },
    { name: 'getMessages, last 50', calls: 100, call: () => sessions.getMessages(id, { last: 50 }) },
    {
      name: 'getMessages, 50 before the middle',
      calls: 100,
      call: () => sessions.getMessages(id, { beforeSeq: length >> 1, limit: 50 }),
    },
    {
      name: 'getMessages, 50 from an offset',
      calls: 20,
      call: () => sessions.getMessages(id, { offset: length >> 1, limit: 50 }),
    },
    { name: 'getMessages, by id', calls: 100, call: () => sessions.getMessages(id, { ids: [middle] }) },
    { name: 'amendMessage', calls: 50, call: (i) => sessions.amendMessage(id, middle, { content: `${i}` }) },
    { name: 'setContext', calls: 100, call: (i) => sessions.setContext(id, 'step', i) },
    { name: 'popMessages, 1', calls: 50, call: () => sessions.popMessages(id) },
    { name: 'cutMessages, oldest 50', calls: 3, call: () => sessions.cutMessages(id, { oldest: 50 }) },
    { name: 'deleteSession', calls: 1, call: () => sessions.deleteSession(id) },
  ]
  return [await timeEach(operations), seconds]
}
