import type { MessageQuery } from '@sess/core'
import { mustBeMessages } from '../agree.ts'
import type { Calls } from '../calls.ts'
import type { Played } from '../play.ts'
import type { Stage } from '../stage.ts'
import type { Sent } from '../transcripts.ts'

const SIZE = 5

export async function checkWindows({ as, played }: Stage): Promise<void> {
  for (const conversation of played) await checkOne(as(conversation.userId), conversation)
}

async function checkOne(calls: Calls, { id, what, messages }: Played): Promise<void> {
  // Where the first one stands: further up when a cap dropped some before it.
  const before = ((await calls.getMessages(id, { limit: 1 }))[0]?.seq ?? 1) - 1
  const windows: [MessageQuery, readonly Sent[]][] = [[{ last: SIZE }, messages.slice(-SIZE)]]
  for (let at = 0; at <= messages.length; at += SIZE) {
    const [behind, ahead] = [messages.slice(at, at + SIZE), messages.slice(Math.max(0, at - SIZE), at)]
    windows.push(
      [{ offset: at, limit: SIZE }, behind],
      [{ afterSeq: before + at, limit: SIZE }, behind],
      [{ beforeSeq: before + at + 1, limit: SIZE }, ahead],
      [{ ids: behind.map(({ id }) => id) }, behind],
    )
  }
  for (const [query, wanted] of windows)
    mustBeMessages(`${what}, ${JSON.stringify(query)}`, await calls.getMessages(id, query), wanted)
}
