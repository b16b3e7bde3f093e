import type { Call } from '@sess/core/store'
import { type Connection, RepeatableCall } from './connection.ts'
import { type Keys, tagOf } from './keys.ts'
import type { Counters } from './record.ts'
import { AWAY_DROP, AWAY_PUT } from './scripts/away.ts'

/** Before any session's `createdAt`. */
const ANNOUNCED = -1

/** The index of sessions whose ids do not carry their user's shard: a step of its own, before and after the session's. */
export class AwayIndex {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #graceMs: number

  constructor(connection: Connection, keys: Keys, graceMs: number) {
    this.#connection = connection
    this.#keys = keys
    this.#graceMs = graceMs
  }

  /** Before a session is there or becomes this user's. */
  async announce(call: Call, userId: string, id: string, ttlMs: number | null): Promise<void> {
    const ends = ttlMs === null ? '-' : `+${ttlMs}`
    await this.#put(call, userId, [tagOf(userId), id, ANNOUNCED, 0, '', ends, this.#graceMs])
  }

  /** Where nothing came of it. */
  async withdraw(call: Call, userId: string, id: string): Promise<void> {
    await this.drop(call, userId, id, String(ANNOUNCED))
  }

  /** Moves a session forward to where it is now. */
  async put(call: Call, userId: string, id: string, at: Counters): Promise<void> {
    const { createdAt, version, updatedAt, expiresAt } = at
    await this.#put(call, userId, [
      tagOf(userId),
      id,
      createdAt,
      version,
      updatedAt,
      expiresAt ?? '-',
      this.#graceMs,
    ])
  }

  /** After a session is gone, or no longer this user's. */
  async drop(call: Call, userId: string, id: string, createdAt: string): Promise<void> {
    await this.#connection.run(new RepeatableCall(call), AWAY_DROP, this.#keys.user(userId), [
      tagOf(userId),
      id,
      createdAt,
      0,
    ])
  }

  async #put(call: Call, userId: string, args: (string | number)[]): Promise<void> {
    await this.#connection.run(new RepeatableCall(call), AWAY_PUT, this.#keys.user(userId), args)
  }
}
