import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { minimise } from './minimise.ts'
import type { Options } from './options.ts'
import { print } from './print.ts'
import { writeReport } from './report.ts'
import type { Round } from './round.ts'
import { run, runIn } from './run.ts'
import type { Summary } from './summary.ts'
import { TARGETS } from './targets/index.ts'

const USAGE = `pnpm torture --store ${Object.keys(TARGETS).join('|')} [--minutes 10 | --seconds 30] [--seed N]
             [--processes 4] [--clients 4] [--sessions 6] [--round 30] [--think 12] [--dir FOLDER]
pnpm torture --resume FOLDER
pnpm torture --report PAGE FOLDER…`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string' },
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    processes: { type: 'string', default: '4' },
    clients: { type: 'string', default: '4' },
    sessions: { type: 'string', default: '6' },
    round: { type: 'string', default: '30' },
    think: { type: 'string', default: '12' },
    dir: { type: 'string' },
    resume: { type: 'string' },
    report: { type: 'string' },
  },
})

/** Where the command was called from, since pnpm goes to the package first. */
const from = process.env.INIT_CWD ?? process.cwd()
const place = (path: string) => resolve(from, path)

function newOptions(): Options {
  const { store = '', minutes = '10', seconds, seed, dir } = values
  if (!Object.hasOwn(TARGETS, store)) {
    console.error(USAGE)
    process.exit(2)
  }
  const chosen = seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(seed)
  return {
    store,
    seed: chosen,
    seconds: seconds === undefined ? Number(minutes) * 60 : Number(seconds),
    roundSeconds: Number(values.round),
    processes: Number(values.processes),
    clients: Number(values.clients),
    thinkMs: Number(values.think),
    sessions: Number(values.sessions),
    folder: dir === undefined ? join(tmpdir(), `sess-torture-${store}-${chosen}`) : place(dir),
  }
}

function tell({ summary, findings, allowed, history, folder, claims }: Round, sum: Summary): void {
  const seen = allowed.length > 0 ? `, ${allowed.length} allowed losses` : ''
  const faults = Object.values(summary.faults).reduce((a, b) => a + b, 0)
  console.log(
    `round ${sum.rounds}: ${summary.operations} operations, ${summary.acknowledged} messages acknowledged, ${summary.unknown} of unknown end, ${faults} faults, ${findings.length} findings${seen}; ${Math.round(sum.seconds)} s in all`,
  )
  if (findings.length === 0) return
  console.log(`\nThe history is in ${folder}\n`)
  // One of each kind: what follows from it would fill the screen.
  const told = new Set<string>()
  for (const finding of findings) {
    if (told.has(finding.kind)) continue
    told.add(finding.kind)
    console.log(`${print(finding, minimise(history, finding, claims))}\n`)
  }
}

async function main(): Promise<void> {
  if (values.report !== undefined) {
    writeReport(place(values.report), positionals.map(place).map(runIn))
    return
  }
  const options = values.resume === undefined ? newOptions() : runIn(place(values.resume)).options
  const stop = new AbortController()
  // A run that is told to stop ends its round, so that nothing is lost; a second time it ends at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  console.log(`${options.store}, seed ${options.seed}, in ${options.folder}`)
  const { summary, version } = await run(options, tell, stop.signal)
  const isOver = summary.seconds >= options.seconds
  const found = Object.keys(summary.findings).length > 0
  console.log(JSON.stringify(summary, undefined, 2))
  if (!isOver && !found) console.log(`Stopped; go on with: pnpm torture --resume ${options.folder}`)
  console.log(`${found ? 'NOT LEGAL' : 'legal'}: ${options.store} (${version}), seed ${options.seed}`)
  if (found) process.exitCode = 1
}

await main()
