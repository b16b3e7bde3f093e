import type { Message } from '@sess/core'
import { must, mustBeMessages } from '../agree.ts'
import type { Stage } from '../stage.ts'

export async function checkMessages({ as, played, rules }: Stage): Promise<void> {
  for (const { userId, id, what, messages } of played) {
    const got: Message[] = []
    for await (const message of as(userId).iterateMessages(id, { pageSize: 7 })) got.push(message)
    mustBeMessages(what, got, messages)
    const { messageCount, lastSeq } = await as(userId).getSession(id)
    must(messageCount === got.length, `${what}: counts ${messageCount} messages and has ${got.length}`)
    must(lastSeq === (got.at(-1)?.seq ?? 0), `${what}: lastSeq is ${lastSeq}, its last message has another`)
    if (rules.cap === null)
      must(lastSeq === got.length, `${what}: nothing was ever removed, and yet lastSeq is ${lastSeq}`)
  }
}
