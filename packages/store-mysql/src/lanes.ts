import {
  type Change,
  type CommitOptions,
  type Committed,
  type Message,
  SessError,
  type Session,
} from '@sess/core'
import {
  admit,
  type Call,
  committed,
  isPlainAppend,
  judgeCommit,
  type SessionFacts,
  type Verdict,
} from '@sess/core/store'
import type { Value } from './client.ts'
import type { Connection } from './connection.ts'
import { type Database, Failed } from './database.ts'
import type { Known } from './known.ts'
import type { Locker } from './locker.ts'
import { messageValues } from './message-row.ts'
import type { SessionRecord } from './record.ts'
import { type Counters, ROWS, type Writer } from './writer.ts'

/** How many transactions that calls share are under way at once: more wait for each other on the server's log. */
export const LANES = 2

/** An append that waits for a lane. */
interface Waiting {
  readonly call: Call
  readonly id: string
  readonly change: Change
  readonly options: CommitOptions | undefined
  readonly resolve: (answer: Committed) => void
  readonly reject: (error: unknown) => void
  /** Its session was held by another process: it shares with its own only. */
  readonly isApart?: true
}

interface Parts {
  readonly database: Database
  readonly known: Known
  readonly locker: Locker
  readonly writer: Writer
  /** Does a commit in a transaction of its own. */
  alone(call: Call, id: string, change: Change, options: CommitOptions | undefined): Promise<Committed>
}

/**
 * Plain appends: those that wait at the same time share a transaction, whose cost is that of one. A session is in one
 * lane at a time. What shares a transaction shares no failure: where it fails, or an append is more than plain, each is
 * done alone.
 */
export class Lanes {
  readonly #parts: Parts
  #waiting: Waiting[] = []
  readonly #busy = new Set<string>()
  #underWay = 0
  #isCalled = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  append(call: Call, id: string, change: Change, options: CommitOptions | undefined): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, id, change, options, resolve, reject })
      this.#start()
    })
  }

  /** Once all that is called before the event loop goes on waits too. */
  #start(): void {
    if (this.#isCalled) return
    this.#isCalled = true
    process.nextTick(() => {
      this.#isCalled = false
      while (this.#underWay < LANES) {
        const batch = this.#take()
        if (batch.length === 0) return
        void this.#run(batch)
      }
    })
  }

  /** Of those that wait the first whose sessions are in no lane. */
  #take(): readonly Waiting[] {
    const batch: Waiting[] = []
    let rows = 0
    const full = new Set<string>()
    const isWith = (one: Waiting, [first]: readonly Waiting[]) =>
      first === undefined || first.id === one.id || (first.isApart !== true && one.isApart !== true)
    this.#waiting = this.#waiting.filter((one) => {
      if (one.call.isOver) return false
      const count = one.change.append?.length ?? 0
      if (this.#busy.has(one.id) || full.has(one.id) || !isWith(one, batch)) return true
      if (rows + count > ROWS) {
        // What was called later goes later.
        full.add(one.id)
        return true
      }
      rows += count
      batch.push(one)
      return false
    })
    for (const { id } of batch) this.#busy.add(id)
    return batch
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    this.#underWay++
    const outcomes = await this.#share(batch)
    this.#underWay--
    const apart: Waiting[] = []
    const alone: Waiting[] = []
    for (const [i, one] of batch.entries()) {
      const outcome = outcomes[i]
      if (outcome === 'apart') apart.push({ ...one, isApart: true })
      else if (outcome === 'alone' || outcome === undefined) alone.push(one)
      else if (outcome instanceof SessError) one.reject(outcome)
      else one.resolve(outcome)
    }
    // Until these are done, no lane shall wait for their sessions.
    const late = new Set(alone.map(({ id }) => id))
    for (const { id } of batch) if (!late.has(id)) this.#busy.delete(id)
    this.#waiting.unshift(...apart)
    this.#start()
    await Promise.all(alone.map((one) => this.#alone(one)))
    for (const id of late) this.#busy.delete(id)
    this.#start()
  }

  async #alone({ call, id, change, options, resolve, reject }: Waiting): Promise<void> {
    await this.#parts.alone(call, id, change, options).then(resolve, reject)
  }

  async #share(batch: readonly Waiting[]): Promise<readonly Outcome[]> {
    const { database, known } = this.#parts
    try {
      const { outcomes, changed } = await database.shared(new SharedCall(batch), (connection) =>
        this.#write(connection, batch),
      )
      for (const record of changed.values()) known.see(record)
      for (const [i, { call }] of batch.entries()) if (typeof outcomes[i] === 'string') call.isSent = false
      return outcomes
    } catch (error) {
      for (const { id } of batch) known.forget(id)
      // Without a server, none of them would fare better alone.
      const outcome = error instanceof Failed && error.isDown ? error.failure.error : 'alone'
      return batch.map(() => outcome)
    }
  }

  async #write(connection: Connection, batch: readonly Waiting[]): Promise<Judged> {
    const { locker, writer } = this.#parts
    const advanced = await this.#advance(connection, batch)
    if (advanced !== undefined) return advanced
    const ids = [...new Set(batch.map(({ id }) => id))]
    // One that is held elsewhere shall not keep the others waiting.
    const held = await (ids.length === 1 ? locker.many(connection, ids) : locker.free(connection, ids))
    const judged = judge(batch, held, ids.length > 1)
    await writer.append(connection, rowsOf(judged))
    await writer.count(connection, [...judged.changed.values()])
    return judged
  }

  /** Appends to one session without reading it, where it is still as this process knows it. */
  async #advance(connection: Connection, batch: readonly Waiting[]): Promise<Judged | undefined> {
    const { known, writer } = this.#parts
    const [{ id } = { id: '' }] = batch
    const record = known.get(id)
    if (record === undefined || batch.some((one) => one.id !== id)) return undefined
    const next = grown(batch, record.session)
    const expected = isSure(batch, record.session, next) ? next : judgedAs(batch, record)
    if (expected === undefined) return undefined
    const now = await writer.advance(connection, record, expected)
    if (now === undefined) return undefined
    const judged = judge(batch, new Map([[id, { ...record, now }]]))
    if (judged.changed.get(id)?.session.version !== expected.version) throw new Error('not as expected')
    await writer.append(connection, rowsOf(judged))
    return judged
  }
}

/** Whether nothing can be against any of these appends, but that it is there already: then they are judged once, when the time is known. */
function isSure(
  batch: readonly Waiting[],
  { isActive, maxMessages }: Session,
  { messageCount }: Counters,
): boolean {
  const fits = maxMessages === null || messageCount <= maxMessages
  return isActive && fits && batch.every(({ options }) => options?.if === undefined)
}

function grown(batch: readonly Waiting[], { version, lastSeq, messageCount }: Session): Counters {
  const rows = batch.reduce((sum, { change }) => sum + (change.append?.length ?? 0), 0)
  return { version: version + batch.length, lastSeq: lastSeq + rows, messageCount: messageCount + rows }
}

function judgedAs(batch: readonly Waiting[], record: SessionRecord): Counters | undefined {
  const { id } = record.session
  const { outcomes, changed } = judge(batch, new Map([[id, record]]))
  // What is refused may be so no more.
  if (outcomes.some((one) => one === 'alone' || one instanceof SessError)) return undefined
  return changed.get(id)?.session
}

/** An answer or a refusal, or how it is to be done else. */
type Outcome = Committed | SessError | 'alone' | 'apart'

interface Judged {
  readonly outcomes: readonly Outcome[]
  /** The messages to insert. */
  readonly appended: readonly { readonly incarnation: Buffer; readonly messages: readonly Message[] }[]
  /** The sessions as they are then, by id. */
  readonly changed: ReadonlyMap<string, SessionRecord>
}

/** Whether a commit is one that a lane can do: messages to append, as many as one statement writes. */
export function isForLane(change: Change, options: CommitOptions | undefined): boolean {
  return isPlainAppend(change, options) && (change.append?.length ?? 0) <= ROWS
}

/** What appends come to, one after the other. @param isPartial whether sessions may be missing that there are */
function judge(
  batch: readonly Waiting[],
  held: ReadonlyMap<string, SessionRecord>,
  isPartial = false,
): Judged {
  const changed = new Map<string, SessionRecord>()
  const appended: Judged['appended'][number][] = []
  const outcomes = batch.map((one): Outcome => {
    const record = changed.get(one.id) ?? held.get(one.id)
    if (record === undefined && isPartial) return 'apart'
    const refused = refusalOf(one, record)
    if (record === undefined || refused !== undefined) return refused ?? 'alone'
    const verdict = verdictOf(one, record)
    if (verdict === undefined) return 'alone'
    changed.set(one.id, { ...record, session: verdict.session })
    appended.push({ incarnation: record.incarnation, messages: verdict.messages })
    return committed(verdict, record.session, one.change, [])
  })
  return { outcomes, appended, changed }
}

function rowsOf({ appended }: Judged): readonly Value[][] {
  return appended.flatMap(({ incarnation, messages }) =>
    messages.map((message) => messageValues(incarnation, message)),
  )
}

/** Why there is nothing to append to. */
function refusalOf({ id, options }: Waiting, record: SessionRecord | undefined): SessError | undefined {
  try {
    admit('commit', id, record, record?.now ?? 0, options?.if)
    return undefined
  } catch (error) {
    return error as SessError
  }
}

/** What an append comes to; nothing where there is more to it. */
function verdictOf({ change, options }: Waiting, { session, now }: SessionRecord): Verdict | undefined {
  try {
    const verdict = judgeCommit(session, change, options, FACTS, now)
    return verdict.dropped > 0 ? undefined : verdict
  } catch {
    // Its messages may be there already, which comes before all that may be wrong with it.
    return undefined
  }
}

/** Messages that are there already are found by the insertion that they make fail. */
const FACTS: SessionFacts = {
  contextBytes: 0,
  message: () => undefined,
  range: () => ({ from: 1, to: 0, count: 0 }),
  entryBytes: () => 0,
  keysUnder: () => [],
}

/**
 * The call of all. It is over as soon as one is, whose caller was told that nothing of it was done: then each is done
 * alone. What is known of it is known of each.
 */
class SharedCall implements Call {
  readonly operation = 'commit'
  readonly deadline: number
  repeatable = true
  isRepeat = false
  cause: unknown
  messages: undefined
  readonly #calls: readonly Call[]

  constructor(batch: readonly Waiting[]) {
    this.#calls = batch.map(({ call }) => call)
    this.deadline = Math.max(...this.#calls.map(({ deadline }) => deadline))
  }

  // Of the class: an object with accessors of its own has a shape of its own, which lives until the next full
  // collection with all that the accessors see.
  get isOver(): boolean {
    return this.#calls.some((call) => call.isOver)
  }

  get isSent(): boolean {
    return this.#calls.some((call) => call.isSent)
  }

  set isSent(isSent: boolean) {
    for (const call of this.#calls) call.isSent = isSent
  }
}
