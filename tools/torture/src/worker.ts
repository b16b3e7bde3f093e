import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSessError, SessionManager, type StoreEvent } from '@sess/core'
import { setClock } from './clock.ts'
import { type Answer, type Append, type Call, type Current, toHistory } from './history.ts'
import { perform } from './perform.ts'
import { derive, Random } from './random.ts'
import { eventsIn, Recorder } from './recorder.ts'
import { openStore } from './stores.ts'
import type { Command, WorkerSetup } from './worker-setup.ts'
import { type Settled, Workload } from './workload.ts'

// A process of clients that call one store as they like. It is told what to do by lines of JSON and answers each
// with one; what it does and sees is in its history file.
const setup = JSON.parse(process.argv[2] ?? '') as WorkerSetup
const recorder = new Recorder(setup.file)
/** How often the store said of a session that a read may be old. */
const staleReads = new Map<string, number>()
const counts: Record<string, number> = {}
const { store, failover } = openStore(setup.store, (event: StoreEvent) => {
  counts[event.type] = (counts[event.type] ?? 0) + 1
  const { type, sessionId } = event
  if (type === 'stale-read' && sessionId) staleReads.set(sessionId, (staleReads.get(sessionId) ?? 0) + 1)
})
const sessions = new SessionManager({ store, maxMessages: null, defaultTtl: setup.ttl })
// A Ctrl-C is for whoever tells it what to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
let isOver = false
let working: Promise<unknown> = Promise.resolve()
let finals = 0

interface Ended {
  readonly how: Settled
  readonly answer?: Answer | undefined
  readonly current?: Current | undefined
}

async function call(
  client: string,
  op: number,
  session: string,
  what: Call,
  signal?: AbortSignal,
): Promise<Ended> {
  const stale = staleReads.get(session)
  recorder.invoke(client, op, session, what)
  try {
    const answer = await perform(sessions, session, what, { ...(signal && { signal }) })
    const isStale = staleReads.get(session) !== stale
    recorder.ok(client, op, { ...answer, ...(isStale && { isStale }) })
    return { how: 'ok', answer }
  } catch (error) {
    const isAborted = signal?.aborted && error === signal.reason
    if (!isSessError(error) && !isAborted) throw error
    const how = isAborted || (isSessError(error) && error.outcome === 'unknown') ? 'unknown' : 'fail'
    const current = isSessError(error, 'CONFLICT') ? currentOf(error.current) : undefined
    recorder.failed(client, op, how, isSessError(error) ? error.code : 'ABORTED', current)
    return { how, current }
  }
}

function currentOf(current: Current | undefined): Current | undefined {
  return current && { version: current.version, lastSeq: current.lastSeq }
}

/** One client: one call at a time, until it is told to rest. */
async function runClient(
  client: string,
  pending: { session: string; call: Append } | undefined,
): Promise<void> {
  const random = new Random(derive(setup.seed, client, 'client'))
  const workload = new Workload(random, client, setup.sessions, pending)
  for (let op = 0; !isOver; op++) {
    const next = workload.next()
    const signal = random.chance(0.03) ? AbortSignal.timeout(random.whole(1, 30)) : undefined
    const { how, answer, current } = await call(client, op, next.session, next.call, signal)
    const lastSeq = answer?.lastSeq ?? answer?.rows?.at(-1)?.[0]
    const told = { ...(lastSeq !== undefined && { lastSeq }), ...versionIn(answer), ...current }
    workload.settled(next.session, next.call, how, told)
    // Clients think, and longer where nothing works.
    await sleep(how === 'ok' || current ? random.whole(0, setup.thinkMs) : random.whole(10, 60))
  }
}

/** A store that makes its tables first, on a busy machine, may be late. */
async function open(id: string): Promise<void> {
  for (;;)
    try {
      await sessions.openSession('torture', id)
      return
    } catch (error) {
      if (!isSessError(error, 'STORE_UNAVAILABLE')) throw error
    }
}

function versionIn(answer: Answer | undefined): { version?: number } {
  const version = answer?.version ?? answer?.rows?.at(-1)?.[2]
  return version === undefined ? {} : { version }
}

/** What the clients of a process that was killed were about: whoever comes after them sends it again. */
function leftBy(file: string | undefined): { session: string; call: Append }[] {
  if (file === undefined) return []
  const last = new Map<string, { session: string; call: Append } | undefined>()
  for (const { client, outcome, session, call } of toHistory(eventsIn(readFileSync(file, 'utf8'))).ops)
    last.set(client, outcome === 'unknown' && call.f === 'append' ? { session, call } : undefined)
  return [...last.values()].filter((one) => one !== undefined)
}

const commands: Readonly<Record<Command['do'], (command: Command) => unknown>> = {
  // Any number of processes open a session at once, and one makes it.
  open: () => Promise.all(setup.sessions.map(open)),
  work: () => {
    const left = leftBy(setup.predecessor)
    const clients = Array.from({ length: setup.clients }, (_, i) => `${setup.name}c${i}`)
    working = Promise.all(clients.map((client, i) => runClient(client, left[i])))
    return undefined
  },
  rest: () => {
    isOver = true
    return working
  },
  clock: (command) => setClock(command.do === 'clock' ? command.byMs : 0),
  state: async () => ({
    state: failover?.state ?? 'primary',
    parked: (await failover?.parked())?.map(({ sessionId, writes }) => ({
      session: sessionId,
      ids: writes.flatMap((write) =>
        write.kind === 'commit' ? (write.change.append ?? []).map(({ id }) => id) : [],
      ),
    })),
  }),
  final: async (command) => {
    const ids = command.do === 'final' ? command.sessions : []
    const ends = await Promise.all(ids.map((id) => call(`${setup.name}f`, finals++, id, { f: 'final' })))
    return { missed: ids.filter((_, i) => ends[i]?.how !== 'ok') }
  },
  close: async () => {
    await sessions.close()
    recorder.close()
    return { counts }
  },
}

for await (const line of createInterface(process.stdin)) {
  const command = JSON.parse(line) as Command
  const answer = await commands[command.do](command)
  console.log(JSON.stringify({ done: command.do, ...(typeof answer === 'object' ? answer : {}) }))
  if (command.do === 'close') process.exit()
}
// Whoever told it what to do is gone.
process.exit(1)
