import { mustBeContext, mustBeMessages } from '../agree.ts'
import type { Stage } from '../stage.ts'
import { sample } from './sample.ts'

export async function checkFork(stage: Stage): Promise<void> {
  const { calls, sessions } = await sample(stage, 'fork')
  for (const { what, id, messages } of sessions) {
    const { context, ...seen } = await calls.getSession(id, { messages: { last: 1000 }, context: true })
    const init = {
      messages: seen.messages.map(({ id, role, content, metadata }) => ({ id, role, content, metadata })),
    }
    const copy = await calls.createSession({ ...init, context, maxMessages: null })
    const more = { id: 'more', role: 'user', content: 'And in the copy?', metadata: { fork: true } }
    await calls.commit(copy.id, { append: [more], set: [['only', 'copy']] })
    await calls.popMessages(id)
    const turns = context.turns ?? null
    mustBeMessages(
      `${what}, copy`,
      await calls.getMessages(copy.id, { last: 1000 }),
      [...messages, more].slice(-1000),
    )
    mustBeMessages(`${what}, original`, await calls.getMessages(id, { last: 1000 }), messages.slice(0, -1))
    const contextOf = async (id: string) => (await calls.getSession(id, { context: true })).context
    mustBeContext(
      `${what}, copy`,
      await contextOf(copy.id),
      new Map([
        ['turns', turns],
        ['only', 'copy'],
      ]),
    )
    mustBeContext(`${what}, original`, await contextOf(id), new Map([['turns', turns]]))
  }
}
