import { describe, expect, test } from 'vitest'
import { check } from '../src/checker/check.ts'
import type { Claims } from '../src/checker/claims.ts'
import { type Event, type History, toHistory } from '../src/history.ts'
import { fewest, minimise } from '../src/minimise.ts'
import { print } from '../src/print.ts'
import { PLANTED } from './planted.ts'
import { simulate } from './simulate.ts'
import { logOf, stored, written } from './write.ts'

const KEPT: Claims = { durability: 'kept', clock: 'server' }
const LOSSY: Claims = { durability: 'failover', clock: 'server' }
const kindsIn = (history: History, claims = KEPT) => check(history, claims).findings.map(({ kind }) => kind)
const failover = (begin: number, end: number): Event[] => [
  { t: begin, type: 'fault', fault: 'failover', phase: 'begin', takeover: 'server' },
  { t: end, type: 'fault', fault: 'failover', phase: 'end', takeover: 'server' },
]

describe('what is planted is found, and its legal twin is not', () => {
  test.for(PLANTED)('$name: $kind', ({ kind, wrong, right }) => {
    expect(kindsIn(wrong)).toContain(kind)
    expect(check(right, KEPT).findings).toEqual([])
  })
})

describe('histories of a store that cannot be wrong', () => {
  test.for([100, 200, 300, 400, 500, 600])('50 seeds from %i on: nothing is found', (from) => {
    for (let seed = from; seed < from + 50; seed++) {
      const history = toHistory(simulate(seed, 200))
      expect(check(history, KEPT).findings, `seed ${seed}`).toEqual([])
      expect(check(history, LOSSY), `seed ${seed}`).toEqual({ findings: [], allowed: [] })
    }
  })

  test('of 20,000 calls the check takes seconds, not minutes', () => {
    const history = toHistory(
      simulate(
        7,
        20_000,
        Array.from({ length: 16 }, (_, i) => `c${i}`),
      ),
    )
    expect(history.ops.length).toBeGreaterThan(20_000)
    expect(check(history, KEPT).findings).toEqual([])
  })
})

describe('planted at random', () => {
  /** Changes one answer of a legal history; answers whether it found one to change. */
  const PLANTS: Readonly<Record<string, (events: Event[]) => boolean>> = {
    'a message taken out of the log': (events) => takeOut(events),
    'two messages of the log in each other’s place': (events) => swap(events),
    'a version far too high': (events) => raise(events),
  }
  test.for(Object.keys(PLANTS))('%s is found in every history', (name) => {
    for (let seed = 1; seed <= 60; seed++) {
      const events = simulate(seed, 150)
      if (!PLANTS[name]?.(events)) continue
      expect(kindsIn(toHistory(events)), `seed ${seed}`).not.toEqual([])
    }
  })
})

describe('a store that claims less', () => {
  const lost = [
    { who: 'a', from: 1, to: 5, call: { f: 'append', ids: ['a1'] }, answer: stored(['a1'], 1, 2) },
    { who: 'b', from: 20, to: 25, call: { f: 'append', ids: ['b1'] }, answer: stored(['b1'], 1, 2) },
    { who: 'z', from: 30, to: 35, call: { f: 'final' }, answer: logOf(['b1']) },
  ] as const

  test('what a failover lost is allowed, and told', () => {
    const { findings, allowed } = check(written(lost, failover(8, 15)), LOSSY)
    expect(findings).toEqual([])
    expect(allowed.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['lost-append', 'seq-reused', 'version-reused', 'lost-commit']),
    )
  })

  test('not without a failover, nor where the failover came later, nor for a store that claims more', () => {
    expect(kindsIn(written(lost), LOSSY)).toContain('lost-append')
    expect(kindsIn(written(lost, failover(40, 50)), LOSSY)).toContain('lost-append')
    expect(kindsIn(written(lost, failover(8, 15)), KEPT)).toContain('lost-append')
  })

  test.for([
    'doubled-append',
    'half-batch',
    'reordered',
    'late-write',
    'half-turn',
    'phantom',
    'gap',
  ] as const)('a failover is no excuse for %s', (kind) => {
    for (const { wrong } of PLANTED.filter((one) => one.kind === kind)) {
      const faults = [{ name: 'failover', begin: 0, end: 900, takeover: 'server' as const }]
      expect(kindsIn({ ...wrong, faults }, LOSSY)).toContain(kind)
    }
  })

  test('what was read before it was acknowledged may go with the process, what was acknowledged may not', () => {
    const claims: Claims = { durability: 'acknowledged', clock: 'client' }
    const killed = [{ name: 'client killed', begin: 9, end: 15, takeover: 'client' as const }]
    const [vanished] = PLANTED.filter(({ kind }) => kind === 'vanished')
    const [lostAppend] = PLANTED.filter(({ kind }) => kind === 'lost-append')
    if (!vanished || !lostAppend) expect.fail('nothing planted')
    expect(check({ ...vanished.wrong, faults: killed }, claims)).toMatchObject({
      findings: [],
      allowed: [{ kind: 'vanished' }, { kind: 'lost-commit' }],
    })
    expect(kindsIn(vanished.wrong, claims)).toContain('vanished')
    expect(kindsIn({ ...vanished.wrong, faults: killed }, LOSSY)).toContain('vanished')
    expect(kindsIn({ ...lostAppend.wrong, faults: killed }, claims)).toContain('lost-append')
  })

  test('what lies wholly between two failovers has an order', () => {
    const { wrong } = PLANTED.find(({ kind }) => kind === 'not-linearizable') ?? {}
    if (!wrong) expect.fail('nothing planted')
    const faults = [{ name: 'failover', begin: 2000, end: 2100, takeover: 'server' as const }]
    expect(kindsIn({ ...wrong, faults }, LOSSY)).toContain('not-linearizable')
  })
})

describe('accepted writes that are parked', () => {
  test('are not lost, and those that are in neither place are', () => {
    const calls = [
      { who: 'a', from: 1, to: 5, call: { f: 'append', ids: ['a1'] }, answer: stored(['a1'], 1, 2) },
      { who: 'z', from: 30, to: 35, call: { f: 'final' }, answer: logOf([]) },
    ] as const
    const parked = (ids: string[]): Event[] => [{ t: 20, type: 'parked', session: 's', ids }]
    expect(kindsIn(written(calls, parked(['a1'])))).toEqual([])
    expect(kindsIn(written(calls, parked(['a2'])))).toEqual(['lost-append'])
  })
})

describe('the clock', () => {
  test('of a server is near to that of the machine, whatever a client thinks', () => {
    const read = (updatedAt: number) =>
      written(
        [{ who: 'z', from: 10, to: 20, call: { f: 'final' }, answer: logOf([], { updatedAt }) }],
        [{ t: 0, type: 'wall', ms: 1_000_000_000 }],
      )
    expect(kindsIn(read(1_000_000_100))).toEqual([])
    expect(kindsIn(read(1_000_000_000 + 86_400_000))).toEqual(['wrong-clock'])
    expect(kindsIn(read(1_000_000_000 - 86_400_000))).toEqual(['wrong-clock'])
    expect(kindsIn(read(1_000_000_000 - 86_400_000), { ...KEPT, clock: 'client' })).toEqual([])
  })
})

describe('a failing history is made small', () => {
  test('delta debugging leaves what the test needs', () => {
    const items = Array.from({ length: 200 }, (_, i) => i)
    const passes = (rest: readonly number[]) => [17, 63, 180].every((one) => rest.includes(one))
    expect(fewest(items, passes)).toEqual([17, 63, 180])
  })

  test.for([
    ['a message that is not in the log', takeOut, 'lost-append', 3],
    ['a version that cannot be', raise, 'not-linearizable', 12],
  ] as const)('%s: of 2,000 calls a few are left, and print', ([, plant, kind, most]) => {
    const events = simulate(3, 2_000)
    expect(plant(events)).toBe(true)
    const history = toHistory(events)
    const finding = check(history, KEPT).findings.find((one) => one.kind === kind)
    if (!finding) expect.fail('nothing is found')
    const small = minimise(history, finding, KEPT)
    expect(small.ops.length).toBeLessThanOrEqual(most)
    expect(kindsIn(small)).toContain(kind)
    const text = print(finding, small)
    expect(text).toContain(kind)
    expect(text.split('\n').length).toBeLessThanOrEqual(most + 3)
  })
})

/** Of the messages that somebody was told of, one that stands in the middle of the final log. */
function takeOut(events: Event[]): boolean {
  const told = new Set(
    events.flatMap((event) => (event.type === 'ok' && !isFinal(event) ? [idOf(event)] : [])),
  )
  return edit(events, isFinal, (rows) => {
    const index = rows.findIndex(
      ([, id], i) => i > 1 && i < rows.length - 1 && told.has(id) && id.endsWith('.0'),
    )
    if (index < 0) return undefined
    return rows.filter((_, i) => i !== index).map(([, ...rest], i) => [i + 1, ...rest] as const)
  })
}

function swap(events: Event[]): boolean {
  return edit(events, isFinal, (rows) => {
    const [a, b] = [rows[1], rows[rows.length - 2]]
    if (rows.length < 8 || !a || !b) return undefined
    return rows.map((row) =>
      row === a ? [a[0], b[1], b[2], b[3]] : row === b ? [b[0], a[1], a[2], a[3]] : row,
    )
  })
}

/** Somebody reads a version that is not yet there. */
function raise(events: Event[]): boolean {
  const index = events.findIndex(
    (event, i) =>
      i > events.length / 2 && event.type === 'ok' && event.client !== 'final' && event.answer.turns,
  )
  const event = events[index]
  if (event?.type !== 'ok') return false
  events[index] = { ...event, answer: { ...event.answer, version: (event.answer.version ?? 0) + 20 } }
  return true
}

function isFinal(event: Event): boolean {
  return event.type === 'ok' && event.client === 'final'
}

function idOf(event: Event): string {
  return event.type === 'ok' ? (event.answer.rows?.[0]?.[1] ?? '') : ''
}

type Rows = NonNullable<Extract<Event, { type: 'ok' }>['answer']['rows']>

function edit(
  events: Event[],
  which: (event: Event) => boolean,
  change: (rows: Rows) => Rows | undefined,
): boolean {
  const index = events.findIndex(which)
  const event = events[index]
  if (event?.type !== 'ok') return false
  const rows = change(event.answer.rows ?? [])
  if (rows) events[index] = { ...event, answer: { ...event.answer, rows } }
  return rows !== undefined
}
