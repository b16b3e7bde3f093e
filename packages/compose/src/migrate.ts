import { type CallOptions, SessError, type SessionStore } from '@sess/core'
import { difference } from './compare.ts'
import { type Sync, syncSession } from './copy.ts'
import { checkStores } from './invalid.ts'
import { recordOf } from './pages.ts'
import { pause } from './pause.ts'
import { pages } from './walk.ts'

export interface MigrateOptions extends CallOptions {
  /** Told after each page of sessions. What it throws ends the migration. */
  readonly onProgress?: (progress: MigrateProgress) => void
}

/** How far a migration is: counts of this call, a session once for each pass. */
export interface MigrateProgress {
  /** `copy` is the first pass; `verify` compares all by hashes, and goes on until nothing differs. */
  readonly phase: 'copy' | 'verify'
  /** 1 and up. */
  readonly pass: number
  /** Sessions looked at in this pass. */
  readonly sessions: number
  /** Sessions written to the new store, in all passes. */
  readonly copied: number
  /** Sessions taken from the new store because the old one has them no more, in all passes. */
  readonly removed: number
}

/** What the last pass found the same in both stores, and what it took to come there. */
export interface Migrated {
  readonly sessions: number
  readonly copied: number
  readonly removed: number
  readonly passes: number
}

/** With a dual-write wrapper a second pass hardly finds anything; without one, and under load, none ever ends. */
const MOST_PASSES = 10

/**
 * Copies all living sessions from one store to another, letter by letter: ids, seqs, versions and times stay. While it
 * runs, every process that writes does so through `withDualWrite(from, to)`. It may be aborted or killed at any point
 * and called again: what is there at the same version is not copied twice. Ends when a whole pass found the same
 * sessions with the same hashes in both.
 * @throws `CONFLICT` when sessions still differ after 10 passes: somebody writes past the wrapper
 */
export async function migrate(
  from: SessionStore,
  to: SessionStore,
  options: MigrateOptions = {},
): Promise<Migrated> {
  checkStores('migrate', { from, to })
  const { onProgress, signal } = options
  const counts = { copied: 0, removed: 0 }
  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const phase = pass === 1 ? 'copy' : 'verify'
    const look = phase === 'copy' ? syncSession : verified
    const before = counts.copied + counts.removed
    let sessions = 0
    for await (const ids of everyPage(from, to, { signal })) {
      for (const outcome of await Promise.all(ids.map((id) => look(from, to, id, { signal }))))
        if (outcome !== 'same') counts[outcome]++
      sessions += ids.length
      onProgress?.({ phase, pass, sessions, ...counts })
    }
    const isQuiet = counts.copied + counts.removed === before
    if (phase === 'verify' && isQuiet) return { sessions, ...counts, passes: pass }
  }
  const why = `sessions differ after ${MOST_PASSES} passes: is every writer behind withDualWrite?`
  throw new SessError('CONFLICT', `migrate: ${why}`)
}

/** All sessions of the first store, then those that only the second has. */
async function* everyPage(from: SessionStore, to: SessionStore, options: CallOptions) {
  yield* pages(from, options)
  for await (const ids of pages(to, options)) {
    const originals = await Promise.all(ids.map((id) => recordOf(from, id, options)))
    yield ids.filter((_, i) => originals[i] === undefined)
  }
}

/** How often a difference is looked at before it is mended: a write on its way to the second store is none. */
const LOOKS = 5

/** Compares a session by its hashes and mends what differs. */
async function verified(
  from: SessionStore,
  to: SessionStore,
  id: string,
  options: CallOptions,
): Promise<Sync> {
  for (let look = 1; look <= LOOKS; look++) {
    if ((await difference(from, to, id, options)) === undefined) return 'same'
    await pause(look * 5, options.signal)
  }
  return syncSession(from, to, id, options, true)
}
