/** One of several ways whose cost is compared. */
export interface Contender {
  readonly name: string
  /** Before each round, untimed. */
  readonly prepare?: () => Promise<void> | void
  /** What is timed: the same amount of work for each contender of a comparison. */
  readonly run: () => Promise<void>
}

/** A median with the least and the greatest of all rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Rounds {
  readonly rounds: number
  readonly warmUp: number
  /** Between rounds: all garbage, or only young one where the heap is so large that the rest would take most of the time. */
  readonly collects?: 'major' | 'minor'
}

/** Milliseconds of each contender in each round. */
export class Times {
  readonly #times: ReadonlyMap<string, readonly number[]>

  constructor(times: ReadonlyMap<string, readonly number[]>) {
    this.#times = times
  }

  /** How fast one is beside another: 1 is as fast, 0.5 takes twice as long. Compared within rounds, so that drift cancels out. */
  ratio(name: string, base: string): Spread {
    return spread(this.#ratios(name, base))
  }

  /** How fast ours is at a large size beside a small one, the floor too, and ours divided by that. Floors are named as ours, with `floor ` in front. */
  growth(large: string, small: string): { ratio: Spread; floor: Spread; beyond: Spread } {
    const ours = this.#ratios(large, small)
    const floors = this.#ratios(`floor ${large}`, `floor ${small}`)
    const beyond = ours.map((ratio, round) => ratio / (floors[round] as number))
    return { ratio: spread(ours), floor: spread(floors), beyond: spread(beyond) }
  }

  ms(name: string): Spread {
    return spread(this.#of(name))
  }

  #ratios(name: string, base: string): readonly number[] {
    const bases = this.#of(base)
    return this.#of(name).map((time, round) => (bases[round] as number) / time)
  }

  #of(name: string): readonly number[] {
    const times = this.#times.get(name)
    if (times === undefined) throw new Error(`nothing was measured as '${name}'`)
    return times
  }
}

/** Times contenders against each other, all of them in each round and each round in another order. */
export async function measure(
  contenders: readonly Contender[],
  { rounds, warmUp, collects = 'major' }: Rounds,
): Promise<Times> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  if (times.size < contenders.length) throw new Error('two contenders have the same name')
  for (let round = -warmUp; round < rounds; round++) {
    for (const { prepare } of contenders) await prepare?.()
    collect(collects)
    for (const { name, run } of inOrderOf(round + warmUp, contenders)) {
      // What the one before left behind is not this one's cost.
      collect('minor')
      const start = performance.now()
      await run()
      const ms = performance.now() - start
      if (round >= 0) times.get(name)?.push(ms)
    }
  }
  return new Times(times)
}

/** Calls one by one, each awaited. */
export async function oneByOne(count: number, call: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await call(i)
}

/** Calls of which so many are under way at any time. */
export async function atOnce(
  count: number,
  inFlight: number,
  call: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}

/** Bytes of heap that what `fill` returns holds. */
export async function heapOf(fill: () => Promise<unknown>): Promise<number> {
  collect('major')
  const before = process.memoryUsage().heapUsed
  const held = await fill()
  collect('major')
  const bytes = process.memoryUsage().heapUsed - before
  // Used after the measurement, so that it is alive during it.
  return held === undefined ? 0 : bytes
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return {
    median: sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
  }
}

/** Collects garbage where node was started with `--expose-gc`. */
function collect(kind: 'major' | 'minor'): void {
  // With options at all, Node 20 leaves garbage behind even where they ask for a major collection.
  if (kind === 'major') globalThis.gc?.()
  else globalThis.gc?.({ type: 'minor', execution: 'sync' } as never)
}

/** Rotated, and every other time reversed: each contender comes after each other one. */
function inOrderOf<T>(round: number, items: readonly T[]): readonly T[] {
  const start = (round >> 1) % items.length
  const rotated = [...items.slice(start), ...items.slice(0, start)]
  return round % 2 === 0 ? rotated : rotated.reverse()
}
