import { inputs } from '../../inputs.ts'
import { atOnce, type Contender } from '../../measure.ts'
import type { Way } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import { change, commit, connect } from './bare.ts'
import { ByHand, type Remembered, rememberAll, type Texts, textsOf } from './by-hand.ts'
import type { Transaction } from './recorder.ts'
import type { Rig } from './rig.ts'

/** The store's own statements, sent by hand through bare mysql2. */
export function byHand(name: string, lanes: number, field: Field, way: Way, rig: Rig): Contender {
  const input = inputs(way.bytes)
  let [texts, sessions]: [Texts | undefined, readonly Remembered[]] = [undefined, []]
  return {
    name,
    prepare: async () => {
      await field.cut()
      texts ??= await textsOf(rig, field.ids, input(0))
      sessions = await rememberAll(rig, field.ids)
    },
    run: async () => {
      const connections = await Promise.all(Array.from({ length: lanes }, () => connect(rig.bare)))
      const hand = new ByHand(texts as Texts, connections)
      await atOnce(way.calls, way.inFlight, (i) =>
        hand.append(sessions[i % sessions.length] as Remembered, input(i)),
      )
      for (const connection of connections) connection.release()
    },
  }
}

/** What an application would write: counter, insert, commit, all prepared, each append on a connection of its own. */
export function plain(name: string, field: Field, way: Way, rig: Rig): Contender {
  const [sessions, counter] = [rig.table('sessions'), 'last_seq = LAST_INSERT_ID(last_seq + 1)']
  const count = `UPDATE ${sessions} SET ${counter}, message_count = message_count + 1, version = version + 1,
    updated_at = ? WHERE incarnation = ? AND (expires_at IS NULL OR expires_at > ?)`
  let inserts: readonly Transaction[number][] = []
  return {
    name,
    prepare: async () => {
      inserts = (await appends(field, way, rig)).map((statements) => statements.at(-1) as Transaction[number])
    },
    run: () =>
      atOnce(way.calls, way.inFlight, async (i) => {
        const { sql, values } = inserts[i] as Transaction[number]
        const [incarnation, , ...rest] = values
        const connection = await connect(rig.bare)
        const now = Date.now()
        const { insertId } = await change(connection, count, [now, incarnation, now])
        await change(connection, sql, [incarnation, insertId, ...rest])
        await commit(connection)
        connection.release()
      }),
  }
}

/** The transactions of a round, one for each append. */
async function appends(field: Field, { calls, bytes }: Way, rig: Rig): Promise<readonly Transaction[]> {
  const input = inputs(bytes)
  await field.cut()
  const { transactions } = await rig.recorder.record(async (manager) => {
    // As an application does before it appends: then the store knows the session.
    for (const id of field.ids) await manager.getSession(id)
    for (let i = 0; i < calls; i++) await manager.addMessage(field.id(i), input(i))
  })
  return transactions
}
