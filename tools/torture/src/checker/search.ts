/** A call as the search sees it. */
export interface Step<State> {
  readonly invoke: number
  /** `Infinity` where its end is not known. */
  readonly complete: number
  /** Changes nothing, so that it may stand wherever it fits; of a state that is not known whole it may tell more. */
  readonly isObserver: boolean
  /** May have had no effect at all. */
  readonly isOptional: boolean
  /** Not remembered once it was taken: what it depends on does not come back, and configurations stay few. */
  readonly isUnmarked?: boolean
  /** The state after it, or nothing where its answer does not fit this state. */
  apply(state: State): State | undefined
}

export interface Model<State> {
  readonly initial: State
  key(state: State): string
  /** What else may happen to a state at any time, by nobody's answered call. */
  drift?(state: State): State | undefined
}

export type Verdict =
  | { readonly is: 'legal' }
  /** The step by whose end no order was left. */
  | { readonly is: 'illegal'; readonly step: number }
  | { readonly is: 'undecided'; readonly step: number }

/** A state that the calls may have come to, and which of those still open have then had their effect. */
interface Configuration<State> {
  readonly state: State
  readonly done: ReadonlySet<number>
}

/** How many configurations to look at for one end, until it is undecided. */
const MOST = 50_000

/**
 * Whether some order of the steps explains all answers: each has its effect at one moment between its invocation and
 * its end. Walks through the ends in time and keeps the configurations that are possible by then, each once: the
 * just-in-time linearization of Lowe, as Knossos has it, with the memory of Wing and Gong's search.
 */
export function search<State>(model: Model<State>, steps: readonly Step<State>[]): Verdict {
  const byInvoke = steps.map((_, i) => i).sort((a, b) => at(steps, a).invoke - at(steps, b).invoke)
  const ends = steps
    .map((_, i) => i)
    .filter((i) => at(steps, i).complete !== Number.POSITIVE_INFINITY)
    .sort((a, b) => at(steps, a).complete - at(steps, b).complete)
  const open = new Set<number>()
  let possible: Configuration<State>[] = [{ state: model.initial, done: new Set() }]
  let invoked = 0
  const openUntil = (time: number) => {
    for (; invoked < byInvoke.length; invoked++) {
      const next = byInvoke[invoked] as number
      if (at(steps, next).invoke > time) return
      open.add(next)
    }
  }
  for (const end of ends) {
    openUntil(at(steps, end).complete)
    const after = advance(model, steps, possible, open, (one) => one.done.has(end))
    if (after === undefined) return { is: 'undecided', step: end }
    if (after.length === 0) return { is: 'illegal', step: end }
    open.delete(end)
    possible = unique(
      model,
      after.map(({ state, done }) => ({ state, done: without(done, end) })),
    )
  }
  return hasAll(model, steps, possible, open)
}

/** Steps without an end that had an effect for certain must still fit somewhere. */
function hasAll<State>(
  model: Model<State>,
  steps: readonly Step<State>[],
  possible: readonly Configuration<State>[],
  open: ReadonlySet<number>,
): Verdict {
  const wanted = steps
    .map((_, i) => i)
    .filter((i) => at(steps, i).complete === Number.POSITIVE_INFINITY && !at(steps, i).isOptional)
  const all = new Set([...open, ...wanted])
  const [first] = wanted
  if (first === undefined) return { is: 'legal' }
  const after = advance(model, steps, possible, all, ({ done }) => wanted.every((i) => done.has(i)))
  if (after === undefined) return { is: 'undecided', step: first }
  return after.length > 0 ? { is: 'legal' } : { is: 'illegal', step: first }
}

/** All configurations to which the open steps lead and in which the goal is reached, none of them further than it. */
function advance<State>(
  model: Model<State>,
  steps: readonly Step<State>[],
  from: readonly Configuration<State>[],
  open: ReadonlySet<number>,
  isGoal: (one: Configuration<State>) => boolean,
): Configuration<State>[] | undefined {
  const reached: Configuration<State>[] = []
  const seen = new Set<string>()
  const waiting = from.map((one) => observed(model, steps, one, open))
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const key = keyOf(model, one)
    if (seen.has(key)) continue
    seen.add(key)
    if (seen.size > MOST) return undefined
    if (isGoal(one)) {
      reached.push(one)
      continue
    }
    const { state, done } = one
    for (const i of open) {
      const next = done.has(i) ? undefined : at(steps, i).apply(state)
      if (next === undefined) continue
      const marked = at(steps, i).isUnmarked ? done : new Set([...done, i])
      waiting.push(observed(model, steps, { state: next, done: marked }, open))
    }
    const drifted = model.drift?.(state)
    if (drifted !== undefined) waiting.push(observed(model, steps, { state: drifted, done }, open))
  }
  return reached
}

/** Whoever observes and learns nothing new of this state is done with it: no other place would serve better. */
function observed<State>(
  model: Model<State>,
  steps: readonly Step<State>[],
  { state, done }: Configuration<State>,
  open: ReadonlySet<number>,
): Configuration<State> {
  const key = model.key(state)
  const all = new Set(done)
  for (const i of open) {
    if (all.has(i) || !at(steps, i).isObserver) continue
    const after = at(steps, i).apply(state)
    if (after !== undefined && model.key(after) === key) all.add(i)
  }
  return { state, done: all }
}

function unique<State>(model: Model<State>, all: readonly Configuration<State>[]): Configuration<State>[] {
  return [...new Map(all.map((one) => [keyOf(model, one), one])).values()]
}

function keyOf<State>(model: Model<State>, { state, done }: Configuration<State>): string {
  return `${model.key(state)}|${[...done].sort((a, b) => a - b).join()}`
}

function without(set: ReadonlySet<number>, item: number): Set<number> {
  const rest = new Set(set)
  rest.delete(item)
  return rest
}

function at<State>(steps: readonly Step<State>[], index: number): Step<State> {
  const step = steps[index]
  if (step === undefined) throw new Error(`no step ${index}`)
  return step
}
