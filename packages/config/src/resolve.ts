import type { Gathered } from './gather.ts'
import { judge } from './judge.ts'
import { Names } from './names.ts'
import { howToTake } from './packages.ts'
import type { Passed } from './passed.ts'
import { Problems } from './problem.ts'
import { MAIN_SEAT, type Seat, seatOf, type Taken } from './seat.ts'
import { MASK, Shown } from './shown.ts'
import { collect, type Sources } from './sources.ts'
import { take } from './take.ts'

/** A value of the configuration, and where it came from. */
export interface Explained {
  readonly key: string
  /** As it was given; of a secret `***`. */
  readonly value: unknown
  /** `default`, `sess.yaml:4:12` (with the variables in it), a variable's name, or `overrides`. */
  readonly source: string
  /** Why it does nothing, where that is so. */
  readonly note?: string
}

export interface Resolved {
  /** The main one, and those of wrappers. */
  readonly seats: readonly [main: Taken, ...Taken[]]
  /** What the schemas made of it, by part. */
  readonly values: ReadonlyMap<string, unknown>
  readonly explained: readonly Explained[]
  /** The keys of all that is secret. */
  readonly secrets: readonly string[]
  readonly shown: Shown
}

/**
 * Puts the sources together and judges the whole.
 * @param passed where stores or wrappers are left out, their sections are left for later
 * @throws `CONFIG_INVALID` with all that is wrong
 */
export function resolve(operation: string, sources: Sources, passed: Passed): Resolved {
  const problems = new Problems(operation)
  const taking = (seat: Seat) => take(seat, sources, passed.stores, problems)
  const seats = [taking(MAIN_SEAT), ...seatsOf(passed, problems).map(taking)] as const
  const names = new Names(seats, passed)
  const gathered = collect(sources, names, problems)
  const { given } = gathered
  if (passed.wrappers !== undefined) refuseAwaited(gathered.leftAlone, names, problems)
  const shown = new Shown()
  const secrets = names.options.filter(({ isSecret }) => isSecret).map(({ key }) => key)
  for (const key of secrets) shown.hide(given.get(key)?.value ?? '')
  const values = new Map(names.parts.map((part) => [part.key, judge(part, given, shown, problems)]))
  problems.throwIfAny()
  return { seats, values, explained: explain(names, gathered), secrets, shown }
}

/** The seats of the wrappers that were passed. */
function seatsOf({ stores = [], wrappers = [] }: Passed, problems: Problems): Seat[] {
  const names = new Set(['type', ...stores.map(({ type }) => type)])
  return wrappers.flatMap(({ seat }) => {
    if (seat === undefined) return []
    const taken = seatOf(seat)
    if (!names.has(seat.name)) {
      names.add(seat.name)
      return [taken]
    }
    problems.add({ key: taken.key, expected: 'one wrapper with a seat of this name, and no store of it' })
    return []
  })
}

/** What would do nothing though somebody wrote it. */
function refuseAwaited(leftAlone: Gathered['leftAlone'], { awaited }: Names, problems: Problems): void {
  for (const name of awaited) {
    const [key, place] = [`store.${name}`, leftAlone.get(`store.${name}`)]
    if (place !== undefined) problems.add({ key, place, expected: howToTake(name) })
  }
}

function explain(names: Names, { given, leftAlone }: Gathered): Explained[] {
  const options = names.options.map(({ key, schema, isSecret }) => {
    const { value: plain = schema.default, place: source = 'default' } = given.get(key) ?? {}
    const note = schema['x-without-effect']
    const value = isSecret && plain !== undefined && plain !== '' ? MASK : plain
    return { key, value, source, ...(note !== undefined && { note }) }
  })
  const others = [...leftAlone].map(([key, source]) => {
    const note = names.whyLeftAlone(key) as string
    return { key, value: undefined, source, note }
  })
  return [...options, ...others]
}
