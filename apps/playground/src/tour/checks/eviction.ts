import { must, mustBeMessages, mustFail } from '../agree.ts'
import type { Stage } from '../stage.ts'
import type { Sent } from '../transcripts.ts'

/** Of three sessions, made in this order, which one is given up after the uses below. */
const VICTIMS = { oldest: 'first', lru: 'second', lfu: 'third' }
const NAMES = ['first', 'second', 'third']
const USES = ['second', 'second', 'second', 'first', 'first', 'third']

export async function checkEviction({ kind, over }: Stage): Promise<void> {
  if (kind.evicts === undefined) return
  const { policy, open } = kind.evicts
  const store = open(NAMES.length)
  const calls = over(store)('eviction')
  const message = (name: string): Sent => ({ id: name, role: 'user', content: `I am ${name}`, metadata: {} })
  for (const name of NAMES) await calls.openSession(name, { messages: [message(name)] })
  for (const name of USES) await calls.getSession(name)
  await calls.openSession('fourth', { messages: [message('fourth')] })

  const victim = VICTIMS[policy]
  const living = [...NAMES, 'fourth'].filter((name) => name !== victim)
  await mustFail(`the ${victim} of three under '${policy}'`, 'SESSION_NOT_FOUND', () =>
    calls.getSession(victim),
  )
  for (const name of living) mustBeMessages(`the ${name}`, await calls.getMessages(name), [message(name)])
  const count = await calls.countUserSessions()
  must(count === living.length, `${count} sessions are counted after an eviction from ${NAMES.length}`)
  await store.close()
}
