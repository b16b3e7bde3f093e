import { check } from './checker/check.ts'
import type { Claims } from './checker/claims.ts'
import { type Finding, isSame } from './checker/finding.ts'
import { isRead } from './checker/session-history.ts'
import type { History, Op } from './history.ts'

/** As few of the calls as still show a finding, which is the same one: what is left out cannot have made it. */
export function minimise(history: History, finding: Finding, claims: Claims): History {
  const session = history.ops.filter((op) => op.session === finding.session)
  const starts = new Map([...history.starts].filter(([id]) => id === finding.session))
  const own: History = { ...history, ops: session, starts }
  const shows = (part: History) => {
    const { findings, allowed } = check(part, claims)
    return [...findings, ...allowed].some((one) => isSame(one, finding))
  }
  // What is of no history, such as a process that hangs.
  if (!shows(own)) return { ...history, ops: finding.ops, faults: [] }
  if (isOfSearch(finding)) return minimiseSearch(own, finding, shows)
  const withOps = (ops: readonly Op[]): History => ({ ...own, ops })
  // Mostly the calls that it names are enough.
  const named = session.filter((op) => finding.ops.some((one) => one.client === op.client && one.n === op.n))
  const from = shows(withOps(named)) ? named : session
  return withOps(fewest(from, (ops) => shows(withOps(ops))))
}

function isOfSearch({ kind }: Finding): boolean {
  return kind === 'not-linearizable' || kind === 'lost-commit' || kind === 'undecided'
}

/**
 * A commit that is left out makes a hole, which no order explains either. So what goes is all that came before some
 * version, what only looked, and what began after the end and says nothing of the versions before it.
 */
function minimiseSearch(history: History, finding: Finding, shows: (part: History) => boolean): History {
  const [failed] = finding.ops
  const final = history.ops.findLast(({ call }) => call.f === 'final')
  const isKept = (op: Op) => op === final || (op.client === failed?.client && op.n === failed.n)
  const since = (version: number): History => ({
    ...history,
    ops: history.ops.filter((op) => isKept(op) || isAfter(op, version, final)),
    starts: new Map([[finding.session, { version }]]),
  })
  let best = history
  let [from, to] = [1, final?.answer?.version ?? 1]
  while (from < to) {
    const middle = (from + to) >> 1
    const part = since(middle)
    if (shows(part)) {
      best = part
      from = middle + 1
    } else to = middle
  }
  const isLater = ({ invoke }: Op) => invoke > (failed?.complete ?? 0)
  const mayGo = (op: Op) => !isKept(op) && (op.outcome === 'fail' || isRead(op.call.f) || isLater(op))
  const kept = best.ops.filter((op) => !mayGo(op))
  const joined = (ops: readonly Op[]) => [...kept, ...ops].sort((a, b) => a.invoke - b.invoke)
  const few = fewest(best.ops.filter(mayGo), (ops) => shows({ ...best, ops: joined(ops) }))
  return { ...best, ops: joined(few) }
}

/** Whether a call can have made or seen a later version, or just this one. */
function isAfter(op: Op, version: number, final: Op | undefined): boolean {
  const { call, outcome, answer, current } = op
  if (isRead(call.f) || outcome === 'fail') return (answer?.version ?? current?.version ?? 0) >= version
  if (call.f === 'set') return call.ifVersion >= version
  // One of unknown end may come at any time.
  if (call.f === 'amend') return (answer?.rows?.[0]?.[2] ?? version + 1) > version
  const [id] = call.f === 'append' ? call.ids : []
  const placed = final?.answer?.rows?.find((row) => row[1] === id)
  return (answer?.rows?.[0]?.[2] ?? placed?.[2] ?? 0) > version
}

/** Delta debugging (Zeller): leaves out ever smaller parts as long as the rest passes the test. */
export function fewest<T>(items: readonly T[], passes: (items: readonly T[]) => boolean): readonly T[] {
  let rest = items
  for (let size = Math.ceil(rest.length / 2); size >= 1; ) {
    let isSmaller = false
    for (let begin = 0; begin < rest.length; ) {
      const without = [...rest.slice(0, begin), ...rest.slice(begin + size)]
      if (passes(without)) {
        rest = without
        isSmaller = true
      } else begin += size
    }
    if (size === 1 && !isSmaller) break
    size = Math.max(1, size >> 1)
  }
  return rest
}
