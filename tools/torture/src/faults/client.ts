import type { Random } from '../random.ts'
import type { WorkerProcess } from '../worker-process.ts'
import { type Breakage, stopFor } from './fault.ts'

/** The processes of clients, any of which may be replaced by a new one. */
export interface Workers {
  readonly all: readonly WorkerProcess[]
  replace(worker: WorkerProcess): Promise<void>
}

/** Days back and forth, and less than any lifetime. */
const JUMPS_MS = [-86_400_000, -3_600_000, -61_000, -900, 900, 61_000, 3_600_000, 86_400_000]

export const clientFaults = {
  /** `kill -9`, and another process in its place, which sends again what was in flight. */
  kill: (workers: Workers): Breakage => ({
    name: 'client killed',
    takeover: 'client',
    async strike(random) {
      const worker = random.pick(workers.all)
      await worker.kill()
      await workers.replace(worker)
    },
  }),
  stop: (workers: Workers): Breakage => ({
    name: 'client stopped',
    async strike(random) {
      await stopFor(random.pick(workers.all), random.whole(300, 3_000))
    },
  }),
  clock: (workers: Workers): Breakage => ({
    name: 'client clock jumps',
    async strike(random: Random) {
      await random.pick(workers.all).tell({ do: 'clock', byMs: random.pick(JUMPS_MS) })
    },
  }),
}
