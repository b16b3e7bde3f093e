import type { ContextEntry, ContextWindow, Json, Message, MessageWindow, Session } from '@sess/core'
import { fail } from './reference-input.ts'

// How the reference store reads: windows on messages and context, and the orders of lists.

/** Of all messages, oldest first, those in a window. */
export function readMessages(all: readonly Message[], window: MessageWindow): readonly Message[] {
  if (window.last !== undefined) return all.slice(-window.last)
  if (window.ids !== undefined) return all.filter(({ id }) => window.ids.includes(id))
  if (window.offset !== undefined) return all.slice(window.offset, window.offset + window.limit)
  if (window.afterSeq !== undefined)
    return all.filter(({ seq }) => seq > window.afterSeq).slice(0, window.limit)
  return all.filter(({ seq }) => seq < window.beforeSeq).slice(-window.limit)
}

/** Of a whole context, the entries in a window. */
export function readContext(all: ReadonlyMap<string, Json>, window: ContextWindow): readonly ContextEntry[] {
  const entries = [...all].sort(([a], [b]) => compareBytes(a, b))
  if (window === true) return entries
  if (window.keys !== undefined) return entries.filter(([key]) => window.keys.includes(key))
  const { prefix, after, limit, reverse = false, keysOnly = false } = window
  const found = (reverse ? entries.reverse() : entries)
    .filter(([key]) => key.startsWith(prefix) && (prefix.startsWith('sess:') || !key.startsWith('sess:')))
    .filter(([key]) => after === undefined || compareBytes(key, after) * (reverse ? -1 : 1) > 0)
    .slice(0, limit)
  return keysOnly ? found.map(([key]) => [key, null]) : found
}

type Place = Pick<Session, 'id' | 'updatedAt'>

export function byId(a: Place, b: Place): number {
  return compareBytes(a.id, b.id)
}

export function newestFirst(a: Place, b: Place): number {
  return b.updatedAt - a.updatedAt || byId(b, a)
}

export function writeCursor({ updatedAt, id }: Place): string {
  return JSON.stringify([updatedAt, id])
}

export function readCursor(cursor: string): Place {
  try {
    const [updatedAt, id] = JSON.parse(cursor)
    if (typeof updatedAt === 'number' && typeof id === 'string') return { updatedAt, id }
  } catch {}
  return fail('INVALID_ARGUMENT', 'this is no cursor of this store')
}

/** The order of UTF-8 bytes is that of code points. */
function compareBytes(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => [...text].map((character) => character.codePointAt(0) as number)) as [
    number[],
    number[],
  ]
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = (x[i] as number) - (y[i] as number)
    if (difference !== 0) return difference
  }
  return x.length - y.length
}

/** A copy that shares nothing. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}
