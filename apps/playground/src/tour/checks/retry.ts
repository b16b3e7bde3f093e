import { must, mustBeContext, mustBeMessages } from '../agree.ts'
import { seeded, withLostReplies } from '../lost-replies.ts'
import { eachOf, play } from '../play.ts'
import type { Stage } from '../stage.ts'

/** All conversations once more, over a connection that loses replies: each writer repeats until it is answered. */
export async function checkRetry({ store, over, as, conversations, rules }: Stage): Promise<void> {
  const lossy = withLostReplies(store, seeded(conversations.length))
  const lossyAs = over(lossy.store)
  const ends = await eachOf(conversations, 8, async (conversation) => {
    const { id, what, messages, context } = await play(lossyAs('retry'), 'retry', conversation, rules)
    const found = await as('retry').getSession(id, { messages: { last: 1000 }, context: true })
    mustBeMessages(`${what}, with lost replies`, found.messages, messages.slice(-1000))
    must(
      found.messageCount === messages.length,
      `${what}: counts ${found.messageCount} messages after lost replies`,
    )
    mustBeContext(`${what}, with lost replies`, found.context, context)
  })
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  must(lossy.count.applied > 0 && lossy.count.dropped > 0, 'no reply was lost, so nothing was shown')
}
