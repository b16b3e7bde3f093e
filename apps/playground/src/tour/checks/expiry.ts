import { must, mustBeMessages, mustFail } from '../agree.ts'
import type { Calls } from '../calls.ts'
import type { Stage } from '../stage.ts'
import type { Sent } from '../transcripts.ts'

const hello: Sent = { id: 'hello', role: 'user', content: 'Are you still there?', metadata: {} }

export async function checkExpiry({ as, way, shortMs, pass, manager }: Stage): Promise<void> {
  const calls = as('expiry')
  const open = () => calls.createSession({ ttl: shortMs, messages: [hello] })
  const [touched, extended, left, replaced] = [await open(), await open(), await open(), await open()]
  const forever = await calls.createSession({ ttl: 'never' })
  await pass(shortMs * 0.6)
  await calls.setContext(touched.id, 'turns', 1)
  await calls.extendTTL(extended.id, shortMs * 20)
  await pass(shortMs * 0.6)

  await mustBeGone('a session past its lifetime', calls, left.id)
  if (way.sliding) must(await calls.sessionExists(touched.id), 'a sliding session ended although it was used')
  else await mustBeGone('a session with a fixed lifetime, used in between,', calls, touched.id)
  await pass(shortMs * 1.2)
  await mustBeGone('a session long past its lifetime', calls, touched.id)
  mustBeMessages('a session extended in time', await calls.getMessages(extended.id), [hello])

  const alive = [forever.id, extended.id].sort()
  const { sessions } = await calls.listSessions()
  must(
    sessions
      .map(({ id }) => id)
      .sort()
      .join() === alive.join(),
    'the list shows others than the living',
  )
  const count = await calls.countUserSessions()
  must(count === alive.length, `${count} sessions are counted, where ${alive.length} live`)
  const anew = await calls.openSession(replaced.id)
  must(
    anew.messageCount === 0 && anew.lastSeq === 0,
    'a session opened over an expired one did not begin anew',
  )
  must(await calls.deleteSession(left.id), 'an expired session could not be deleted')
  const swept = await manager.cleanup()
  must(swept >= 1, 'the cleanup found no expired session')
  await mustFail('a session that was cleaned up', 'SESSION_NOT_FOUND', () => calls.getSession(touched.id))
}

async function mustBeGone(what: string, calls: Calls, id: string): Promise<void> {
  await mustFail(`${what} read`, 'SESSION_EXPIRED', () => calls.getSession(id, { messages: true }))
  await mustFail(`${what} written`, 'SESSION_EXPIRED', () => calls.addMessage(id, hello))
  await mustFail(`${what} extended`, 'SESSION_EXPIRED', () => calls.extendTTL(id, '1h'))
  must(!(await calls.sessionExists(id)), `${what} is said to exist`)
}
