import { besideSeed } from '../../server/seed.ts'
import { mysqlStatus } from '../../server/status.ts'
import type { Plan, Section } from '../../suite.ts'
import { send } from './bare.ts'
import type { Rig } from './rig.ts'

/** More than calls at once, so that none of ours waits for another either. */
const MOST_SESSIONS = 20

/** The whole session in one column of JSON. */
export async function seed(plan: Plan, rig: Rig): Promise<Section> {
  const { look, manager } = rig
  const sessions = Math.min(MOST_SESSIONS, plan.calls / 40)
  const table = rig.table('seed')
  await look
    .promise()
    .query(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, updated_at BIGINT NOT NULL, data JSON NOT NULL) CHARACTER SET utf8mb4`,
    )
  const [read, write] = [
    `SELECT data FROM ${table} WHERE id = ?`,
    `INSERT INTO ${table} VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE updated_at = VALUES(updated_at), data = VALUES(data)`,
  ]
  return besideSeed(plan, {
    title: 'Beside the seed’s way: the whole session one JSON column, SELECT, parse, append, write back',
    bytesAre: 'those that the server counts',
    goals: [
      { inFlight: 1, atLeast: 6 },
      { inFlight: 16, atLeast: 10 },
    ],
    read: async (i) => String((await send(look, read, [i]))[0]?.[0]),
    write: async (i, session) => void (await send(look, write, [i, Date.now(), session])),
    manager,
    field: (length) => rig.field('ours', length, sessions),
    counted: manager,
    traffic: await trafficOf(rig),
  })
}

/** Reads how many bytes came to the server and went from it, but for those of this reading. */
async function trafficOf({ look }: Rig): Promise<() => Promise<readonly [number, number]>> {
  const read = async () =>
    [await mysqlStatus(look, 'Bytes_received'), await mysqlStatus(look, 'Bytes_sent')] as const
  // Statements are prepared by their first call.
  await read()
  const [first, second] = [await read(), await read()]
  const [out, into] = [second[0] - first[0], second[1] - first[1]]
  let readings = 0
  return async () => {
    const [received, sent] = await read()
    const own = readings++
    return [received - own * out, sent - own * into]
  }
}
