import type { Append, Call } from './history.ts'
import type { Random } from './random.ts'

/** How a call ended, as its client knows. */
export type Settled = 'ok' | 'fail' | 'unknown'

/** What a client saw of a session, perhaps long ago. */
interface Seen {
  lastSeq: number
  version: number
  /** Its appends that may be repeated: acknowledged, and amended by nobody. */
  readonly appends: Append[]
}

interface Pending {
  readonly session: string
  readonly call: Append
  tries: number
}

const WEIGHTS = {
  append: 26,
  batch: 10,
  turn: 8,
  condition: 12,
  set: 14,
  amend: 4,
  repeat: 3,
  last: 10,
  page: 7,
  session: 10,
} as const

const MOST_TRIES = 6
/** An append is repeated while it is among the newest so many. */
const REPEATABLE = 20

/** What one client does next, and what it remembers: one call at a time. */
export class Workload {
  readonly #random: Random
  readonly #client: string
  readonly #seen: ReadonlyMap<string, Seen>
  #count = 0
  #pending: Pending | undefined

  constructor(random: Random, client: string, sessions: readonly string[], pending?: Omit<Pending, 'tries'>) {
    this.#random = random
    this.#client = client
    this.#seen = new Map(sessions.map((session) => [session, { lastSeq: 0, version: 1, appends: [] }]))
    if (pending) this.#pending = { ...pending, tries: 0 }
  }

  next(): { readonly session: string; readonly call: Call } {
    const pending = this.#pending
    if (pending) {
      pending.tries++
      return pending
    }
    const session = this.#random.pick([...this.#seen.keys()])
    return { session, call: this.#call(this.#of(session)) }
  }

  /** @param told the session's counters, where the answer or the conflict showed them */
  settled(session: string, call: Call, how: Settled, told: Partial<Seen> = {}): void {
    const seen = this.#of(session)
    if (told.lastSeq !== undefined) seen.lastSeq = Math.max(seen.lastSeq, told.lastSeq)
    if (told.version !== undefined) seen.version = Math.max(seen.version, told.version)
    if (call.f === 'append') this.#settledAppend(seen, session, call, how)
    else if (call.f === 'amend') forget(seen, call.id)
  }

  #settledAppend(seen: Seen, session: string, call: Append, how: Settled): void {
    const isRepeat = this.#pending?.call === call
    const { tries } = this.#pending ?? { tries: 0 }
    // Of one that may have been applied, a failure of its repeat says nothing, but for a condition that is now judged.
    const isOpen = how === 'unknown' || (isRepeat && how === 'fail' && call.ifLastSeq === undefined)
    if (isOpen && tries < MOST_TRIES && this.#random.chance(0.9)) this.#pending = { session, call, tries }
    else this.#pending = undefined
    if (how !== 'ok' || seen.appends.some((one) => one.ids[0] === call.ids[0])) return
    seen.appends.push(call)
    if (seen.appends.length > REPEATABLE) seen.appends.shift()
  }

  #of(session: string): Seen {
    const seen = this.#seen.get(session)
    if (!seen) throw new Error(`no session ${session}`)
    return seen
  }

  #call(seen: Seen): Call {
    const { lastSeq, version, appends } = seen
    const random = this.#random
    const kind = random.weighted(WEIGHTS)
    const n = ++this.#count
    const ids = (count: number) => Array.from({ length: count }, (_, i) => `${this.#client}-${n}.${i}`)
    switch (kind) {
      case 'batch':
        return { f: 'append', ids: ids(random.whole(2, 4)) }
      case 'turn':
        return { f: 'append', ids: ids(random.whole(2, 3)), turn: { key: `turn:${this.#client}`, n } }
      case 'condition':
        return { f: 'append', ids: ids(random.whole(1, 2)), ifLastSeq: lastSeq }
      case 'set':
        return { f: 'set', value: `${this.#client}-${n}`, ifVersion: version }
      case 'last':
        return { f: 'last', last: random.whole(1, 12) }
      case 'page':
        return { f: 'page', afterSeq: random.whole(0, lastSeq), limit: random.whole(1, 15) }
      case 'session':
        return { f: 'session', last: random.whole(1, 6) }
      case 'repeat':
        if (appends.length > 0) return random.pick(appends)
        break
      case 'amend':
        if (appends.length > 0)
          return { f: 'amend', id: random.pick(random.pick(appends).ids), rev: `${this.#client}-${n}` }
        break
      case 'append':
    }
    return { f: 'append', ids: ids(1) }
  }
}

/** A message that was amended is other content: to append it again would be a conflict. */
function forget({ appends }: Seen, id: string): void {
  const index = appends.findIndex(({ ids }) => ids.includes(id))
  if (index >= 0) appends.splice(index, 1)
}
