import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { type Round, runRound } from './round.ts'
import { type Summary, total } from './summary.ts'
import { TARGETS } from './targets/index.ts'

export interface Run {
  readonly options: Options
  readonly version: string
  /** So many there were. */
  readonly processes: number
  readonly summary: Summary
}

const ROUNDS = 'rounds.jsonl'

/** Runs until the time is over or something is found; what was done before in this folder counts. */
export async function run(
  options: Options,
  tell: (round: Round, sum: Summary) => void,
  stop?: AbortSignal,
): Promise<Run> {
  mkdirSync(options.folder, { recursive: true })
  const done = summariesIn(options.folder)
  const target = await TARGETS[options.store]?.(options.folder)
  if (!target) throw new Error(`no store ${options.store}: there are ${Object.keys(TARGETS).join(', ')}`)
  const { version } = target
  const processes = Math.min(options.processes, target.processes ?? options.processes)
  const facts = { options, version, processes }
  writeFileSync(join(options.folder, 'run.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  try {
    while (total(done).seconds < options.seconds && !stop?.aborted) {
      const round = await runRound(target, options, done.length)
      done.push(round.summary)
      appendFileSync(join(options.folder, ROUNDS), `${JSON.stringify(round.summary)}\n`)
      tell(round, total(done))
      if (round.findings.length > 0) break
      rmSync(round.folder, { recursive: true })
    }
  } finally {
    await target.stop()
  }
  return { ...facts, summary: total(done) }
}

function summariesIn(folder: string): Summary[] {
  const file = join(folder, ROUNDS)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Summary)
}

/** A run that was made before, whole or not. */
export function runIn(folder: string): Run {
  const made = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run
  return { ...made, options: { ...made.options, folder }, summary: total(summariesIn(folder)) }
}
