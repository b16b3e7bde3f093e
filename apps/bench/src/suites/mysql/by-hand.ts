import { newMessageId } from '@sess/core'
import type { PoolConnection } from 'mysql2'
import type { Input } from '../../inputs.ts'
import { change, commit, type Row, send, type Values } from './bare.ts'
import type { Transaction } from './recorder.ts'
import type { Rig } from './rig.ts'

/** The most that shares a transaction, as in the store. */
const MOST = 64

/** The store's own statements, by how many sessions or rows they are for. */
export interface Texts {
  readonly advance: string
  readonly lock: (sessions: number) => string
  readonly insert: (rows: number) => string
  readonly count: (sessions: number) => string
}

/** A session as the process that appends to it remembers it. */
export interface Remembered {
  readonly id: string
  readonly incarnation: Buffer
  version: number
  lastSeq: number
  messageCount: number
}

interface Waiting {
  readonly session: Remembered
  readonly input: Input
  readonly resolve: (answer: { readonly id: string; readonly seq: number }) => void
  readonly reject: (error: unknown) => void
}

/**
 * Appends as somebody would write them who has one application in mind: the store's own statements, what waits together
 * in one transaction, a session in one lane at a time. No rule is judged, nothing is checked, copied, timed or tried
 * again, and an append that is there already is an error.
 */
export class ByHand {
  readonly #texts: Texts
  readonly #idle: PoolConnection[]
  readonly #busy = new Set<Remembered>()
  #waiting: Waiting[] = []
  #isCalled = false

  /** @param lanes connections that are always within a transaction */
  constructor(texts: Texts, lanes: readonly PoolConnection[]) {
    this.#texts = texts
    this.#idle = [...lanes]
  }

  append(session: Remembered, input: Input): Promise<{ readonly id: string; readonly seq: number }> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ session, input, resolve, reject })
      this.#start()
    })
  }

  #start(): void {
    if (this.#isCalled) return
    this.#isCalled = true
    setImmediate(() => {
      this.#isCalled = false
      for (let lane = this.#idle.pop(); lane !== undefined; lane = this.#idle.pop()) {
        const batch = this.#take()
        if (batch.length === 0) return void this.#idle.push(lane)
        void this.#run(lane, batch)
      }
    })
  }

  #take(): readonly Waiting[] {
    const batch: Waiting[] = []
    this.#waiting = this.#waiting.filter((one) => {
      if (batch.length === MOST || this.#busy.has(one.session)) return true
      batch.push(one)
      return false
    })
    for (const { session } of batch) this.#busy.add(session)
    return batch
  }

  async #run(lane: PoolConnection, batch: readonly Waiting[]): Promise<void> {
    const sessions = [...new Set(batch.map(({ session }) => session))]
    try {
      const now = await this.#begin(lane, sessions, batch.length)
      const answers = batch.map(({ session }) => ({ id: newMessageId(), seq: ++session.lastSeq }))
      const rows = batch.map(({ session, input }, i) => rowOf(session, input, answers[i], now))
      await change(lane, this.#texts.insert(rows.length), rows.flat())
      if (sessions.length > 1)
        await change(lane, this.#texts.count(sessions.length), countersOf(sessions, now))
      await commit(lane)
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as (typeof answers)[number])
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    for (const session of sessions) this.#busy.delete(session)
    this.#idle.push(lane)
    this.#start()
  }

  /** Holds the sessions, and counts in what comes. Answers the server's time. */
  async #begin(lane: PoolConnection, sessions: readonly Remembered[], added: number): Promise<number> {
    const [first] = sessions as [Remembered]
    if (sessions.length > 1) {
      const ids = sessions.map(({ id }) => id)
      const rows = await send(lane, this.#texts.lock(ids.length), ids)
      if (rows.length < ids.length) throw new Error('a session is gone, or held by another')
      const held = new Map(rows.map((row) => [String(row[0]), row]))
      for (const session of sessions) {
        remember(session, held.get(session.id) as Row)
        session.version++
        session.messageCount++
      }
      return Number(rows[0]?.at(-1))
    }
    const { version, lastSeq, messageCount, incarnation } = first
    const counters = [version + added, lastSeq + added, messageCount + added]
    const told = await change(lane, this.#texts.advance, [...counters, incarnation, version])
    if (told.affectedRows === 0) throw new Error('the session is not as it was remembered')
    first.version += added
    first.messageCount += added
    return told.insertId
  }
}

function remember(session: Remembered, row: Row): void {
  const [version, lastSeq, messageCount] = row.slice(8, 11).map(Number)
  Object.assign(session, { version, lastSeq, messageCount })
}

function rowOf(
  { incarnation, version }: Remembered,
  { role, content, metadata = {} }: Input,
  told: { readonly id: string; readonly seq: number } | undefined,
  now: number,
): Values {
  const [body, about] = [JSON.stringify(content), JSON.stringify(metadata)]
  const bytes = Buffer.byteLength(body) + Buffer.byteLength(about)
  return [incarnation, told?.seq, told?.id, role, now, version, null, null, bytes, body, about]
}

function countersOf(sessions: readonly Remembered[], now: number): Values {
  const each = (of: (session: Remembered) => number | null) =>
    sessions.flatMap((session) => [session.incarnation, of(session)?.toString() ?? null])
  return [
    ...each(() => now),
    ...each(() => null),
    ...each(({ version }) => version),
    ...each(({ lastSeq }) => lastSeq),
    ...each(({ messageCount }) => messageCount),
    ...sessions.map(({ incarnation }) => incarnation),
  ]
}

/** Reads how sessions stand. */
export async function rememberAll(rig: Rig, ids: readonly string[]): Promise<readonly Remembered[]> {
  const columns = 'incarnation, version, last_seq, message_count'
  return Promise.all(
    ids.map(async (id) => {
      const [row] = await send(rig.look, `SELECT ${columns} FROM ${rig.table('sessions')} WHERE id = ?`, [id])
      const [incarnation, version, lastSeq, messageCount] = row as Row
      return {
        ...{ id, incarnation: incarnation as Buffer },
        ...{ version: Number(version), lastSeq: Number(lastSeq), messageCount: Number(messageCount) },
      }
    }),
  )
}

/** The statements that the store sends for appends to any number of these sessions, up to all of them at once. */
export async function textsOf(rig: Rig, ids: readonly string[], input: Input): Promise<Texts> {
  const several = Math.min(MOST, ids.length)
  const { transactions } = await rig.recorder.record(async (manager) => {
    for (const id of ids) await manager.getSession(id)
    for (let rows = 1; rows <= MOST; rows++)
      await Promise.all(Array.from({ length: rows }, () => manager.addMessage(ids[0] as string, input)))
    for (let count = 2; count <= several; count++)
      await Promise.all(ids.slice(0, count).map((id) => manager.addMessage(id, input)))
  })
  const text = (transaction: Transaction | undefined, at: number) => {
    const found = transaction?.[at]?.sql
    if (found === undefined) throw new Error('the store does not share a transaction as it is copied here')
    return found
  }
  return {
    advance: text(transactions[0], 0),
    insert: (rows) => text(transactions[rows - 1], 1),
    lock: (sessions) => text(transactions[MOST + sessions - 2], 0),
    count: (sessions) => text(transactions[MOST + sessions - 2], 2),
  }
}
