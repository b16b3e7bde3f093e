import type { SessionManager } from '@sess/core'
import type { ExecuteValues, RowDataPacket } from 'mysql2'
import { spread } from '../../measure.ts'
import type { Row, Section } from '../../suite.ts'
import type { Pages } from './pages.ts'
import type { Prepared } from './recorder.ts'
import type { Rig } from './rig.ts'

interface Operation {
  readonly what: string
  readonly call: (manager: SessionManager, of: Objects) => Promise<unknown>
}

interface Objects {
  readonly id: string
  readonly messageId: string
  readonly userId: string
}

const OPERATIONS: readonly Operation[] = [
  { what: 'getSession', call: (manager, { id }) => manager.getSession(id) },
  { what: 'getMessages, last 50', call: (manager, { id }) => manager.getMessages(id, { last: 50 }) },
  {
    what: 'getMessages, 50 before 500',
    call: (manager, { id }) => manager.getMessages(id, { beforeSeq: 500, limit: 50 }),
  },
  {
    what: 'getMessages, by id',
    call: (manager, { id, messageId }) => manager.getMessages(id, { ids: [messageId] }),
  },
  {
    what: 'listSessions, first 20',
    call: (manager, { userId }) => manager.listSessions(userId, { limit: 20 }),
  },
  {
    what: 'listSessions, 20 after those',
    call: async (manager, { userId }) => {
      const { nextCursor } = await manager.listSessions(userId, { limit: 20 })
      await manager.listSessions(userId, { limit: 20, cursor: nextCursor as string })
    },
  },
  { what: 'countUserSessions', call: (manager, { userId }) => manager.countUserSessions(userId) },
]

/** How the server goes about the statements of reads. */
export async function plans(rig: Rig, { longest, many }: Pages): Promise<Section> {
  const id = longest.id(0)
  const [message] = await rig.manager.getMessages(id, { last: 1 })
  const of: Objects = { id, messageId: message?.id ?? '', userId: many.userId }
  for (const table of ['sessions', 'messages'])
    await rig.look.promise().query(`ANALYZE TABLE ${rig.table(table)}`)
  const found = []
  for (const { what, call } of OPERATIONS) {
    const { alone } = await rig.recorder.record(async (manager) => void (await call(manager, of)))
    found.push({ what, steps: await explain(rig, alone.at(-1) as Prepared) })
  }
  return {
    title: 'Plans of reads (1.00: no table is scanned, nothing is sorted)',
    rows: found.map(
      ({ what, steps }): Row => ({
        ...{ what, to: 'an index in its order' },
        ratio: spread([steps.some(isBad) ? 0 : 1]),
        goal: { of: 'ratio', atLeast: 1 },
      }),
    ),
    table: {
      head: ['EXPLAIN', 'table', 'type', 'key', 'rows', 'extra'],
      rows: found.flatMap(({ what, steps }) => steps.map((step) => [what, ...step])),
    },
  }
}

type Step = readonly [table: string, type: string, key: string, rows: string, extra: string]

/** What the server says of each table that a statement reads. */
async function explain(rig: Rig, { sql, values }: Prepared): Promise<readonly Step[]> {
  const own = rig.table('')
  const [steps] = await rig.look
    .promise()
    .execute<RowDataPacket[]>(`EXPLAIN FORMAT=TRADITIONAL ${sql}`, values as ExecuteValues)
  return steps
    .filter(({ table }) => table !== null)
    .map(({ table, type, key, rows, Extra }) => {
      const [one, ...others] = [table, type, key, rows, Extra].map((cell) =>
        String(cell ?? '').replaceAll(own, ''),
      )
      return [one, ...others] as unknown as Step
    })
}

function isBad([table, type, , , extra]: Step): boolean {
  // What stands in angle brackets is a result of other steps.
  const isScan = (type === 'ALL' || type === 'index') && !table.startsWith('<')
  return isScan || /filesort|temporary/.test(extra)
}
