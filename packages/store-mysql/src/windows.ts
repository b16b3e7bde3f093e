import type { ContextWindow, MessageWindow } from '@sess/core'
import { PAGE_BYTES, RESERVED_PREFIX } from '@sess/core/store'
import { type SQL, sql } from 'drizzle-orm'
import type { Value } from './client.ts'
import { messageColumns, smallMessageColumns } from './message-row.ts'
import { marks, sized, textOf } from './statements.ts'
import type { SessTables } from './tables.ts'

/** A part of a statement, and its values. */
export interface Part {
  readonly text: string
  readonly values: Value[]
}

/** Reads windows on messages (rows of kind 1), context (2) and reserved keys (3), of the session with an id. */
export class Windows {
  readonly #pages: Pages
  readonly #boundedPages: Pages
  readonly #whole: string
  readonly #keys: (count: number) => string
  readonly #reserved: (count: number) => string
  readonly #pageUp: string
  readonly #pageDown: string

  constructor(t: SessTables) {
    const { sessions: s, context: c } = t
    this.#pages = pagesOf(t, smallPage)
    this.#boundedPages = pagesOf(t, boundedPage)
    const entries = (
      value: SQL,
      kind = 2,
    ) => sql`SELECT ${sql.raw(String(kind))}, ${c.key}, NULL, NULL, NULL, ${value}, ${NOTHING}, NULL
      FROM ${s} STRAIGHT_JOIN ${c} ON ${c.incarnation} = ${s.incarnation} WHERE ${s.id} = ?`
    this.#whole = textOf(entries(sql`${c.value}`))
    const named = (kind: number) =>
      sized((count) => sql`${entries(sql`${c.value}`, kind)} AND ${c.key} IN (${marks(count)})`)
    this.#keys = named(2)
    this.#reserved = named(3)
    const value = sql`CASE WHEN ? THEN 'null' ELSE ${c.value} END`
    const under = sql`${entries(value)} AND ${underPrefix(t)}`
    this.#pageUp = textOf(sql`${under} AND ${c.key} > ? ORDER BY ${c.key} LIMIT ?`)
    this.#pageDown = textOf(sql`${under} AND ${c.key} < ? ORDER BY ${c.key} DESC LIMIT ?`)
  }

  /**
   * Where no message is larger than its share of a page, all come; those that are come without their texts, unless
   * `isBounded`: then the window ends where the page is full.
   */
  messages(id: string, window: MessageWindow, isBounded: boolean): Part {
    const { up, down, offset, ids } = isBounded ? this.#boundedPages : this.#pages
    const share = (count: number) => Math.floor(PAGE_BYTES / Math.max(1, count))
    const of = (text: string, count: number, values: Value[]): Part => ({
      text,
      values: isBounded ? values : [share(count), share(count), ...values],
    })
    if (window.ids !== undefined) {
      const { text, values } = partOf(ids, id, window.ids)
      return of(text, values.length - 1, values)
    }
    const limit = window.last ?? window.limit ?? 0
    if (window.offset !== undefined) return of(offset, limit, [id, String(limit), String(window.offset)])
    if (window.afterSeq !== undefined) return of(up, limit, [id, window.afterSeq, String(limit)])
    return of(down, limit, [id, window.beforeSeq ?? Number.MAX_SAFE_INTEGER, String(limit)])
  }

  context(id: string, window: ContextWindow): Part {
    if (window === true) return { text: this.#whole, values: [id] }
    if (window.keys !== undefined) return partOf(this.#keys, id, window.keys)
    const { prefix, after, limit, reverse = false, keysOnly = false } = window
    const values = [keysOnly, id, ...prefixValues(prefix)]
    return reverse
      ? { text: this.#pageDown, values: [...values, after ?? END, String(limit)] }
      : { text: this.#pageUp, values: [...values, after ?? '', String(limit)] }
  }

  reserved(id: string, keys: readonly string[]): Part {
    return partOf(this.#reserved, id, keys)
  }
}

function partOf(text: (count: number) => string, id: string, names: readonly string[]): Part {
  const all = [...new Set(names)]
  return { text: text(all.length), values: [id, ...all] }
}

/** Above all UTF-8 text. */
const END = Buffer.from([0xff])

/** Which keys of the context begin with a prefix; reserved ones only where it is reserved itself. Takes {@link prefixValues}. */
export function underPrefix({ context: c }: SessTables): SQL {
  const [from, to] = [RESERVED_PREFIX, `${RESERVED_PREFIX.slice(0, -1)};`].map((key) => sql.raw(`'${key}'`))
  return sql`${c.key} >= ? AND ${c.key} < ? AND (? OR ${c.key} < ${from} OR ${c.key} >= ${to})`
}

export function prefixValues(prefix: string): Value[] {
  return [prefix, Buffer.concat([Buffer.from(prefix), END]), prefix.startsWith(RESERVED_PREFIX)]
}

const NOTHING = sql.raw(Array(12).fill('NULL').join(', '))

/** A statement for each form of a window on messages. */
interface Pages {
  readonly up: string
  readonly down: string
  readonly offset: string
  readonly ids: (count: number) => string
}

type Direction = 'ASC' | 'DESC'

function pagesOf(
  t: SessTables,
  pageOf: (t: SessTables, where: SQL, direction: Direction, limit: SQL) => SQL,
): Pages {
  const { sessions: s, messages: m } = t
  const mine = sql`${s} STRAIGHT_JOIN ${m} ON ${m.incarnation} = ${s.incarnation} WHERE ${s.id} = ?`
  return {
    up: textOf(pageOf(t, sql`${mine} AND ${m.seq} > ?`, 'ASC', sql`LIMIT ?`)),
    down: textOf(pageOf(t, sql`${mine} AND ${m.seq} < ?`, 'DESC', sql`LIMIT ?`)),
    offset: textOf(pageOf(t, mine, 'ASC', sql`LIMIT ? OFFSET ?`)),
    ids: sized((count) => pageOf(t, sql`${mine} AND ${m.id} IN (${marks(count)})`, 'ASC', sql``)),
  }
}

/** Messages in an order until there are so many; the texts of large ones are left out. */
function smallPage(t: SessTables, where: SQL, direction: Direction, limit: SQL): SQL {
  return sql`SELECT 1, ${smallMessageColumns(t)} FROM ${where} ORDER BY ${t.messages.seq} ${sql.raw(direction)} ${limit}`
}

/**
 * Messages in an order until there are so many, or as many bytes as a page has. The place and size of each are found
 * first, so that no content beyond the page is read.
 */
export function boundedPage(t: SessTables, where: SQL, order: Direction, limit: SQL): SQL {
  const { messages: m } = t
  const direction = sql.raw(order)
  const [incarnation, seq, bytes] = [m.incarnation, m.seq, m.bytes].map(({ name }) => sql.identifier(name))
  const places = sql`SELECT ${m.incarnation}, ${m.seq}, ${m.bytes} FROM ${where} ORDER BY ${m.seq} ${direction} ${limit}`
  const summed = sql`SELECT ${incarnation}, ${seq}, ${bytes}, SUM(${bytes}) OVER (ORDER BY ${seq} ${direction}) AS total
    FROM (${places}) places`
  return sql`SELECT 1, ${messageColumns(t)} FROM (${summed}) page
    STRAIGHT_JOIN ${m} ON ${m.incarnation} = page.${incarnation} AND ${m.seq} = page.${seq}
    WHERE page.total <= ${sql.raw(String(PAGE_BYTES))} OR page.total = page.${bytes}`
}
