import { setImmediate } from 'node:timers/promises'
import { isSessError, type SessionManager } from '@sess/core'
import { textMessage } from '../../inputs.ts'
import { atOnce } from '../../measure.ts'
import type { Measured } from '../../server/stores.ts'

/** As many sessions are there at any time. */
const LIVE = 500
const MESSAGES = 60
const USERS = 50
const LANES = 8

/** A store in use: sessions come, are talked in, read, listed, rewound and go, by hand or because their time is over. */
export class Life {
  readonly title: string
  calls = 0
  readonly #measured: Measured
  readonly #sessions: SessionManager
  readonly #ids: string[] = []
  #turn = 0

  constructor(measured: Measured, sessions: SessionManager) {
    this.title = measured.title
    this.#measured = measured
    this.#sessions = sessions
  }

  /** Makes the set of sessions, as large as it stays and each as long as it may be. */
  async begin(): Promise<void> {
    await atOnce(LIVE, LANES, async (i) => {
      const id = await this.#born(i)
      this.#ids[i] = id
      await this.#sessions.addMessages(
        id,
        Array.from({ length: MESSAGES }, (_, n) => textMessage(n)),
      )
    })
  }

  async run(end: number): Promise<void> {
    const lane = async () => {
      while (performance.now() < end) {
        await this.#one(this.#turn++)
        // A store in memory answers at once, and would leave no time to the others.
        await setImmediate()
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  async look(): Promise<{ readonly [what: string]: number }> {
    const told = await this.#measured.look()
    return Object.fromEntries(Object.entries(told).map(([what, count]) => [`${this.title}: ${what}`, count]))
  }

  /** Deletes everything, and tells what is there all the same. */
  async end(): Promise<readonly { readonly what: string; readonly count: number }[]> {
    for (let user = 0; user < USERS; user++) await this.#sessions.deleteUser(`user ${user}`)
    while ((await this.#sessions.cleanup()) > 0);
    const told = await this.#measured.look()
    await this.#sessions.close()
    const kept = ['sessions', 'keys', 'rows', 'garbage']
    return Object.entries(told)
      .filter(([what]) => kept.includes(what))
      .map(([what, count]) => ({ what: `${this.title}: ${what}`, count }))
  }

  /** One thing that an application does; each place in the set is talked in by one at a time, as it comes. */
  async #one(turn: number): Promise<void> {
    const place = (turn * 7919) % LIVE
    const id = this.#ids[place] as string
    this.calls++
    try {
      await this.#act(turn, place, id)
    } catch (error) {
      // Another lane may have ended it meanwhile.
      if (!isSessError(error, 'SESSION_NOT_FOUND') && !isSessError(error, 'SESSION_EXPIRED')) throw error
      this.#ids[place] = await this.#born(turn)
    }
  }

  async #act(turn: number, place: number, id: string): Promise<unknown> {
    const sessions = this.#sessions
    switch (turn % 16) {
      case 0:
        return sessions.getSession(id, { context: true, messages: { last: 50 } })
      case 1:
        return sessions.setContext(id, `key ${turn % 5}`, { turn })
      case 2:
        return sessions.listSessions(`user ${turn % USERS}`, { limit: 20 })
      case 3:
        return sessions.popMessages(id, 2)
      case 4:
        return turn % 64 === 4 ? this.#replace(turn, place, id) : sessions.getMessages(id, { last: 20 })
      case 5:
        return turn % 128 === 5 ? sessions.cleanup() : sessions.extendTTL(id, lifetime(turn))
      default:
        return sessions.addMessage(id, textMessage(turn, 50 + (turn % 500)))
    }
  }

  async #replace(turn: number, place: number, id: string): Promise<void> {
    await this.#sessions.deleteSession(id)
    this.#ids[place] = await this.#born(turn)
  }

  async #born(turn: number): Promise<string> {
    const settings = { ttl: lifetime(turn), maxMessages: MESSAGES, overflow: 'drop-oldest' } as const
    return (await this.#sessions.createSession(`user ${turn % USERS}`, settings)).id
  }
}

/** Some end while they are in use. */
function lifetime(turn: number): '5s' | '10m' {
  return turn % 5 === 0 ? '5s' : '10m'
}
