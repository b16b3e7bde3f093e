/** What a client asks of a session. */
export type Call = Append | SetRegister | Amend | Read

/** Messages next to each other; the same ids again are a repeat. With a turn, the context says in the same step how far its client is. */
export interface Append {
  readonly f: 'append'
  readonly ids: readonly string[]
  readonly ifLastSeq?: number
  readonly turn?: { readonly key: string; readonly n: number }
}

/** A compare-and-set of the session's register, a key of its context; each value is written by one call only. */
export interface SetRegister {
  readonly f: 'set'
  readonly value: string
  readonly ifVersion: number
}

/** Gives a message another content, told from all others by `rev`. */
interface Amend {
  readonly f: 'amend'
  readonly id: string
  readonly rev: string
}

/** The newest messages; a page of them; the session's fields and context with its newest messages; all of it, once everything is over. */
type Read =
  | { readonly f: 'last'; readonly last: number }
  | { readonly f: 'page'; readonly afterSeq: number; readonly limit: number }
  | { readonly f: 'session'; readonly last: number }
  | { readonly f: 'final' }

/** A message as an answer shows it: `rev` is that of its last amendment, `''` before any, `null` where the content is nobody's. */
export type Row = readonly [seq: number, id: string, version: number, rev: string | null]

/** What an answer tells; what it does not tell is absent. */
export interface Answer {
  readonly rows?: readonly Row[]
  readonly version?: number
  readonly lastSeq?: number
  /** Of the register; `null` where it was never set. */
  readonly value?: string | null
  readonly turns?: Readonly<Record<string, number>>
  /** Milliseconds since the epoch, by the clock of the store. */
  readonly updatedAt?: number
  /** The store said that this may be old. */
  readonly isStale?: boolean
}

/** The session as a conflict found it. */
export interface Current {
  readonly version: number
  readonly lastSeq: number
}

/** Times are microseconds of the machine's monotonic clock, which all its processes share. */
export type Event =
  | {
      readonly t: number
      readonly type: 'invoke'
      readonly client: string
      readonly op: number
      readonly session: string
      readonly call: Call
    }
  | {
      readonly t: number
      readonly type: 'ok'
      readonly client: string
      readonly op: number
      readonly answer: Answer
    }
  | {
      readonly t: number
      readonly type: 'fail' | 'unknown'
      readonly client: string
      readonly op: number
      readonly code: string
      readonly current?: Current
    }
  | {
      readonly t: number
      readonly type: 'fault'
      readonly fault: string
      readonly phase: 'begin' | 'end'
      /** Whether another one takes its place: what that lacks may be lost. */
      readonly takeover?: Takeover
    }
  /** A session as it was before the first call. */
  | { readonly t: number; readonly type: 'start'; readonly session: string; readonly state: Start }
  /** Accepted writes that a failover could not replay, and keeps. */
  | { readonly t: number; readonly type: 'parked'; readonly session: string; readonly ids: readonly string[] }
  /** What a clock that nobody moved said. */
  | { readonly t: number; readonly type: 'wall'; readonly ms: number }

/** What is replaced by another of its kind. */
export type Takeover = 'client' | 'server'

/** What is absent is not known. */
export interface Start {
  readonly version?: number
  readonly lastSeq?: number
  readonly value?: string | null
}

/** A call with its end; one without has `complete: Infinity` and may take effect at any time after its invocation. */
export interface Op<C extends Call = Call> {
  readonly client: string
  readonly n: number
  readonly session: string
  readonly call: C
  readonly invoke: number
  readonly complete: number
  /** When its client was answered, be it that nobody knows. */
  readonly ended?: number
  readonly outcome: 'ok' | 'fail' | 'unknown'
  readonly answer?: Answer
  readonly code?: string
  readonly current?: Current
}

export interface Fault {
  readonly name: string
  readonly begin: number
  readonly end: number
  readonly takeover: Takeover | undefined
}

export interface History {
  /** By their invocation. */
  readonly ops: readonly Op[]
  readonly faults: readonly Fault[]
  readonly starts: ReadonlyMap<string, Start>
  readonly parked: ReadonlyMap<string, ReadonlySet<string>>
  readonly wall?: { readonly t: number; readonly ms: number }
}

const key = (client: string, op: number) => `${client}#${op}`

/** Joins what happened to one history; events of one client must be in order. */
export function toHistory(events: Iterable<Event>): History {
  const open = new Map<string, Op>()
  const faults: Fault[] = []
  const starts = new Map<string, Start>()
  const parked = new Map<string, Set<string>>()
  let wall: History['wall']
  for (const event of events) {
    if (event.type === 'invoke') {
      const { client, op, session, call, t } = event
      const ends = { complete: Number.POSITIVE_INFINITY, outcome: 'unknown' } as const
      open.set(key(client, op), { client, n: op, session, call, invoke: t, ...ends })
    } else if (event.type === 'start') starts.set(event.session, event.state)
    else if (event.type === 'parked')
      parked.set(event.session, new Set([...(parked.get(event.session) ?? []), ...event.ids]))
    else if (event.type === 'wall') wall = { t: event.t, ms: event.ms }
    else if (event.type === 'fault') noteFault(faults, event)
    else {
      const invoked = open.get(key(event.client, event.op))
      if (invoked) open.set(key(event.client, event.op), ended(invoked, event))
    }
  }
  const ops = [...open.values()].sort((a, b) => a.invoke - b.invoke)
  return { ops, faults, starts, parked, ...(wall && { wall }) }
}

function ended(op: Op, event: Extract<Event, { type: 'ok' | 'fail' | 'unknown' }>): Op {
  const ended = event.t
  if (event.type === 'ok') return { ...op, complete: ended, ended, outcome: 'ok', answer: event.answer }
  const { code, current } = event
  const told = { code, ended, ...(current && { current }) }
  // What is not known to have failed may still arrive.
  if (event.type === 'unknown') return { ...op, ...told }
  return { ...op, ...told, complete: event.t, outcome: 'fail' }
}

function noteFault(faults: Fault[], event: Extract<Event, { type: 'fault' }>): void {
  const { fault: name, t, phase, takeover } = event
  if (phase === 'begin') faults.push({ name, begin: t, end: Number.POSITIVE_INFINITY, takeover })
  else {
    const index = faults.findLastIndex((one) => one.name === name && one.end === Number.POSITIVE_INFINITY)
    const begun = faults[index]
    if (begun) faults[index] = { ...begun, end: t }
  }
}
