import { must, mustEqual, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'

/** Runs last: deletes every session that was played, one user's at once and the others' one by one. */
export async function checkDelete({ as, manager, played, store }: Stage): Promise<void> {
  const [wholeUser] = played.map(({ userId }) => userId)
  await manager.cleanup()
  const before = await totals(manager)
  for (const { userId, id, what } of played) {
    if (userId === wholeUser) continue
    must(await as(userId).deleteSession(id), `${what} could not be deleted`)
    must(!(await as(userId).deleteSession(id)), `${what} could be deleted twice`)
  }
  const ofUser = played.filter(({ userId }) => userId === wholeUser).length
  const deleted = wholeUser === undefined ? 0 : await as(wholeUser).deleteUser()
  must(deleted === ofUser, `deleteUser deleted ${deleted} of ${ofUser} sessions`)

  for (const { userId, id, what } of played) {
    const calls = as(userId)
    await mustFail(`${what}, deleted`, 'SESSION_NOT_FOUND', () => calls.getSession(id))
    must((await calls.countUserSessions()) === 0, `'${userId}' still has sessions by count`)
    must((await calls.listSessions()).sessions.length === 0, `'${userId}' still has sessions by list`)
    const anew = await calls.getSession((await calls.createSession({ id })).id, {
      messages: true,
      context: true,
    })
    must(anew.lastSeq === 0 && anew.messages.length === 0, `${what}: messages came back under the same id`)
    mustEqual(`${what}, context under the same id`, anew.context, {})
    await store.delete(id)
  }
  const after = await totals(manager)
  const messages = played.reduce((sum, { messages }) => sum + messages.length, 0)
  mustEqual('sessions left', after.sessions, before.sessions - played.length)
  mustEqual('messages left', after.messages, before.messages - messages)
}

async function totals(manager: Stage['manager']) {
  const { totalSessions, averageMessages } = await manager.getStats()
  return { sessions: totalSessions, messages: Math.round(totalSessions * averageMessages) }
}
