import {
  type Change,
  type CommitOptions,
  type Committed,
  type CreateOptions,
  type NewSession,
  SessError,
  type Session,
} from '@sess/core'
import { admit, admitNew, type Call, committed, judgeCommit, judgeCreate } from '@sess/core/store'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './errors.ts'
import type { FactReader } from './facts.ts'
import type { Locker } from './locker.ts'
import type { Reader } from './read.ts'
import type { Removal } from './removal.ts'
import { type Applied, newIncarnation, type Writer } from './writer.ts'

interface Parts {
  readonly database: Database
  readonly reader: Reader
  readonly locker: Locker
  readonly facts: FactReader
  readonly writer: Writer
  readonly removal: Removal
}

type Written = readonly [answer: Committed, garbage: Buffer | undefined]

/** How often a message is found in the way that was not there a moment before. */
const MOST_ATTEMPTS = 5

/** Creations and commits, each in a transaction of its own: read, judged by the rules, written. */
export class Commits {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async create(call: Call, input: NewSession, options: CreateOptions | undefined): Promise<Session> {
    const { database, reader } = this.#parts
    const incarnation = newIncarnation()
    for (;;) {
      const { now, record } = await database.read(call, (connection) => reader.probe(connection, input.id))
      // Ours: its answer was lost.
      if (record?.incarnation.equals(incarnation)) return record.session
      admitNew(input.id, record, now)
      const made = judgeCreate(input, options, now)
      try {
        await this.#insert(call, incarnation, input, made, record !== undefined)
        return made.session
      } catch (error) {
        // Another creation came first: look again.
        if (!isDuplicate(error)) throw error
      }
    }
  }

  async commit(
    call: Call,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Committed> {
    const { removal } = this.#parts
    const [answer, garbage] = await this.#written(call, id, change, options)
    if (garbage !== undefined) await removal.clean(call, [garbage])
    return answer
  }

  async #written(
    call: Call,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Written> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#parts.database.transaction(call, (connection) =>
          this.#judgeAndWrite(connection, id, change, options),
        )
      } catch (error) {
        if (!isDuplicate(error)) throw error
        // On a node of Galera it may be what another node is about to commit, which does not wait for the session.
        if (attempt < MOST_ATTEMPTS) continue
        throw new SessError('CORRUPT_DATA', `commit: session '${id}': a seq or message id is there already`, {
          sessionId: id,
        })
      }
  }

  async #insert(
    call: Call,
    incarnation: Buffer,
    { id, context }: NewSession,
    { session, messages, contextBytes }: ReturnType<typeof judgeCreate>,
    isOver: boolean,
  ): Promise<void> {
    const { database, locker, removal, writer } = this.#parts
    const insert = (connection: Connection) =>
      writer.create(connection, incarnation, session, contextBytes, messages, context)
    if (!isOver && messages.length === 0 && context.length === 0) return database.write(call, insert)
    const garbage = await database.transaction(call, async (connection) => {
      const former = isOver ? await locker.one(connection, id) : undefined
      admitNew(id, former, former?.now ?? 0)
      const left = former === undefined ? [] : await removal.take(connection, [former])
      await insert(connection)
      return left
    })
    await removal.clean(call, garbage)
  }

  async #judgeAndWrite(
    connection: Connection,
    id: string,
    change: Change,
    options: CommitOptions | undefined,
  ): Promise<Written> {
    const { locker, facts, writer } = this.#parts
    const found = await locker.one(connection, id)
    const record = admit('commit', id, found, found?.now ?? 0, options?.if)
    const known = await facts.read(connection, record, change, options)
    const verdict = judgeCommit(record.session, change, options, known, record.now)
    const isChanged = verdict.session !== record.session
    const { removed, garbage }: Applied = isChanged
      ? await writer.apply(connection, record, change, verdict)
      : { removed: [] }
    return [committed(verdict, record.session, change, removed), garbage]
  }
}
