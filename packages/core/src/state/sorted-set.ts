/** Longer runs are split in two: what is moved by an insertion stays within a few kB. */
const MAX_RUN = 512

/** Values in an order of their own, held in short sorted runs: insertion, removal and search cost O(log n) comparisons. */
export class SortedSet<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #runs: T[][] = []
  #size = 0

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#size
  }

  get last(): T | undefined {
    return this.#runs.at(-1)?.at(-1)
  }

  /** Adds a value; one that compares equal must not be there. */
  add(value: T): void {
    const { run, at } = this.#first((other) => this.#compare(other, value) > 0)
    // Past the end of all runs: at the end of the last.
    const into = this.#runs[run] ?? this.#runs.at(-1)
    this.#size++
    if (into === undefined) {
      this.#runs.push([value])
      return
    }
    into.splice(this.#runs[run] === undefined ? into.length : at, 0, value)
    if (into.length > MAX_RUN) this.#runs.splice(this.#runs.indexOf(into) + 1, 0, into.splice(MAX_RUN / 2))
  }

  delete(value: T): boolean {
    const { run, at } = this.#first((other) => this.#compare(other, value) >= 0)
    const from = this.#runs[run]
    const found = from?.[at]
    if (from === undefined || found === undefined || this.#compare(found, value) !== 0) return false
    from.splice(at, 1)
    if (from.length === 0) this.#runs.splice(run, 1)
    this.#size--
    return true
  }

  /** Upwards from the first value for which `test` holds; it must hold for all above one for which it does. */
  *upFrom(test: (value: T) => boolean): Generator<T, void> {
    let { run, at } = this.#first(test)
    for (; run < this.#runs.length; run++, at = 0) {
      const values = this.#runs[run] as T[]
      for (; at < values.length; at++) yield values[at] as T
    }
  }

  /** Downwards from the last value for which `test` does not hold yet. */
  *downFrom(test: (value: T) => boolean): Generator<T, void> {
    let { run, at } = this.#first(test)
    for (; run >= 0; run--) {
      const values = this.#runs[run] ?? []
      for (let i = Math.min(at, values.length) - 1; i >= 0; i--) yield values[i] as T
      at = Number.POSITIVE_INFINITY
    }
  }

  #first(test: (value: T) => boolean): { run: number; at: number } {
    const run = partition(this.#runs, (values) => test(values[values.length - 1] as T))
    const values = this.#runs[run]
    return { run, at: values === undefined ? 0 : partition(values, test) }
  }
}

/** The index of the first item for which `test` holds, by binary search. */
export function partition<T>(items: readonly T[], test: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (test(items[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
