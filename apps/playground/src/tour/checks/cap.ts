import { must, mustBeMessages, mustEqual, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'
import type { Sent } from '../transcripts.ts'

const CAP = 6

/** The conversations were played under the way's own cap; here each edge of one, in a session that brings its own. */
export async function checkCap({ as, rules }: Stage): Promise<void> {
  const calls = as('cap')
  const { id } = await calls.createSession({ maxMessages: CAP, messages: numbered(1, CAP) })
  await mustFail('a batch larger than the cap', 'MESSAGE_LIMIT', () =>
    calls.addMessages(id, numbered(10, CAP + 1)),
  )
  if (rules.overflow === 'reject') {
    const before = await calls.getSession(id)
    const change = { append: numbered(7, 1), set: [['turns', 9] as const] }
    await mustFail('one message above the cap', 'MESSAGE_LIMIT', () => calls.commit(id, change))
    mustEqual('the session after a refusal', await calls.getSession(id), before)
    must(
      (await calls.getContext(id, 'turns')) === undefined,
      'a refused commit wrote the context all the same',
    )
    mustBeMessages('after a refusal', await calls.getMessages(id), numbered(1, CAP))
    await calls.updateSession(id, { maxMessages: CAP + 1 })
    await calls.addMessages(id, numbered(7, 1))
    mustBeMessages('with a higher cap', await calls.getMessages(id), numbered(1, CAP + 1))
  } else {
    const { removedCount, messageCount } = await calls.commit(id, { append: numbered(7, 2) })
    must(removedCount === 2 && messageCount === CAP, `dropped ${removedCount} and kept ${messageCount}`)
    mustBeMessages('after the drop', await calls.getMessages(id), numbered(3, CAP))
    // A dropped message's id is free again, and the message comes last.
    await calls.addMessages(id, numbered(1, 1))
    mustBeMessages('after a return', await calls.getMessages(id), [
      ...numbered(4, CAP - 1),
      ...numbered(1, 1),
    ])
  }
}

function numbered(from: number, count: number): readonly Sent[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i
    return { id: `n${number}`, role: 'user', content: `number ${number}`, metadata: { b: number, a: [] } }
  })
}
