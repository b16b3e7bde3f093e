import type { Answer, Op, Row, Start } from '../history.ts'
import type { Model, Step } from './search.ts'
import type { Sending, SessionHistory } from './session-history.ts'

/** A step, and the calls that it stands for. */
export interface SessionStep extends Step<Start> {
  readonly ops: readonly Op[]
}

export interface Problem {
  readonly model: Model<Start>
  readonly steps: readonly SessionStep[]
}

export interface ProblemOptions {
  /** Whether an append of which no trace is left may have been applied all the same, and lost. */
  readonly mayBeLost: boolean
}

type Effect = (state: Start) => Start | undefined

/**
 * A session as a state of three fields: its version, its last seq and its register. What is not known of a state fits
 * every answer, and is known from then on.
 */
export function problemOf(history: SessionHistory, options: ProblemOptions = { mayBeLost: false }): Problem {
  const commits = [
    ...history.sendings.flatMap((sending) => appendSteps(sending, history, options)),
    ...history.ops.flatMap(writeSteps),
  ]
  const steps = [...commits.map(({ step }) => step), ...history.ops.flatMap(readSteps)]
  const claimed = new Set(commits.flatMap(({ version }) => (version === undefined ? [] : [version])))
  let highest = 0
  for (const version of claimed) highest = Math.max(highest, version)
  for (const { answer, current } of history.ops) highest = Math.max(highest, highestOf(answer, current))
  // A version that was told to somebody is nobody else's: this alone keeps the search from guessing.
  const isFree = (version: number | undefined) =>
    version !== undefined && version < highest && !claimed.has(version + 1)
  const isAmended = history.ops.some(({ call }) => call.f === 'amend')
  const drift = (state: Start) =>
    isFree(state.version) ? { ...state, version: (state.version ?? 0) + 1 } : undefined
  return {
    model: {
      initial: history.start,
      key: ({ version, lastSeq, value }) => `${version},${lastSeq},${value}`,
      // An amendment of which nobody knows may take a version, and one that a store sent twice takes two.
      ...(isAmended && { drift }),
    },
    steps: steps.map((one) => {
      if (!one.isOptional || one.isObserver) return one
      const apply = (state: Start) => (isFree(state.version) ? one.apply(state) : undefined)
      return { ...one, isUnmarked: true, apply }
    }),
  }
}

function highestOf(answer: Answer | undefined, current: Start | undefined): number {
  let highest = Math.max(answer?.version ?? 0, current?.version ?? 0)
  for (const [, , version] of answer?.rows ?? []) highest = Math.max(highest, version)
  return highest
}

interface Commit {
  readonly step: SessionStep
  /** The version that it made, where this is known. */
  readonly version: number | undefined
}

/** The append itself, and what of its repeats only found it. */
function appendSteps(sending: Sending, history: SessionHistory, options: ProblemOptions): Commit[] {
  const { call, ops, rows, invoke, complete, hasFailed } = sending
  const logged = call.ids.map((id) => history.placed.get(id)).filter((row) => row !== undefined)
  const known = rows ?? (logged.length === call.ids.length ? logged : undefined)
  const steps: Commit[] = options.mayBeLost ? lostSteps(sending) : []
  if (hasFailed || known === undefined) return steps
  const isOptional = rows === undefined && options.mayBeLost
  steps.push(appendStep(sending, { invoke, complete, isOptional }, known))
  for (const op of ops) {
    if (op.outcome !== 'ok' || op.complete <= complete) continue
    const again = op.answer?.rows ?? []
    // Lost in between, it was appended anew.
    if (options.mayBeLost && again[0]?.[0] !== known[0]?.[0])
      steps.push(appendStep(sending, { ...op, isOptional: false }, again))
    else {
      const last = known.at(-1)?.[0] ?? 0
      const isThere = ({ lastSeq }: Start) => lastSeq === undefined || lastSeq >= last
      steps.push({ step: observer(op, isThere), version: undefined })
    }
  }
  return steps
}

/** Each attempt whose end nobody knows may have been applied and lost. */
function lostSteps(sending: Sending): Commit[] {
  return sending.ops
    .filter(({ outcome }) => outcome === 'unknown')
    .map((op) => appendStep(sending, { ...op, isOptional: true }, []))
}

function appendStep(
  { call, ops }: Sending,
  time: Pick<SessionStep, 'invoke' | 'complete' | 'isOptional'>,
  rows: readonly Row[],
): Commit {
  const version = rows.find(([, , , rev]) => rev === '')?.[2]
  const firstSeq = rows[0]?.[0]
  const effect = commit({
    version,
    ...(call.ifLastSeq !== undefined && { ifLastSeq: call.ifLastSeq }),
    ...(firstSeq !== undefined && { firstSeq }),
    count: call.ids.length,
  })
  return { step: step(ops, time, effect), version }
}

interface Effects {
  readonly version?: number | undefined
  readonly ifVersion?: number
  readonly ifLastSeq?: number
  readonly firstSeq?: number
  readonly count?: number
  readonly value?: string
}

/** A commit: the version rises by one, and what it says of itself must fit. */
function commit({ version, ifVersion, ifLastSeq, firstSeq, count = 0, value }: Effects): Effect {
  return (state) => {
    const before = state.version ?? (version === undefined ? ifVersion : version - 1)
    if (version !== undefined && before !== version - 1) return undefined
    if (ifVersion !== undefined && before !== ifVersion) return undefined
    const seq = state.lastSeq ?? (firstSeq === undefined ? ifLastSeq : firstSeq - 1)
    if (count > 0 && firstSeq !== undefined && seq !== firstSeq - 1) return undefined
    if (ifLastSeq !== undefined && seq !== ifLastSeq) return undefined
    return {
      ...(before !== undefined && { version: before + 1 }),
      ...(count === 0 ? state.lastSeq !== undefined && { lastSeq: state.lastSeq } : seqAfter(seq, count)),
      ...(value === undefined ? state.value !== undefined && { value: state.value } : { value }),
    }
  }
}

function seqAfter(seq: number | undefined, count: number): Start {
  return seq === undefined ? {} : { lastSeq: seq + count }
}

function writeSteps(op: Op): Commit[] {
  const { call, answer, outcome, invoke, complete } = op
  if (call.f !== 'set' && call.f !== 'amend') return []
  if (outcome === 'fail' || (call.f === 'amend' && outcome === 'unknown')) return []
  const version = call.f === 'set' ? answer?.version : answer?.rows?.[0]?.[2]
  const effect = commit({
    version,
    ...(call.f === 'set' && { ifVersion: call.ifVersion, value: call.value }),
  })
  return [{ step: step([op], { invoke, complete, isOptional: outcome === 'unknown' }, effect), version }]
}

/** What a read and a missed condition showed. */
function readSteps(op: Op): SessionStep[] {
  const { call, answer, current } = op
  if (current) {
    const misses = (state: Start) =>
      call.f === 'set'
        ? state.version !== call.ifVersion
        : call.f !== 'append' || state.lastSeq !== call.ifLastSeq
    return [observer(op, (state) => (misses(state) ? shows(state, current) : undefined))]
  }
  if (op.outcome !== 'ok' || answer?.isStale || call.f === 'set' || call.f === 'amend' || call.f === 'append')
    return []
  const { version, value, rows = [] } = answer ?? {}
  const lastSeq = answer?.lastSeq ?? (call.f === 'last' ? (rows.at(-1)?.[0] ?? 0) : undefined)
  const shown = {
    ...(version !== undefined && { version }),
    ...(lastSeq !== undefined && { lastSeq }),
    ...(value !== undefined && { value }),
  }
  return [observer(op, (state) => shows(state, shown))]
}

/** The state with what was shown of it, where that fits. */
function shows(state: Start, shown: Start): Start | undefined {
  // Of a version that is not known nothing else is: what may have happened since need not be guessed.
  if (state.version === undefined && shown.version === undefined) return state
  const isOther = (['version', 'lastSeq', 'value'] as const).some(
    (field) => shown[field] !== undefined && state[field] !== undefined && shown[field] !== state[field],
  )
  return isOther ? undefined : { ...state, ...shown }
}

function step(
  ops: readonly Op[],
  { invoke, complete, isOptional }: Pick<SessionStep, 'invoke' | 'complete' | 'isOptional'>,
  apply: Effect,
): SessionStep {
  return { ops, invoke, complete, isOptional, isObserver: false, apply }
}

function observer(op: Op, apply: (state: Start) => Start | undefined | boolean): SessionStep {
  const { invoke, complete } = op
  return {
    ...{ ops: [op], invoke, complete, isOptional: true, isObserver: true },
    apply: (state) => {
      const after = apply(state)
      return typeof after === 'boolean' ? (after ? state : undefined) : after
    },
  }
}
