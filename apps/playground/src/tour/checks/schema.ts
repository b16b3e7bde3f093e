import { must, mustEqual, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'

export async function checkSchema({ as }: Stage): Promise<void> {
  const calls = as('schema')
  const { id } = await calls.createSession({ context: { turns: '3' } })
  must(
    (await calls.getContext(id, 'turns')) === 3,
    'what the schema made was not what was stored at creation',
  )
  const before = await calls.getSession(id)
  const bad = { role: 'user', content: 42 }
  await mustFail('content that the schema refuses', 'INVALID_ARGUMENT', () => calls.addMessage(id, bad))
  const mixed = { append: [{ role: 'user', content: 'fine' }, bad], set: [['turns', 4] as const] }
  await mustFail('a batch with one such message', 'INVALID_ARGUMENT', () => calls.commit(id, mixed))
  await mustFail('context that the schema refuses', 'INVALID_ARGUMENT', () =>
    calls.setContext(id, 'turns', 'many'),
  )
  mustEqual('the session after refusals', await calls.getSession(id), before)
  await calls.setContext(id, 'turns', '12')
  must((await calls.getContext(id, 'turns')) === 12, 'what the schema made was not what was stored')
}
