import type { Append, History, Op, Row, Start } from '../history.ts'

/** All calls that sent the same messages: at most one of them adds these, the others find them. */
export interface Sending {
  readonly call: Append
  readonly ops: readonly Op<Append>[]
  /** When the messages may be there at the earliest, and must be at the latest. */
  readonly invoke: number
  readonly complete: number
  /** Each of the calls failed for certain. */
  readonly hasFailed: boolean
  /** As the first acknowledgement told them. */
  readonly rows: readonly Row[] | undefined
}

/** Where a message was seen. */
export interface Sight {
  readonly row: Row
  readonly op: Op
}

/** What happened to one session, as the checks look at it. */
export interface SessionHistory {
  readonly session: string
  readonly start: Start
  /** By their invocation. */
  readonly ops: readonly Op[]
  readonly sendings: readonly Sending[]
  /** Of each message that was sent, its sending. */
  readonly sent: ReadonlyMap<string, Sending>
  readonly reads: readonly Op[]
  readonly final: Op | undefined
  /** The final read's messages. */
  readonly log: readonly Row[]
  /** Of each message in the log, where it is. */
  readonly placed: ReadonlyMap<string, Row>
  /** Of each message, each different place where it was seen. */
  readonly sights: ReadonlyMap<string, readonly Sight[]>
  readonly parked: ReadonlySet<string> | undefined
  readonly wall: History['wall']
}

/** A history falls apart by sessions, since nothing spans two of them. */
export function bySession(history: History): SessionHistory[] {
  const sessions = new Map<string, Op[]>([...history.starts.keys()].map((session) => [session, []]))
  for (const op of history.ops) {
    const ops = sessions.get(op.session)
    if (ops) ops.push(op)
    else sessions.set(op.session, [op])
  }
  return [...sessions].map(([session, ops]) => sessionHistory(session, ops, history))
}

function sessionHistory(session: string, ops: readonly Op[], history: History): SessionHistory {
  const sendings = sendingsOf(ops)
  const reads = ops.filter(({ call, answer }) => isRead(call.f) && answer !== undefined)
  const final = reads.findLast(({ call }) => call.f === 'final')
  const log = final?.answer?.rows ?? []
  return {
    ...{ session, ops, sendings, reads, final, log },
    start: history.starts.get(session) ?? {},
    sent: new Map(sendings.flatMap((sending) => sending.call.ids.map((id) => [id, sending]))),
    placed: new Map(log.map((row) => [row[1], row])),
    sights: sightsOf(ops),
    parked: history.parked.get(session),
    wall: history.wall,
  }
}

export function isRead(f: Op['call']['f']): boolean {
  return f === 'last' || f === 'page' || f === 'session' || f === 'final'
}

function sendingsOf(ops: readonly Op[]): Sending[] {
  const groups = new Map<string, Op<Append>[]>()
  for (const op of ops) {
    if (op.call.f !== 'append') continue
    const first = op.call.ids[0] ?? ''
    const group = groups.get(first)
    if (group) group.push(op as Op<Append>)
    else groups.set(first, [op as Op<Append>])
  }
  return [...groups.values()].map((group) => {
    const acknowledged = group
      .filter(({ outcome }) => outcome === 'ok')
      .sort((a, b) => a.complete - b.complete)[0]
    return {
      call: (group[0] as Op<Append>).call,
      ops: group,
      invoke: Math.min(...group.map(({ invoke }) => invoke)),
      complete: acknowledged?.complete ?? Number.POSITIVE_INFINITY,
      hasFailed: group.every(({ outcome }) => outcome === 'fail'),
      rows: acknowledged?.answer?.rows,
    }
  })
}

function sightsOf(ops: readonly Op[]): Map<string, Sight[]> {
  const all = new Map<string, Sight[]>()
  for (const op of ops)
    for (const row of op.answer?.rows ?? []) {
      const sights = all.get(row[1])
      if (sights === undefined) all.set(row[1], [{ row, op }])
      else if (!sights.some((sight) => sight.row[0] === row[0])) sights.push({ row, op })
    }
  return all
}
