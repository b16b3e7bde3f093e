import { BODY_BYTES, textMessage } from '../../inputs.ts'
import { heapOf, spread } from '../../measure.ts'
import { type Plan, type Row, type Section, whole } from '../../suite.ts'
import { Floor } from './floor.ts'
import { newManager } from './sess.ts'

const REPEATS = 3

/** How many bytes of heap a message and an empty session hold. */
export async function heap({ large }: Plan): Promise<Section> {
  const rows: Row[] = []
  const notes: string[] = []
  const compare = async (what: string, count: number, ours: Fill, floors: Fill) => {
    const pairs: (readonly [number, number])[] = []
    for (let repeat = 0; repeat < REPEATS; repeat++)
      pairs.push([await heapOf(() => ours(count)), await heapOf(() => floors(count))])
    rows.push({ what, to: 'floor', ratio: spread(pairs.map(([our, floor]) => floor / our)) })
    const each = (side: 0 | 1) => whole(Math.round(spread(pairs.map((pair) => pair[side])).median / count))
    notes.push(`${what}: ${each(0)} B, floor ${each(1)} B.`)
  }
  await compare(
    `a message of ${BODY_BYTES} B, of ${whole(large)} in a session`,
    large,
    messages,
    floorMessages,
  )
  await compare(
    `an empty session, of ${whole(large / 10)} with a user each`,
    large / 10,
    sessions,
    floorSessions,
  )
  return { title: 'Heap (1.00: as small, 0.50: twice as large)', rows, notes }
}

type Fill = (count: number) => Promise<unknown>

const messages: Fill = async (count) => {
  const manager = newManager()
  const { id } = await manager.createSession('user')
  for (let i = 0; i < count; i++) await manager.addMessage(id, textMessage(i))
  return manager
}

const floorMessages: Fill = async (count) => {
  const floor = new Floor()
  floor.create('session')
  for (let i = 0; i < count; i++) await floor.addMessage('session', textMessage(i))
  return floor
}

const sessions: Fill = async (count) => {
  const manager = newManager()
  for (let i = 0; i < count; i++) await manager.createSession(`user ${i}`)
  return manager
}

const floorSessions: Fill = async (count) => {
  const floor = new Floor()
  for (let i = 0; i < count; i++) floor.create(`sess_${i}_of_user_${i}`)
  return floor
}
