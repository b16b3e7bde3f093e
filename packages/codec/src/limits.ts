import {
  type Change,
  type ContextEntry,
  type CreateOptions,
  DEFAULT_LIMITS,
  type Limits,
  type Metadata,
  type NewSession,
  type Session,
} from '@sess/core'
import { RESERVED_PREFIX, utf8Bytes } from '@sess/core/store'
import { KEY, SHREDDED } from './data-keys.ts'
import { plainBytes } from './session-cipher.ts'

// The limits on context and metadata are the caller's, and count what the caller wrote. The store counts what it
// holds, which is always more.

/** A limit that nothing meets. */
export const NO_LIMITS: Required<Limits> = {
  contextBytes: Number.MAX_SAFE_INTEGER,
  metadataBytes: Number.MAX_SAFE_INTEGER,
}

/** Below this a limit is held to the byte, at the price of a read before each write that might slip by. */
const EXACT_BELOW = 64 * 1024

export function limitsOf(options: CreateOptions | undefined): Required<Limits> {
  const { contextBytes, metadataBytes } = { ...DEFAULT_LIMITS, ...options?.limits }
  return { contextBytes, metadataBytes }
}

/** Whether a new session keeps its limits. */
export function isWithin({ context, metadata }: NewSession, limits: Required<Limits>): boolean {
  return total(context) <= limits.contextBytes && total(Object.entries(metadata)) <= limits.metadataBytes
}

/** Whether a change may make context or metadata grow. */
export function mayGrow({ set = [], session }: Change): boolean {
  return set.length > 0 || Object.values(session?.metadata ?? {}).some((value) => value !== null)
}

/**
 * Whether the store's own judgement on what is sealed can be trusted when it lets a change through. It lets pass what
 * does not grow, and of one key the sealed value grows if and only if the plain one does; of several that make up for
 * each other it may be off by what sealing adds, which only matters where a limit is small.
 */
export function isSure({ set = [], unset, session }: Change, limits: Required<Limits>): boolean {
  const context = limits.contextBytes >= EXACT_BELOW || (set.length <= 1 && unset === undefined)
  const metadata = limits.metadataBytes >= EXACT_BELOW || Object.keys(session?.metadata ?? {}).length <= 1
  return context && metadata
}

/** Whether a change keeps its limits on a session as stored: what is above them may stay, but not grow. */
export function keepsWithin(
  change: Change,
  { metadata: { [KEY]: _, ...metadata } }: Session,
  context: readonly ContextEntry[],
  limits: Required<Limits>,
): boolean {
  const before = new Map(context.filter(([key]) => key !== SHREDDED).map(storedSize))
  const after = new Map(before)
  for (const key of before.keys()) if (isUnset(change.unset, key)) after.delete(key)
  for (const entry of change.set ?? []) after.set(...plainSize(entry))
  return (
    fits(sum(before), sum(after), limits.contextBytes) &&
    fits(...metadataBytes(metadata, change.session?.metadata ?? {}), limits.metadataBytes)
  )
}

/** What the store holds of a session's context, in bytes. */
export function heldBytes(context: readonly ContextEntry[]): number {
  return total(context)
}

type Size = readonly [key: string, bytes: number]

function plainSize([key, value]: ContextEntry): Size {
  return [key, utf8Bytes(key) + utf8Bytes(JSON.stringify(value))]
}

function storedSize([key, value]: ContextEntry): Size {
  return [key, utf8Bytes(key) + plainBytes(value)]
}

function metadataBytes(
  stored: Metadata,
  patch: { readonly [key: string]: string | null },
): [before: number, after: number] {
  const before = new Map(Object.entries(stored).map(storedSize))
  const after = new Map(before)
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) after.delete(key)
    else after.set(...plainSize([key, value]))
  }
  return [sum(before), sum(after)]
}

function isUnset(unset: Change['unset'], key: string): boolean {
  if (unset === undefined) return false
  if (!('prefix' in unset)) return unset.includes(key)
  const { prefix } = unset
  return key.startsWith(prefix) && (!key.startsWith(RESERVED_PREFIX) || prefix.startsWith(RESERVED_PREFIX))
}

function fits(before: number, after: number, limit: number): boolean {
  return after <= limit || after <= before
}

function total(entries: readonly ContextEntry[]): number {
  return entries.reduce((bytes, entry) => bytes + plainSize(entry)[1], 0)
}

function sum(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((bytes, size) => bytes + size, 0)
}
