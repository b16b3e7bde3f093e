import type { Fault } from '../history.ts'
import type { Finding } from './finding.ts'
import { found } from './log.ts'
import { type Problem, problemOf, type SessionStep } from './model.ts'
import { search } from './search.ts'
import type { SessionHistory } from './session-history.ts'

type Found = Omit<Finding, 'session'>

/** Whether some order of a session's calls explains its conditional commits and what was read of it. */
export function* checkLinear(history: SessionHistory): Generator<Found> {
  // What is parked has two courses, of which the reads show now one, now the other.
  if (history.parked) return
  const fault = faultOf(problemOf(history))
  if (fault) yield fault
}

/**
 * The same where a takeover may lose writes: from each one on anything may be the state, and a call across it may
 * have had its effect before, after, or twice.
 */
export function* checkSegments(history: SessionHistory, takeovers: readonly Fault[]): Generator<Found> {
  const bounds = takeovers.map(({ begin, end }) => ({ begin, end })).sort((a, b) => a.begin - b.begin)
  let from = 0
  for (const { begin, end } of [
    ...bounds,
    { begin: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY },
  ]) {
    const start = from === 0 ? history.start : {}
    const fault = faultOf(segment({ ...history, start }, from, begin))
    if (fault) yield fault
    from = end
  }
}

function segment(history: SessionHistory, from: number, until: number): Problem {
  const { model, steps } = problemOf(history, { mayBeLost: true })
  const within = steps.filter(({ invoke, complete }) => invoke < until && complete > from)
  const isWhole = ({ invoke, complete }: SessionStep) => invoke >= from && complete <= until
  return {
    model,
    // An observer across the border saw one of the two sides.
    steps: within.flatMap((one) => {
      if (isWhole(one)) return [one]
      return one.isObserver ? [] : [{ ...one, isOptional: true, complete: Number.POSITIVE_INFINITY }]
    }),
  }
}

function faultOf({ model, steps }: Problem): Found | undefined {
  const verdict = search(model, steps)
  if (verdict.is === 'legal') return undefined
  const at = steps[verdict.step]
  const [op] = at?.ops ?? []
  const subject = op ? `${op.client}#${op.n}` : ''
  if (verdict.is === 'undecided')
    return found('undecided', subject, 'the search met too many possible orders', op && [op])
  return found('not-linearizable', subject, `no order of the calls explains the answer to ${subject}`, [
    ...(at?.ops ?? []),
  ])
}
