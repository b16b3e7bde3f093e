import { must, mustBeMessages, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'
import { sample } from './sample.ts'

export async function checkAmend(stage: Stage): Promise<void> {
  const { calls, sessions } = await sample(stage, 'amend')
  for (const { what, id, messages } of sessions) {
    const at = Math.floor(messages.length / 2)
    const old = messages[at]
    must(old !== undefined, `${what} is empty`)
    const content = { redacted: true, because: 'asked for' }
    const amended = await calls.amendMessage(id, old.id, { content })
    must(amended.seq === at + 1, `${what}: the amended message moved to seq ${amended.seq}`)
    must(amended.amendedAt !== undefined, `${what}: the amended message does not say so`)
    mustBeMessages(what, await calls.getMessages(id, { last: 1000 }), messages.with(at, { ...old, content }))
    await mustFail(`${what}, an unknown message amended`, 'MESSAGE_NOT_FOUND', () =>
      calls.amendMessage(id, 'nobody', { content }),
    )
  }
}
