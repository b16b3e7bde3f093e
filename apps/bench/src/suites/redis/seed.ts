import type { Redis } from 'ioredis'
import { BODY_BYTES } from '../../inputs.ts'
import { besideSeed, DAY } from '../../server/seed.ts'
import type { Plan, Section } from '../../suite.ts'
import type { Rig } from './rig.ts'

/** The whole session as the value of one key. */
export async function seed(plan: Plan, rig: Rig): Promise<Section> {
  const [node] = rig.nodes as readonly [Redis]
  const client = node.duplicate()
  const key = (i: number) => rig.key(`seed:${i}`)
  try {
    return await besideSeed(plan, {
      title: 'Beside the seed’s way: the whole session one JSON value, GET, parse, append, SET',
      bytesAre: 'those of the client’s socket',
      goals: [
        { inFlight: 1, atLeast: 15 },
        { inFlight: 16, atLeast: 60 },
      ],
      read: async (i) => (await client.get(key(i))) ?? '',
      write: async (i, session) => void (await client.set(key(i), session, 'PX', DAY)),
      manager: rig.manager,
      field: (length) => rig.field('ours', length, BODY_BYTES),
      counted: rig.managerOn(client),
      traffic: async () => [client.stream.bytesWritten, client.stream.bytesRead],
    })
  } finally {
    client.disconnect()
  }
}
