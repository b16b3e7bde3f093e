import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Checked, check } from './checker/check.ts'
import type { Claims } from './checker/claims.ts'
import type { Finding } from './checker/finding.ts'
import { Crew } from './crew.ts'
import { type Event, type History, toHistory } from './history.ts'
import type { Options } from './options.ts'
import { eventsIn } from './recorder.ts'
import { type Summary, summarize } from './summary.ts'
import type { Target } from './targets/target.ts'

export interface Round extends Checked {
  readonly history: History
  readonly claims: Claims
  readonly folder: string
  readonly summary: Summary
}

/** Sessions of its own, clients, faults, a final read of all when all is mended, and the verdict. */
export async function runRound(target: Target, options: Options, index: number): Promise<Round> {
  const folder = join(options.folder, `round-${String(index).padStart(4, '0')}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const crew = new Crew(target, options, index, folder)
  let stuck: Finding | undefined
  try {
    await crew.work()
    await crew.rest()
    await crew.close()
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    stuck = { kind: 'stuck', session: '', subject: '', detail, ops: [] }
  } finally {
    await crew.end()
  }
  const { faults, events, seconds } = crew
  const history = toHistory(readEvents(folder))
  const checked = stuck ? { findings: [stuck], allowed: [] } : check(history, target.claims)
  const summary = summarize(history, checked, faults, events, seconds)
  return { ...checked, history, claims: target.claims, folder, summary }
}

/** All events of a round, from the files of all its processes. */
function readEvents(folder: string): Event[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
  return files.flatMap((name) => eventsIn(readFileSync(join(folder, name), 'utf8')))
}
