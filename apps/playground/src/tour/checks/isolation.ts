import { must, mustBeMessages, mustEqual, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'

const STRANGER = 'ANA'

/** Each call of another user's view on a session that is not theirs. */
export async function checkIsolation({ as, manager, played }: Stage): Promise<void> {
  const other = manager.forUser(STRANGER)
  await other.createSession()
  for (const { userId, id, what, messages } of played.slice(0, 5)) {
    const owner = as(userId)
    const before = await owner.getSession(id, { context: true })
    const attempts: { readonly [name: string]: () => Promise<unknown> } = {
      getSession: () => other.getSession(id, { messages: true, context: true }),
      getMessages: () => other.getMessages(id),
      getContext: () => other.getContext(id, 'turns'),
      addMessage: () => other.addMessage(id, { role: 'user', content: 'let me in' }),
      // Also a repetition of what is there tells a stranger nothing.
      repeat: () => other.addMessages(id, messages.slice(-1)),
      amendMessage: () => other.amendMessage(id, messages[0]?.id ?? 'm1', { content: 'mine' }),
      cutMessages: () => other.cutMessages(id, { afterSeq: 0 }),
      setContext: () => other.setContext(id, 'turns', 0),
      updateSession: () => other.updateSession(id, { userId: STRANGER }),
      extendTTL: () => other.extendTTL(id, 'never'),
      openSession: () => other.openSession(id),
    }
    for (const [name, attempt] of Object.entries(attempts))
      await mustFail(`${what}, ${name} by another user`, 'SESSION_NOT_FOUND', attempt)
    must(!(await other.sessionExists(id)), `${what} exists for another user`)
    must(!(await other.deleteSession(id)), `${what} could be deleted by another user`)
    mustEqual(`${what}, after another user's attempts`, await owner.getSession(id, { context: true }), before)
    mustBeMessages(what, await owner.getMessages(id, { last: 1000 }), messages.slice(-1000))
  }
  const { sessions } = await other.listSessions()
  must(sessions.length === 1 && sessions[0]?.userId === STRANGER, "a user's list shows others' sessions")
  must((await other.countUserSessions()) === 1, "a user's count counts others' sessions")
}
