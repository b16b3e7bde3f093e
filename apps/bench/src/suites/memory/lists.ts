import type { SessionManager } from '@sess/core'
import { ring, textMessage } from '../../inputs.ts'
import { type Contender, measure, oneByOne } from '../../measure.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import { newManager } from './sess.ts'

const CALLS = 100
const FEW = 100

/** What a user's lists cost when the user has many sessions. */
export async function lists({ short, large }: Plan): Promise<Section> {
  const many = Math.min(large, 10_000)
  const input = ring(textMessage)
  const ways: { readonly [way: string]: (user: User, i: number) => Promise<unknown> } = {
    'list, first 20': ({ manager }) => manager.listSessions('user', { limit: 20 }),
    'list, 20 after a cursor': ({ manager, cursor }) => manager.listSessions('user', { limit: 20, cursor }),
    count: ({ manager }) => manager.countUserSessions('user'),
    'append to the session whose turn it is': ({ manager, ids }) => manager.addMessage(nextOf(ids), input(0)),
    'create and delete': async ({ manager }) => {
      const { id } = await manager.createSession('user')
      await manager.deleteSession(id)
    },
  }
  const rows: Row[] = []
  for (const [way, call] of Object.entries(ways)) {
    const contender = async (sessions: number): Promise<Contender> => {
      const user = await userWith(sessions)
      return { name: `${sessions}`, run: () => oneByOne(CALLS, (i) => call(user, i)) }
    }
    const times = await measure([await contender(FEW), await contender(many)], short)
    rows.push({
      what: `${way}, ${whole(many)} sessions`,
      to: `${FEW} sessions`,
      ratio: times.ratio(`${many}`, `${FEW}`),
    })
  }
  return { title: 'A user’s sessions', rows }
}

interface User {
  readonly manager: SessionManager
  readonly ids: string[]
  /** In the middle of the list. */
  readonly cursor: string
}

async function userWith(sessions: number): Promise<User> {
  let now = Date.now()
  // Each session is updated at a time of its own.
  const manager = newManager({ now: () => now++ })
  const ids: string[] = []
  for (let i = 0; i < sessions; i++) ids.push((await manager.createSession('user')).id)
  let cursor: string | null = null
  for (let seen = 0; seen < sessions / 2; seen += 50)
    cursor = (await manager.listSessions('user', { limit: 50, ...(cursor !== null && { cursor }) }))
      .nextCursor
  return { manager, ids, cursor: cursor as string }
}

/** Round and round: always the one that was not updated for longest. */
function nextOf(ids: string[]): string {
  const id = ids.shift() as string
  ids.push(id)
  return id
}
