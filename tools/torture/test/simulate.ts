import type { Answer, Call, Event, Row } from '../src/history.ts'
import { derive, Random } from '../src/random.ts'
import { type Settled, Workload } from '../src/workload.ts'

/** A store that cannot be wrong: everything happens at one moment. */
class ModelSession {
  readonly #rows: { id: string; version: number; rev: string }[] = []
  readonly #turns: Record<string, number> = {}
  #version = 1
  #value: string | null = null

  apply(call: Call): Answer | { readonly conflict: { version: number; lastSeq: number } } {
    const conflict = { version: this.#version, lastSeq: this.#rows.length }
    switch (call.f) {
      case 'append': {
        if (!this.#rows.some(({ id }) => id === call.ids[0])) {
          if (call.ifLastSeq !== undefined && call.ifLastSeq !== this.#rows.length) return { conflict }
          this.#version++
          for (const id of call.ids) this.#rows.push({ id, version: this.#version, rev: '' })
          if (call.turn) this.#turns[call.turn.key] = call.turn.n
        }
        return { rows: this.#all().filter(([, id]) => call.ids.includes(id)) }
      }
      case 'set':
        if (call.ifVersion !== this.#version) return { conflict }
        this.#version++
        this.#value = call.value
        return { version: this.#version, lastSeq: this.#rows.length }
      case 'amend': {
        const index = this.#rows.findIndex(({ id }) => id === call.id)
        this.#version++
        this.#rows[index] = { id: call.id, version: this.#version, rev: call.rev }
        return { rows: [this.#all()[index] as Row] }
      }
      case 'last':
        return { rows: this.#all().slice(-call.last) }
      case 'page':
        return { rows: this.#all().slice(call.afterSeq, call.afterSeq + call.limit) }
      case 'session':
        return this.#shown(this.#all().slice(-call.last))
      case 'final':
        return this.#shown(this.#all())
    }
  }

  #all(): Row[] {
    return this.#rows.map(({ id, version, rev }, i) => [i + 1, id, version, rev])
  }

  #shown(rows: readonly Row[]): Answer {
    const [version, lastSeq] = [this.#version, this.#rows.length]
    return { rows, version, lastSeq, value: this.#value, turns: { ...this.#turns } }
  }
}

/** Clients that call such a store all at once, with answers that get lost and calls that arrive late or never. */
export function simulate(seed: number, calls: number, names = ['a', 'b', 'c', 'd']): Event[] {
  const random = new Random(seed)
  const sessions = ['s', 't'].slice(0, random.whole(1, 2))
  const models = new Map(sessions.map((session) => [session, new ModelSession()]))
  const events: Event[] = sessions.map((session) => ({
    ...{ t: 0, type: 'start', session },
    state: { version: 1, lastSeq: 0, value: null },
  }))
  const agenda: { t: number; run: (t: number) => void }[] = []
  const later = (t: number, run: (t: number) => void) => void agenda.push({ t, run })
  const clients = names.map((client) => ({
    client,
    op: 0,
    workload: new Workload(new Random(derive(seed, client)), client, sessions),
  }))
  let left = calls
  const begin = (of: (typeof clients)[number], t: number) => {
    if (left-- <= 0) return
    const { session, call } = of.workload.next()
    const op = of.op++
    events.push({ t, type: 'invoke', client: of.client, op, session, call })
    const [effect, end] = [t + random.whole(1, 40), t + random.whole(41, 80)]
    const fate = random.weighted({ ok: 85, none: 5, unknown: 5, late: 5 })
    const settled = (how: Settled, told = {}) => {
      of.workload.settled(session, call, how, told)
      later(end + random.whole(1, 30), (now) => begin(of, now))
    }
    const gone = (type: 'fail' | 'unknown') =>
      later(end, (now) => {
        events.push({ t: now, type, client: of.client, op, code: 'STORE_UNAVAILABLE' })
        settled(type)
      })
    const model = models.get(session) as ModelSession
    if (fate === 'none') gone('fail')
    else if (fate !== 'ok') {
      gone('unknown')
      if (random.chance(0.7))
        later(effect + (fate === 'late' ? random.whole(100, 1000) : 0), () => model.apply(call))
    } else
      later(effect, () => {
        const answer = model.apply(call)
        later(end, (now) => {
          const of2 = { client: of.client, op, t: now } as const
          if ('conflict' in answer) {
            events.push({ ...of2, type: 'fail', code: 'CONFLICT', current: answer.conflict })
            settled('fail', answer.conflict)
          } else {
            events.push({ ...of2, type: 'ok', answer })
            settled('ok', toldBy(answer))
          }
        })
      })
  }
  for (const one of clients) later(random.whole(1, 30), (t) => begin(one, t))
  let last = 0
  while (agenda.length > 0) {
    const next = agenda.reduce((a, b) => (b.t < a.t ? b : a))
    agenda.splice(agenda.indexOf(next), 1)
    last = next.t
    next.run(next.t)
  }
  for (const [index, [session, model]] of [...models].entries()) {
    const call = { f: 'final' } as const
    events.push({ t: last + 1, type: 'invoke', client: 'final', op: index, session, call })
    events.push({ t: last + 2, type: 'ok', client: 'final', op: index, answer: model.apply(call) as Answer })
  }
  return events
}

function toldBy({ rows, version, lastSeq }: Answer): { version?: number; lastSeq?: number } {
  const seen = lastSeq ?? rows?.at(-1)?.[0]
  return { ...(version !== undefined && { version }), ...(seen !== undefined && { lastSeq: seen }) }
}
