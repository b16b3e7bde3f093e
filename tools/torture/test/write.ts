import type { Answer, Call, Current, Event, History, Row } from '../src/history.ts'
import { toHistory } from '../src/history.ts'

/** A call as a test writes it down: who, from when to when, what, and how it ended. */
export interface Written {
  readonly who: string
  readonly from: number
  readonly to: number
  readonly call: Call
  readonly answer?: Answer
  readonly fail?: { readonly code: string; readonly current?: Current }
}

/** A history of one new session; a call without answer and failure is one whose end nobody knows. */
export function written(calls: readonly Written[], more: readonly Event[] = []): History {
  const events: Event[] = [
    { t: 0, type: 'start', session: 's', state: { version: 1, lastSeq: 0, value: null } },
    ...more,
  ]
  for (const [op, { who, from, to, call, answer, fail }] of calls.entries()) {
    const of = { client: who, op } as const
    events.push({ ...of, t: from, type: 'invoke', session: 's', call })
    if (answer) events.push({ ...of, t: to, type: 'ok', answer })
    else if (fail) events.push({ ...of, t: to, type: 'fail', ...fail })
    else events.push({ ...of, t: to, type: 'unknown', code: 'STORE_UNAVAILABLE' })
  }
  return toHistory(events)
}

/** An append of messages that were stored from this seq on, as this version. */
export const stored = (ids: readonly string[], seq: number, version: number): Answer => ({
  rows: ids.map((id, i): Row => [seq + i, id, version, '']),
})

/** What a final read shows of messages that were appended one by one. */
export function logOf(ids: readonly string[], more: Answer = {}): Answer {
  return {
    rows: ids.map((id, i): Row => [i + 1, id, i + 2, '']),
    ...{ version: ids.length + 1, lastSeq: ids.length, value: null, turns: {} },
    ...more,
  }
}
