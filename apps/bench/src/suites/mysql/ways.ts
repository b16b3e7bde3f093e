import type { PoolConnection } from 'mysql2'
import { inputs } from '../../inputs.ts'
import { atOnce, type Contender } from '../../measure.ts'
import type { Way } from '../../server/contenders.ts'
import type { Field } from '../../server/field.ts'
import { change, commit, connect, send } from './bare.ts'
import type { Transaction } from './recorder.ts'
import type { Rig } from './rig.ts'

/** The store's own statements, sent by bare mysql2 with arguments that lie ready: calls that wait together share a transaction. */
export function shared(name: string, lanes: number, field: Field, way: Way, rig: Rig): Contender {
  let transactions: readonly Transaction[] = []
  const size = Math.ceil(way.inFlight / lanes)
  return {
    name,
    prepare: async () => {
      transactions = await appends(field, way, size, rig)
    },
    run: async () => {
      let next = 0
      await onEach(lanes, rig, async (connection) => {
        while (next < transactions.length) await replay(connection, transactions[next++] as Transaction)
      })
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
      inserts = (await appends(field, way, 1, rig)).map(
        (statements) => statements.at(-1) as Transaction[number],
      )
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

/** The transactions of a round, so many appends in each. */
async function appends(
  field: Field,
  { calls, bytes }: Way,
  size: number,
  rig: Rig,
): Promise<readonly Transaction[]> {
  const input = inputs(bytes)
  await field.cut()
  const { transactions } = await rig.recorder.record(async (manager) => {
    // As an application does before it appends: then the store knows the session.
    for (const id of field.ids) await manager.getSession(id)
    for (let from = 0; from < calls; from += size) {
      const batch = Array.from({ length: Math.min(size, calls - from) }, (_, i) => from + i)
      await Promise.all(batch.map((i) => manager.addMessage(field.id(i), input(i))))
    }
  })
  return transactions
}

async function replay(connection: PoolConnection, transaction: Transaction): Promise<void> {
  for (const { sql, values } of transaction) await send(connection, sql, values)
  await commit(connection)
}

async function onEach(
  count: number,
  rig: Rig,
  work: (connection: PoolConnection) => Promise<void>,
): Promise<void> {
  const connections = await Promise.all(Array.from({ length: count }, () => connect(rig.bare)))
  await Promise.all(connections.map(work))
  for (const connection of connections) connection.release()
}
