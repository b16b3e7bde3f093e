import { BODY_BYTES, inputs } from '../../inputs.ts'
import { atOnce } from '../../measure.ts'
import { type Plan, type Section, whole } from '../../suite.ts'
import { send } from './bare.ts'
import type { Rig } from './rig.ts'

const PAGE_BYTES = 16_384
/** What an index that has grown takes at once. */
const EXTENT_BYTES = 64 * PAGE_BYTES
/** Sessions that grow at the same time, as on a server at work. */
const SIDE_BY_SIDE = 64

type Line = readonly string[]

/** What a message and an empty session take on disk, by index and by column. */
export async function footprint(plan: Plan, rig: Rig): Promise<Section> {
  const [messages, sessions] = [plan.calls * 4, plan.calls * 2]
  const manager = rig.managerOn('disk_')
  const input = inputs(BODY_BYTES)
  const ids: string[] = []
  while (ids.length < SIDE_BY_SIDE) ids.push((await manager.createSession('user')).id)
  await atOnce(messages, SIDE_BY_SIDE, (i) => manager.addMessage(ids[i % SIDE_BY_SIDE] as string, input(i)))
  await atOnce(sessions, SIDE_BY_SIDE, (i) => manager.createSession(`user ${i >> 3}`))
  return {
    title: `Bytes on disk, ${rig.name}`,
    rows: [],
    table: {
      head: ['', 'as it grows', 'once rebuilt'],
      rows: [
        ...(await linesOf(rig, 'message', 'disk_messages', messages)),
        ...(await linesOf(rig, 'session', 'disk_sessions', sessions + SIDE_BY_SIDE)),
      ],
    },
    notes: [
      `Of ${whole(messages)} messages of ${BODY_BYTES} B of text with ids of ours, appended to ${SIDE_BY_SIDE} sessions side by side, and of ${whole(sessions)} sessions without any. Pages of the indexes by the server’s statistics, which it takes by the megabyte: exact to ${exact(messages)} B a message and ${exact(sessions)} B a session; columns by the lengths of what is in them. “The rest” is what the engine adds to each row and keeps free in pages.`,
    ],
  }
}

/** Bytes of each index, and of each column in the one that holds the rows. */
async function linesOf(rig: Rig, what: string, name: string, count: number): Promise<readonly Line[]> {
  const table = rig.table(name)
  const grown = await indexesOf(rig, table, 'ANALYZE')
  const rebuilt = await indexesOf(rig, table, 'OPTIMIZE')
  const columns = await columnsOf(rig, table)
  const line = (part: string, of: (sizes: ReadonlyMap<string, number>) => number): Line => [
    `${what}, ${part}`,
    ...[grown, rebuilt].map((sizes) => whole(Math.round(of(sizes) / count))),
  ]
  const rows = (sizes: ReadonlyMap<string, number>) => sizes.get('PRIMARY') ?? 0
  const inColumns = sum(columns.values()) * count
  return [
    line('all', (sizes) => sum(sizes.values())),
    ...[...grown.keys()]
      .filter((index) => index !== 'PRIMARY')
      .map((index) => line(`index ${index.slice(table.length + 1)}`, (sizes) => sizes.get(index) ?? 0)),
    line('rows by the primary key', rows),
    ...[...columns].map(([column, bytes]) => line(`of that ${column}`, () => bytes * count)),
    line('of that the rest', (sizes) => rows(sizes) - inColumns),
  ]
}

/** Bytes of each index, once the server has looked at the table or rebuilt it. */
async function indexesOf(
  { look }: Rig,
  table: string,
  first: 'ANALYZE' | 'OPTIMIZE',
): Promise<ReadonlyMap<string, number>> {
  await look.promise().query(`${first} TABLE ${table}`)
  const rows = await send(
    look,
    `SELECT index_name, stat_value FROM mysql.innodb_index_stats
      WHERE database_name = DATABASE() AND table_name = ? AND stat_name = 'size' ORDER BY index_name`,
    [table],
  )
  return new Map(rows.map(([index, pages]) => [String(index), Number(pages) * PAGE_BYTES]))
}

/** Bytes of each column in the mean of the rows, with those that say its length. */
async function columnsOf({ look }: Rig, table: string): Promise<ReadonlyMap<string, number>> {
  const columns = await send(
    look,
    `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [table],
  )
  const means = columns.map(([column, type]) => `AVG(COALESCE(${bytesOf(String(column), String(type))}, 0))`)
  const [row = []] = await send(look, `SELECT ${means.join(', ')} FROM ${table}`)
  return new Map(columns.map(([column], i) => [String(column), Number(row[i])]))
}

function bytesOf(column: string, type: string): string {
  const length = `LENGTH(${column})`
  if (type === 'bigint') return `${column} * 0 + 8`
  if (type === 'tinyint') return `${column} * 0 + 1`
  return type === 'binary' ? length : `${length} + IF(${length} > 127, 2, 1)`
}

/** Bytes of a row that taking pages by so many bytes comes to. */
function exact(count: number): string {
  return whole(Math.ceil(EXTENT_BYTES / count))
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
