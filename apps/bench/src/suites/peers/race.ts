import { atOnce, type Spread, spread } from '../../measure.ts'
import type { Peer } from './peer.ts'

/** One peer with what is asked of it. */
export interface Runner {
  readonly peer: Peer
  /** Before each round, untimed. */
  readonly prepare?: () => Promise<void>
  readonly call: (i: number) => Promise<unknown>
}

export interface Course {
  readonly rounds: number
  /** A round ends with the call after that. */
  readonly ms: number
  /** A round has at most so many calls. */
  readonly calls: number
  readonly inFlight: number
}

/** What the rounds of one peer came to. */
export interface Pace {
  /** Calls a second, in the median round. */
  readonly perSecond: number
  /** How fast the first peer was beside it, in the same rounds. */
  readonly beside: Spread
  /** Of all calls, in microseconds. */
  readonly p50: number
  readonly p99: number
}

/** Times peers beside each other, all of them in each round and each round in another order. */
export async function race(runners: readonly Runner[], course: Course): Promise<readonly Pace[]> {
  const speeds: number[][] = runners.map(() => [])
  const times: number[][] = runners.map(() => [])
  const order = runners.map((runner, i) => ({ runner, i }))
  // The first round is for the engine, which compiles meanwhile.
  for (let round = -1; round < course.rounds; round++) {
    for (const { runner, i } of round % 2 === 0 ? order : order.toReversed()) {
      await runner.prepare?.()
      globalThis.gc?.({ type: 'minor', execution: 'sync' } as never)
      const taken = await lap(runner, course)
      if (round < 0) continue
      speeds[i]?.push(taken.perSecond)
      times[i]?.push(...taken.times)
    }
  }
  const [ours = []] = speeds
  return speeds.map((own, i) => ({
    perSecond: spread(own).median,
    beside: spread(own.map((speed, round) => (ours[round] as number) / speed)),
    ...percentiles(times[i] ?? []),
  }))
}

async function lap({ call }: Runner, { ms, calls, inFlight }: Course) {
  const times: number[] = []
  const start = performance.now()
  let isOver = false
  await atOnce(calls, inFlight, async (i) => {
    if (isOver) return
    const before = performance.now()
    await call(i)
    const now = performance.now()
    times.push(now - before)
    isOver = now - start > ms
  })
  return { times, perSecond: (times.length * 1000) / (performance.now() - start) }
}

function percentiles(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 1000
  return { p50: at(0.5), p99: at(0.99) }
}
