import { setTimeout as sleep } from 'node:timers/promises'
import type { Breakage } from './faults/fault.ts'
import type { Random } from './random.ts'
import { now, type Recorder } from './recorder.ts'

/** Breaks one thing after another and mends it, until it is time; then all is mended. Answers how often each. */
export async function torment(
  faults: readonly Breakage[],
  random: Random,
  recorder: Recorder,
  isOver: () => boolean,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  if (faults.length === 0) return counts
  for (;;) {
    await untilOver(random.whole(300, 3_000), isOver)
    if (isOver()) return counts
    const { name, takeover, strike } = random.pick(faults)
    const note = (phase: 'begin' | 'end') =>
      recorder.note({ t: now(), type: 'fault', fault: name, phase, ...(takeover && { takeover }) })
    note('begin')
    await strike(random)
    note('end')
    counts[name] = (counts[name] ?? 0) + 1
  }
}

async function untilOver(ms: number, isOver: () => boolean): Promise<void> {
  for (let left = ms; left > 0 && !isOver(); left -= 100) await sleep(Math.min(left, 100))
}
