import { must, mustBeMessages, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'
import { sample } from './sample.ts'

export async function checkRewind(stage: Stage): Promise<void> {
  const { calls, sessions } = await sample(stage, 'rewind')
  for (const { what, id, messages } of sessions) {
    const { lastSeq } = await calls.getSession(id)
    const kept = Math.floor(messages.length / 2)
    const removed = await calls.cutMessages(id, { afterSeq: kept }, { ifLastSeq: lastSeq })
    mustBeMessages(`${what}, what was cut`, removed, kept === 0 ? [] : messages.slice(kept))
    mustBeMessages(
      `${what}, after the cut`,
      await calls.getMessages(id, { last: 1000 }),
      messages.slice(0, kept),
    )
    await mustFail(`${what}, a writer who did not see the cut`, 'CONFLICT', () =>
      calls.addMessages(id, messages.slice(kept), { ifLastSeq: lastSeq }),
    )
    const { lastSeq: now } = await calls.getSession(id)
    must(now > lastSeq, `${what}: lastSeq went from ${lastSeq} to ${now} with the cut`)
    // The ids that were cut are free again.
    const again = await calls.addMessages(id, messages.slice(kept), { ifLastSeq: now })
    must(again[0]?.seq === now + 1, `${what}: seq ${again[0]?.seq} follows ${now}`)
    mustBeMessages(`${what}, popped`, await calls.popMessages(id), messages.slice(-1))
    await calls.addMessages(id, messages.slice(-1))
    mustBeMessages(`${what}, played again`, await calls.getMessages(id, { last: 1000 }), messages)
  }
}
