import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newSessionId } from '@sess/core'
import { torment } from './nemesis.ts'
import type { Options } from './options.ts'
import { derive, Random } from './random.ts'
import { now, Recorder } from './recorder.ts'
import type { StoreSetup } from './stores.ts'
import { clientBreakages, type Target } from './targets/target.ts'
import { until } from './until.ts'
import { WorkerProcess } from './worker-process.ts'
import type { WorkerSetup } from './worker-setup.ts'

/** The processes of one round. */
export class Crew {
  readonly #target: Target
  readonly #options: Options
  readonly #round: number
  readonly #folder: string
  readonly #seed: number
  readonly #recorder: Recorder
  readonly #sessions: readonly (readonly string[])[]
  readonly #workers: WorkerProcess[] = []
  readonly #generations: number[] = []
  #isOver = false
  /** How often each fault struck. */
  readonly faults: Record<string, number> = {}
  /** What the stores told by their hooks, by type. */
  readonly events: Record<string, number> = {}
  /** Under load. */
  seconds = 0

  constructor(target: Target, options: Options, round: number, folder: string) {
    this.#target = target
    this.#options = options
    this.#round = round
    this.#folder = folder
    this.#seed = derive(options.seed, round)
    this.#recorder = new Recorder(join(folder, 'main.jsonl'))
    const places = Math.min(options.processes, target.processes ?? options.processes)
    const newSessions = (count: number) => Array.from({ length: count }, () => newSessionId('torture'))
    const shared = newSessions(options.sessions)
    this.#sessions = Array.from({ length: places }, () =>
      target.sharing === 'all' ? shared : newSessions(Math.max(1, Math.floor(options.sessions / places))),
    )
  }

  /** The load under faults, until all is healed. */
  async work(): Promise<void> {
    const state = { version: 1, lastSeq: 0, value: null }
    for (const session of this.#all()) this.#recorder.note({ t: now(), type: 'start', session, state })
    this.#recorder.note({ t: now(), type: 'wall', ms: Date.now() })
    for (const place of this.#sessions.keys()) this.#workers.push(this.#start(place))
    await Promise.all(this.#workers.map((worker) => worker.tell({ do: 'open' })))
    await Promise.all(this.#workers.map((worker) => worker.tell({ do: 'work' })))
    const begin = now()
    try {
      await this.#torment()
    } finally {
      this.seconds = (now() - begin) / 1e6
    }
    await this.#target.healed()
  }

  /** Lets all clients end their calls, waits until nothing is left to be replayed, and reads everything. */
  async rest(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.tell({ do: 'rest' })))
    for (const worker of this.#workers) {
      await until('the primary leads', async () => (await worker.tell({ do: 'state' })).state === 'primary')
      const { parked = [] } = await worker.tell({ do: 'state' })
      for (const { session, ids } of parked) this.#recorder.note({ t: now(), type: 'parked', session, ids })
    }
    const { bare } = this.#target
    if (bare) this.#workers.push(new WorkerProcess(this.#setup('reader', -1, bare)))
    const reader = this.#workers.at(-1)
    let left: readonly string[] = this.#all()
    await until('everything was read', async () => {
      left = (await reader?.tell({ do: 'final', sessions: left }))?.missed ?? []
      return left.length === 0
    })
  }

  /** Lets the processes close their stores and end. */
  async close(): Promise<void> {
    for (const { counts } of await Promise.all(this.#workers.map((worker) => worker.close())))
      for (const [type, count] of Object.entries(counts ?? {}))
        this.events[type] = (this.events[type] ?? 0) + count
    this.#workers.length = 0
  }

  /** Whatever happened, no process is left. */
  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    this.#recorder.close()
  }

  /** Breaks servers and clients at once until the time is over. */
  async #torment(): Promise<void> {
    const over = sleep(this.#options.roundSeconds * 1_000).then(() => {
      this.#isOver = true
    })
    const workers = { all: this.#workers, replace: (worker: WorkerProcess) => this.#replace(worker) }
    const breakages = [this.#target.serverFaults, clientBreakages(this.#target.clientFaults, workers)]
    const ends = await Promise.allSettled([
      ...breakages.map((faults, i) =>
        torment(faults, new Random(derive(this.#seed, i)), this.#recorder, () => this.#isOver),
      ),
      over,
    ])
    for (const end of ends) {
      if (end.status === 'rejected') throw end.reason
      Object.assign(this.faults, end.value)
    }
    for (const worker of this.#workers) worker.check()
  }

  #all(): readonly string[] {
    return [...new Set(this.#sessions.flat())]
  }

  #start(place: number): WorkerProcess {
    const generation = (this.#generations[place] ?? -1) + 1
    this.#generations[place] = generation
    return new WorkerProcess(
      this.#setup(`p${place}g${generation}`, place, this.#target.store(place, this.#round)),
    )
  }

  #setup(name: string, place: number, store: StoreSetup): WorkerSetup {
    const before = this.#workers[place]?.setup.file
    return {
      ...{ name, store, ttl: this.#target.ttl, sessions: this.#sessions[place] ?? [] },
      ...{ clients: this.#options.clients, thinkMs: this.#options.thinkMs, seed: this.#seed },
      file: join(this.#folder, `${name}.jsonl`),
      ...(before !== undefined && { predecessor: before }),
    }
  }

  async #replace(worker: WorkerProcess): Promise<void> {
    const place = this.#workers.indexOf(worker)
    const next = this.#start(place)
    this.#workers[place] = next
    await next.tell({ do: 'work' })
  }
}
